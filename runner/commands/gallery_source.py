"""Gallery source: finds the files that a gallery is made of, from the path on the command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from runner.commands.options import Options, ProjectPaths
from runner.documents.files import read_document
from runner.errors import ManifestError
from runner.file_names import located
from runner.hashing import HashCache
from runner.model.values import as_dict
from runner.report.files import Places
from runner.results.document import HEAD_BYTES, is_results, named_manifest

_ENDINGS = (".results.yaml", ".results.yml", ".results.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class GallerySource:
    """The files that a gallery is made of."""

    manifest: Path
    """It need not exist where there are results."""
    options: Options
    paths: ProjectPaths
    written: Mapping[str, Any]
    """The manifest's document; empty where it cannot be read."""

    @property
    def stem(self) -> str:
        """What the gallery's files are named after."""
        name = self.paths.results.name
        ending = next((each for each in _ENDINGS if name.endswith(each)), None)
        return name.removesuffix(ending) if ending else self.paths.results.stem

    @property
    def folder(self) -> Path:
        """Where the gallery goes: beside the results, whose files it shows."""
        return self.paths.base / f"{self.stem}.report"

    def places(self) -> Places:
        """Where the files of the results may be."""
        # A path in the manifest is no more to be trusted than one in the results, but a file
        # elsewhere counts by its digest alone.
        named = self.options.outputs or self.options.environ.get("VIDU_RUN_OUTPUTS")
        written = as_dict(self.written.get("run")).get("outputs")
        others = [self.manifest.parent]
        others += [Path(named)] if named else []
        if isinstance(written, str) and "\0" not in written:
            others.append(located(written, self.manifest.parent.absolute()))
        return Places(
            base=self.paths.base,
            others=others,
            archive=self.paths.archive,
            hashes=HashCache(self.paths.digests.absolute()),
        )

    @classmethod
    def of(cls, named: Path, options: Options) -> GallerySource:
        """The files that follow from the path on the command line: a manifest, or its results."""
        manifest = named
        if (owner := _owner(named)) is not None:
            is_rehearsal = any(named.name.endswith(f".emulated{each}") for each in _ENDINGS)
            options = replace(options, results=named, emulate=options.emulate or is_rehearsal)
            manifest = named.parent / owner
        options = replace(options, manifests=(manifest,))
        options.check()
        return cls(
            manifest=manifest,
            options=options,
            paths=ProjectPaths.of(manifest, options),
            written=_written(manifest),
        )


def _owner(path: Path) -> str | None:
    """The manifest that a results manifest names; None where the file is none."""
    if not path.is_file():  # a pipe would block
        return None
    try:
        with path.open("rb") as file:
            content = file.read(HEAD_BYTES)
    except OSError:
        return None  # whoever reads it as a manifest reports it
    if not is_results(content):
        return None
    return named_manifest(content) or f"{path.stem}.yaml"


def _written(manifest: Path) -> Mapping[str, Any]:
    try:
        return read_document(manifest).value
    except ManifestError:  # the results are enough
        return {}
