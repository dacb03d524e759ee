"""A manifest's providers: what is known of each, the settings for them, the way in with keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from runner.pipeline.options import Options
from runner.pipeline.planned import Planned
from runner.pipeline.reading import Manifest
from runner.providers.registry import PROVIDERS
from runner.settings import ProviderFacts, Settings, Sources, read_settings


def with_keys(planned: Planned) -> Planned:
    """The plan with a way into every provider that it has to speak to.

    Raises ProviderError, with the line to copy, where a key is missing or must not be used.
    """
    speaking = {entry.job.operation for entry in planned.speaking}
    facts = facts_of(planned.manifest, speaking)
    return replace(
        planned, settings=settings_of(planned.manifest, planned.options, facts, keys=True)
    )


def settings_of(
    manifest: Manifest,
    options: Options,
    facts: Mapping[str, ProviderFacts],
    *,
    keys: bool = False,
) -> Settings:
    """The settings of a run over the manifest; raises UsageError, ManifestError, ProviderError."""
    sources = Sources(
        run=manifest.run,
        providers=manifest.providers,
        environ=options.environment(),
        flags=options.flags(),
        base=manifest.path.parent,
        locate=manifest.document.place,
    )
    return read_settings(sources, facts, keys=keys)


def facts_of(
    manifest: Manifest, operations: Iterable[str] | None = None
) -> dict[str, ProviderFacts]:
    """What is known of each provider that the manifest's jobs (or these operations) use."""
    names = {job.operation for job in manifest.jobs} if operations is None else set(operations)
    used = sorted({manifest.operations[name].provider for name in names})
    return {name: _facts(name) for name in used}


def _facts(name: str) -> ProviderFacts:
    module = PROVIDERS[name]
    return ProviderFacts(
        name=name,
        default_base_url=module.DEFAULT_BASE_URL,
        hosts=module.HOSTS,
        key_env=module.KEY_ENV,
        base_url_env=module.BASE_URL_ENV,
        default_auth=module.default_auth,
    )
