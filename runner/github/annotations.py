"""Annotations: problems as workflow commands, which GitHub shows at the lines of a change.

Of a step GitHub shows 10 errors and 10 warnings, and drops further ones without a word.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from runner.errors import Diagnostic, Location, plural, printable

MAX_SHOWN = 10
"""Of errors, and of warnings."""

TITLE = "vidu-run"

Level: TypeAlias = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """One cause of a problem, and where it is."""

    level: Level
    message: str
    title: str = TITLE
    location: Location | None = None
    jobs: int = 1
    """How many jobs the cause affects."""


def annotation_of(problem: Diagnostic) -> Annotation:
    """The annotation of a problem in a manifest."""
    first = f' (job "{problem.job}")' if problem.job and problem.jobs == 1 else ""
    many = f" ({problem.jobs:,} jobs)" if problem.jobs > 1 else ""
    advice = f"\nhint: {problem.advice}" if problem.advice else ""
    return Annotation(
        level="warning" if problem.warning else "error",
        message=f"{problem.message}{first}{many}{advice}",
        location=problem.location,
        jobs=problem.jobs,
    )


def annotation_lines(annotations: Iterable[Annotation], environ: Mapping[str, str]) -> list[str]:
    """The commands, errors first; what affects most jobs comes before the rest.

    Where there are too many, the last one says how many are left out.
    """
    found = list(dict.fromkeys(annotations))
    lines: list[str] = []
    for level in ("error", "warning"):
        # Stable: causes of equal weight stay in the order of the files.
        causes = sorted((a for a in found if a.level == level), key=lambda each: -each.jobs)
        lines += [_command(each, environ) for each in _limited(causes)]
    return lines


def _limited(causes: Sequence[Annotation]) -> list[Annotation]:
    if len(causes) <= MAX_SHOWN:
        return list(causes)
    shown = causes[: MAX_SHOWN - 1]
    level = causes[0].level
    more = plural(len(causes) - len(shown), f"more {level}")
    return [*shown, Annotation(level=level, message=f"... and {more}: see the log of this step")]


def _command(annotation: Annotation, environ: Mapping[str, str]) -> str:
    """`::error file=spring.yaml,line=6,col=19,title=vidu-run::message`."""
    properties: dict[str, str] = {}
    if (place := annotation.location) is not None:
        properties["file"] = _path_in_workspace(place.path, environ)
        numbers = {"line": place.line, "col": place.column}
        properties |= {name: str(number) for name, number in numbers.items() if number}
    properties["title"] = annotation.title
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{annotation.level} {listed}::{_data(annotation.message)}"


def _path_in_workspace(path: str, environ: Mapping[str, str]) -> str:
    """The path from the root of the checkout, by which GitHub finds the file of a change."""
    workspace = environ.get("GITHUB_WORKSPACE")
    if not workspace:
        return path
    inside = os.path.relpath(os.path.realpath(path), os.path.realpath(workspace))
    return path if inside.startswith("..") else inside


def _data(text: str) -> str:
    """A message as a command carries it: a line of it must not begin a command of its own."""
    text = printable(text.replace("\r\n", "\n"))
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
