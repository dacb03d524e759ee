"""Manifests: `load` reads and checks one, from a file or from a text."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Unpack

from runner.api.settings import AnyPath, LoadSettings, only, options_of
from runner.commands.load import Manifest as CheckedManifest
from runner.commands.load import check_written, fresh_hashes, read_manifests
from runner.commands.options import Options
from runner.documents.files import document_of
from runner.errors import Problem, plural
from runner.model.jobs import Job

UNNAMED = Path("manifest.yaml")
"""Where the text of a manifest stands unless its place is named."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Manifest:
    """A manifest that was read and checked: its jobs, in order."""

    path: Path
    """As it was given; results and ledger are named after it, and relative paths start there."""
    jobs: Sequence[Job]
    """After defaults, variables, matrix, rows and takes: `id`, `operation`, `parameters`,
    `fingerprint`."""
    warnings: tuple[Problem, ...]
    _checked: CheckedManifest
    _options: Options

    def __iter__(self) -> Iterator[Job]:
        return iter(self.jobs)

    def __len__(self) -> int:
        return len(self.jobs)

    def __repr__(self) -> str:
        return f"<Manifest {self.path}: {plural(len(self.jobs), 'job')}>"

    def checked(self, options: Options) -> CheckedManifest:
        """The manifest for these options, which may count other marks than it was read with."""
        document = self._checked.document
        if _reading(options, document.value) != _reading(self._options, document.value):
            return check_written(document, options)
        # Hashes of its own: several calls may use one manifest at the same time.
        return replace(self._checked, hashes=fresh_hashes(self.path, options))


def load(
    source: AnyPath, *, path: AnyPath | None = None, **settings: Unpack[LoadSettings]
) -> Manifest:
    """Read and check a manifest; sends nothing, writes nothing, needs no key.

    `source`: the path of a file, or the text of a manifest: a `str` with a line break in it, or any
    `str` where `path` names the place in which it is to stand (`manifest.yaml` in the current
    folder otherwise; nothing is read or written there). Settings: see `LoadSettings`.

    Raises ManifestError with every problem of the manifest, warnings included.
    """
    text = _text_of(source, path)
    place = Path(path or UNNAMED) if text is not None else Path(source)
    options = options_of(place, settings, LoadSettings, dry=True)
    if text is None:
        (checked,) = read_manifests(options)
    else:
        checked = check_written(document_of(place, text.removeprefix("\ufeff")), options)
    return Manifest(
        path=place,
        jobs=checked.jobs,
        warnings=tuple(map(Problem.of, checked.warnings)),
        _checked=checked,
        _options=options,
    )


def loaded(source: Manifest | AnyPath, settings: Mapping[str, Any]) -> Manifest:
    """The manifest itself, or the one that is read with those of the settings that count for it."""
    if isinstance(source, Manifest):
        return source
    return load(source, **only(settings, LoadSettings))


def _text_of(source: AnyPath, path: AnyPath | None) -> str | None:
    """The source if it is a text; None for the path of a file."""
    is_text = isinstance(source, str) and (path is not None or "\n" in source)
    if path is not None and not is_text:
        name = os.fspath(source)
        raise TypeError(f"path= names the place of a text, and {name!r} is the path of a file")
    return str(source) if is_text else None


def _reading(options: Options, value: Mapping[str, Any]) -> tuple[object, ...]:
    """By what two readings of one document may differ."""
    environ = options.environ
    read = environ if value.get("env") else environ.get("VIDU_RUN_REDO")
    return options.emulate, options.redo, read
