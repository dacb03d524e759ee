"""ProjectPaths: the paths of one manifest's results, files, ledger and displaced files."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from runner.commands.options import Options


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectPaths:
    """Paths of one manifest. A rehearsal (`--emulate`) shares none with a real run."""

    name: str
    """The manifest's name in the ledger: its path relative to the folder that holds `state`."""
    results: Path
    ledger: Path
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
    def of(cls, manifest: Path, options: Options) -> ProjectPaths:
        """The paths that follow from the command line and the manifest's own path."""
        state = options.state_dir or manifest.parent / ".vidu-run"
        kind = ".emulated" if options.emulate else ""
        return cls(
            name=_ledger_name(manifest, state),
            results=options.results or manifest.parent / f"{manifest.stem}{kind}.results.yaml",
            ledger=state / ("emulated.sqlite3" if options.emulate else "ledger.sqlite3"),
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
