"""YAML text in, plain values with line and column on demand out, and back."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runner.documents.dump import dump, dump_item
from runner.documents.events import TextError
from runner.documents.files import likely_encoding, read_text
from runner.documents.parser import Built, build
from runner.documents.positions import Positions
from runner.errors.diagnostics import Diagnostic, Location
from runner.errors.exits import ManifestError

__all__ = ["Document", "dump", "dump_item", "likely_encoding", "load", "read_document"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A manifest as written. Aliased parts of the value are shared: treat it as read-only."""

    path: Path
    """As the user named it."""
    value: dict[str, Any]
    text: str = field(repr=False)
    sha256: str
    """Hex digest of the file's bytes."""
    diagnostics: tuple[Diagnostic, ...] = ()
    """In file order. With an error among them, the value is fit for further checks only."""
    positions: Positions = field(repr=False, compare=False)

    def locate(
        self, path: tuple[str | int, ...], *, key: bool = False, offset: int = 0
    ) -> Location:
        """Where the value at `path` stands, or its key; the nearest parent where there is none.

        Through aliases and merge keys this is the place of what they stand for. `offset` counts
        characters into a text; it is heeded where the text stands in the file as it is.
        """
        index = self.positions.index(path, key=key)
        return self.positions.at(index + self._shift(path, index, offset) if offset else index)

    def raw(self, path: tuple[str | int, ...]) -> str | None:
        """The source text of the plain (unquoted) scalar at `path`; None for anything else."""
        return self.positions.plain(path)

    def _shift(self, path: tuple[str | int, ...], index: int, offset: int) -> int:
        """How far behind `index` the character number `offset` of the text at `path` stands."""
        value: Any = self.value
        try:
            for step in path:
                value = value[step]
        except (KeyError, IndexError, TypeError):
            return 0
        if not isinstance(value, str):
            return 0
        quoted = self.text[index : index + 1] in ('"', "'")
        start = index + quoted
        shown = self.text.startswith(value, start) and "\n" not in value
        return offset + quoted if shown else 0


def read_document(path: Path, seen: Callable[[int, int], None] | None = None) -> Document:
    """The manifest at `path`, with what is wrong or odd about its text as `problems`.

    `seen` is told now and then how many characters are read, and how many there are. Raises
    ManifestError with every problem found where no mapping comes of the text.
    """
    text, content = read_text(path)
    built = build(text, seen=seen)
    positions = Positions(str(path), text)
    problems = _problems(built, positions)
    if built.whole and not isinstance(built.value, dict):
        problems.append(_empty(path, built, text) or _not_a_mapping(built, positions))
    if not built.whole or not isinstance(built.value, dict):
        raise ManifestError(problems)
    return Document(
        path=path,
        value=built.value,
        text=text,
        sha256=hashlib.sha256(content).hexdigest(),
        diagnostics=tuple(problems),
        positions=positions,
    )


def load(text: str, *, path: str = "<text>", names: frozenset[str] = frozenset()) -> Any:
    """The plain value of a YAML text (None for an empty one); raises ManifestError.

    `path` is what problems call the text. `names` are keys that are meant as text though YAML
    reads them as something else, such as an unquoted `on`.
    """
    built = build(text, names)
    problems = _problems(built, Positions(path, text))
    if any(not problem.warning for problem in problems):
        raise ManifestError(problems)
    return built.value


def _empty(path: Path, built: Built, text: str) -> Diagnostic | None:
    if built.value is not None:
        return None
    nothing = built.root is None or not text.strip()
    return Diagnostic(
        message="the file is empty" if nothing else "the manifest is empty",
        hint="a manifest starts with `version: 1`",
        location=Location(path=str(path)),
    )


def _not_a_mapping(built: Built, positions: Positions) -> Diagnostic:
    kind = "a list" if isinstance(built.value, list) else "a single value"
    return Diagnostic(
        message=f"a manifest is a mapping of keys and values, and this is {kind}",
        hint="a manifest starts with `version: 1`",
        location=positions.at(built.root or 0),
    )


def _problems(built: Built, positions: Positions) -> list[Diagnostic]:
    """The flaws in file order."""
    flaws = sorted(built.flaws, key=lambda flaw: flaw.index)
    return [_problem(flaw, positions) for flaw in flaws]


def _problem(flaw: TextError, positions: Positions) -> Diagnostic:
    message = flaw.message
    if flaw.twin is not None:
        first = positions.at(positions.index(flaw.twin, key=True))
        message += f" (first at line {first.line}, column {first.column})"
    return Diagnostic(
        message=message, hint=flaw.hint, warning=flaw.warning, location=positions.at(flaw.index)
    )
