"""Options: the flags of a verb that reads manifests, and the paths that follow from them."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runner.error_handler import emit
from runner.errors import UsageError
from runner.file_names import unexpanded
from runner.github.step import Step
from runner.ledger.location import LedgerLocation
from runner.ledger.shared import SharedLedger, without_secrets
from runner.providers.registry import PROVIDERS

REHEARSAL_SCALE = 0.1
"""A rehearsal takes a tenth of the real time unless `--time-scale` is given."""

_SETTINGS = (
    *("outputs", "concurrency", "timeout", "poll_rate", "outage", "download", "keep", "budget"),
    *("off_peak", "confirm_above", "on_ambiguous", "settle", "max_failures", "redo", "trust"),
    *("notify_after", "ledger"),
)
"""The flags that override a setting, and `--trust`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The flags of a verb that reads manifests; None and False mean that a flag was not given."""

    manifests: tuple[Path, ...]
    results: Path | None = None
    state_dir: Path | None = None
    select: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    emulate: bool = False
    time_scale: float | None = None
    retry_failed: bool = False
    progress: str = "auto"
    verbose: bool = False
    """Show each request, and each retry of a job."""
    as_json: bool = False
    base_url: tuple[str, ...] = ()
    trust: tuple[str, ...] = ()
    outputs: str | None = None
    concurrency: str | None = None
    timeout: str | None = None
    poll_rate: str | None = None
    keep: str | None = None
    outage: str | None = None
    download: bool | None = None
    budget: str | None = None
    confirm_above: str | None = None
    off_peak: bool | None = None
    on_ambiguous: str | None = None
    settle: str | None = None
    max_failures: str | None = None
    notify: str | None = None
    """The command that reports the end of a run."""
    notify_after: str | None = None
    ledger: str | None = None
    """The URL of a shared ledger."""
    redo: str | None = None
    """The marks file whose rejected takes are replaced."""
    force: bool = False
    """Make the selected jobs again, and pay for them again."""
    detach: bool = False
    """Submit what there is room for, and leave the tasks to their providers."""
    fail_fast: bool = False
    yes: bool = False
    """Do not ask for confirmation."""
    rehash: bool = False
    """Read files even if their hashes are cached."""
    dry: bool = False
    """Write nothing, not even the hash cache."""
    hosted: bool = False
    """Called from Python: the process is somebody else's, so nothing is asked on its terminal, and
    its limits, its signals and its garbage collector are left alone."""
    emit: Callable[[str], None] = field(default=emit, repr=False, compare=False)
    """Where messages go."""
    # A copy: what happens to the process's own later changes nothing here.
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    step: Step = field(
        default_factory=lambda: Step(environ=dict(os.environ)), repr=False, compare=False
    )
    """What a step of a workflow shows. All copies of these options have the same one."""

    @property
    def scale(self) -> float:
        """How long emulated tasks take, 1 being real."""
        return REHEARSAL_SCALE if self.time_scale is None else self.time_scale

    def flags(self) -> dict[str, Any]:
        """Each setting that a flag overrides, by name, and the pairs of `--trust`."""
        given = {name: value for name in _SETTINGS if (value := getattr(self, name)) is not None}
        return {**given, "max_failures": "1"} if self.fail_fast else given

    def path_flags(self) -> list[str]:
        """The flags with which another command uses the same ledger, results and files."""
        pairs = (
            ("-o", self.results),
            ("--state-dir", self.state_dir),
            ("--outputs", self.outputs),
            ("--redo", self.redo),  # its jobs are others
            ("--ledger", self.ledger and without_secrets(self.ledger)),
        )
        named = [f"{flag} {shlex.quote(str(value))}" for flag, value in pairs if value is not None]
        return (["--emulate"] if self.emulate else []) + named  # its ledger is another one

    def budget_flag(self) -> list[str]:
        """`--budget`, where it was given."""
        return [] if self.budget is None else [f"--budget {shlex.quote(self.budget)}"]

    def environment(self) -> dict[str, str]:
        """The environment, with each `--base-url` as the variable that it stands for."""
        environ = dict(self.environ)
        for pair in self.base_url:
            name, _, url = pair.partition("=")
            if name not in PROVIDERS or not url:
                raise UsageError(
                    f"--base-url {pair} is not of the form PROVIDER=URL",
                    hint=f"providers: {', '.join(PROVIDERS)}",
                )
            environ[PROVIDERS[name].BASE_URL_ENV] = url
        return environ

    def check(self) -> None:
        """Raise UsageError for flags and manifests that contradict each other."""
        if self.results and self.results.resolve() in {p.resolve() for p in self.manifests}:
            raise UsageError(f"-o {self.results} is the manifest itself", hint="name another file")
        check_expanded("-o", self.results)
        check_expanded("--state-dir", self.state_dir)
        if self.results is not None:
            _check_results_flag(self.results)
        if self.results is not None and len(self.manifests) > 1:
            raise UsageError("-o names one results file, but there are several manifests")
        if self.redo is not None and len(self.manifests) > 1:
            raise UsageError(
                "--redo names the marks of one manifest, but there are several manifests",
                hint="run them one by one, or write run: {redo: FILE} into each",
            )
        if self.time_scale is not None and not self.emulate:
            raise UsageError("--time-scale works only with --emulate", hint="add --emulate")
        if self.fail_fast and self.max_failures is not None:
            raise UsageError("--fail-fast means --max-failures 1: use one of the two")
        # Results and files are named after the stem: spring.yaml and spring.json would collide.
        by_stem: dict[str, Path] = {}
        for path in self.manifests:
            stem = os.path.realpath(path.parent / path.stem)  # "." and "/" have no name
            if (first := by_stem.setdefault(stem, path)) is not path:
                raise UsageError(
                    f"{first} and {path} would write the same results file",
                    hint="name each manifest once, or rename one",
                )


def _check_results_flag(results: Path) -> None:
    """Raise UsageError for a path where no file can be."""
    if results.exists() and not results.is_file():
        kind = "a folder" if results.is_dir() else "not a regular file"
        raise UsageError(f"-o {results} is {kind}", hint="name a file")
    for folder in results.parents:
        if folder.exists() and not folder.is_dir():
            raise UsageError(f"-o {results}: {folder} is not a folder", hint="name another file")


def check_expanded(flag: str, path: Path | None) -> None:
    """Raise UsageError for a path with a part that the shell has not expanded."""
    if path is not None and (part := unexpanded(path)):
        message = f'{flag} {path} contains "{part}", which is not expanded'
        raise UsageError(message, hint="write the whole path")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectPaths:
    """Paths of one manifest. A rehearsal (`--emulate`) shares none with a real run."""

    name: str
    """The manifest's name in the ledger: its path relative to the folder that holds `state`; in a
    shared one from the project's folder on."""
    results: Path
    location: LedgerLocation
    """Where the ledger is: at `ledger`, or shared."""
    ledger: Path
    """The folder's ledger, and what stays beside it when another one is used."""
    rescue: Path
    """Beside it, and named after it, are the rescue files of that ledger's runs."""
    digests: Path
    """The hash cache."""
    archive: Path
    """Displaced files, by digest."""
    state: Path
    """The folder of ledger and archive."""
    emulator: Path
    below_outputs: tuple[str, ...]
    """This manifest's folder of files, relative to the `outputs` setting."""

    @property
    def base(self) -> Path:
        """The folder that paths in the results manifest are relative to."""
        return self.results.parent

    @classmethod
    def of(
        cls, manifest: Path, options: Options, shared: SharedLedger | None = None
    ) -> ProjectPaths:
        """The paths that follow from the command line, the manifest's own path and its ledger."""
        state = options.state_dir or manifest.parent / ".vidu-run"
        kind = ".emulated" if options.emulate else ""
        ledger = state / ("emulated.sqlite3" if options.emulate else "ledger.sqlite3")
        return cls(
            name=_ledger_name(manifest, state) if shared is None else _shared_name(manifest),
            # Beside the manifest, to be shared with it; the ledger's folder is not.
            results=options.results or manifest.parent / f"{manifest.stem}{kind}.results.yaml",
            location=shared or ledger,
            ledger=ledger,
            rescue=ledger if shared is None else state / "shared",
            digests=state / ("emulated-digests.sqlite3" if options.emulate else "digests.sqlite3"),
            archive=state / ("emulated-files" if options.emulate else "files"),
            state=state,
            emulator=state / "emulator",
            below_outputs=("emulated", manifest.stem) if options.emulate else (manifest.stem,),
        )


def _ledger_name(manifest: Path, state: Path) -> str:
    """Unique in that ledger, and the same after both are moved together."""
    folder = os.path.relpath(manifest.parent.resolve(), state.resolve().parent)
    return (Path(folder) / manifest.name).as_posix()


def _shared_name(manifest: Path) -> str:
    """The same in every clone of a project, if their folders have one name."""
    path = manifest.resolve()
    root = next((each for each in path.parents if (each / ".git").exists()), path.parent)
    return (Path(root.name) / path.relative_to(root)).as_posix()
