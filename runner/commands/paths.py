"""Where one manifest's things are: its results, files, ledger and displaced files."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from runner.commands.options import Options


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectPaths:
    """Paths of one manifest. A rehearsal (`--emulate`) shares none with a real run."""

    name: str
    """What the ledger knows the manifest by: its path from the folder that holds `state`."""
    results: Path
    ledger: Path
    digests: Path
    """What is remembered of files that were read."""
    archive: Path
    """Displaced files, by digest."""
    state: Path
    """The folder of ledger and archive."""
    emulator: Path
    below_outputs: tuple[str, ...]
    """Under the `outputs` folder, the folders that lead to this manifest's files."""

    @property
    def base(self) -> Path:
        """The folder that paths in the results manifest start from."""
        return self.results.parent

    @classmethod
    def of(cls, manifest: Path, options: Options) -> ProjectPaths:
        """The places that the command line and the manifest's own name give."""
        state = options.state_dir or manifest.parent / ".vidu-run"
        kind = ".emulated" if options.emulate else ""
        return cls(
            name=_known_as(manifest, state),
            results=options.results or manifest.parent / f"{manifest.stem}{kind}.results.yaml",
            ledger=state / ("emulated.sqlite3" if options.emulate else "ledger.sqlite3"),
            digests=state / ("emulated-digests.sqlite3" if options.emulate else "digests.sqlite3"),
            archive=state / ("emulated-files" if options.emulate else "files"),
            state=state,
            emulator=state / "emulator",
            below_outputs=("emulated", manifest.stem) if options.emulate else (manifest.stem,),
        )


def _known_as(manifest: Path, state: Path) -> str:
    """A name that no other manifest in that ledger has, and that moving both together keeps."""
    folder = os.path.relpath(manifest.parent.resolve(), state.resolve().parent)
    return (Path(folder) / manifest.name).as_posix()
