"""Settings of a manifest: where they come from, and which providers its jobs use."""

from __future__ import annotations

from collections.abc import Iterable

from runner.commands.load import Manifest
from runner.commands.options import Options, ProjectPaths
from runner.providers.registry import PROVIDERS, Provider
from runner.settings.accounts import Sources
from runner.settings.settings import read_ledger


def setting_sources(manifest: Manifest, options: Options) -> Sources:
    """Where the settings of a run over the manifest come from. Raises UsageError."""
    return Sources(
        run=manifest.document.value.get("run") or {},
        providers=manifest.providers,
        environ=options.environment(),
        flags=options.flags(),
        base=manifest.path.parent,
        locate=manifest.document.locate,
        from_python=options.hosted,
    )


def project_paths(manifest: Manifest, options: Options) -> ProjectPaths:
    """The paths of a manifest that was read; raises ManifestError, UsageError for its ledger."""
    # A rehearsal shares nothing with anybody.
    shared = None if options.emulate else read_ledger(setting_sources(manifest, options))
    return ProjectPaths.of(manifest.path, options, shared)


def used_providers(
    manifest: Manifest, operations: Iterable[str] | None = None
) -> dict[str, Provider]:
    """The providers that the manifest's jobs, or these operations, use, by name."""
    names = {job.operation for job in manifest.jobs} if operations is None else set(operations)
    used = sorted({manifest.operations[name].provider for name in names})
    return {name: PROVIDERS[name] for name in used}
