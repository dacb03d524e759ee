"""Settings: the keyword arguments of the API's functions, and the options that they stand for.

Each has the name and the meaning of a flag of the command line. One that is left out, or None,
comes from its environment variable, else from the manifest, else from its default.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypedDict

from runner.commands.options import Options
from runner.errors import suggest
from runner.model.operations import Unit
from runner.model.tasks import UrlName

AnyPath: TypeAlias = str | os.PathLike[str]
Duration: TypeAlias = str | float
"""`"30m"`, or a number of seconds."""
Amounts: TypeAlias = str | Mapping[Unit, float]
"""`{"credits": 500, "cny": 40}`, or `"credits=500,cny=40"`."""


class LoadSettings(TypedDict, total=False):
    """What a manifest is read with."""

    emulate: bool
    """For a rehearsal, which has a ledger, results and marks of its own."""
    redo: AnyPath | None
    """The marks file whose rejected takes are replaced."""
    state_dir: AnyPath | None
    """The folder of the ledger."""
    environ: Mapping[str, str] | None
    """In the place of the process's own: keys, addresses, settings, `${{ env.NAME }}`."""


class PlanSettings(LoadSettings, total=False):
    """What a plan is made with."""

    select: str | Sequence[str]
    exclude: str | Sequence[str]
    results: AnyPath | None
    """The results manifest; beside the manifest without it."""
    time_scale: float | None
    """How long emulated tasks take, 1 being real."""
    retry_failed: bool
    force: bool
    """Make the selected jobs again, and pay for them again."""
    base_url: Mapping[str, str]
    """Provider to its address."""
    trust: str | Sequence[str]
    outputs: AnyPath | None
    concurrency: int | None
    timeout: Duration | None
    poll_rate: float | None
    keep: str | Sequence[UrlName] | None
    outage: Duration | None
    download: bool | None
    budget: Amounts | None
    confirm_above: Amounts | None
    off_peak: bool | None
    on_ambiguous: Literal["ask", "resubmit"] | None
    settle: Duration | None
    max_failures: int | None
    ledger: str | None
    """The URL of a ledger that several machines share."""


class RunSettings(PlanSettings, total=False):
    """What a run is made with."""

    yes: bool
    """Agree to what is above `confirm_above`, and to `force` without `select`."""
    detach: bool
    """Submit what there is room for, and leave the tasks to their providers."""
    fail_fast: bool


def options_of(path: Path, settings: Mapping[str, Any], known: type, **others: Any) -> Options:
    """The options of a call about the manifest at `path`.

    `known`: the TypedDict of its settings; `others`: further fields of the options. Raises
    TypeError for an argument of another name, and UsageError for settings that contradict each
    other.
    """
    names = _names(known)
    for name in settings:
        if name not in names:
            raise TypeError(f"there is no setting {name!r}: {suggest(name, names)}")
    given = {name: _read(name, value) for name, value in settings.items() if value is not None}
    options = Options(manifests=(path,), progress="none", hosted=True, **given, **others)
    options.check()
    return options


def _names(known: type) -> list[str]:
    # With those of the classes that it is derived from.
    return [*dict.fromkeys(known.__annotations__)]


def only(settings: Mapping[str, Any], known: type) -> dict[str, Any]:
    """Those of the settings that another function knows too."""
    return {name: value for name, value in settings.items() if name in _names(known)}


def _read(name: str, value: Any) -> Any:
    """The value as a flag gives it; what is no such value is rejected where settings are read."""
    if isinstance(value, bool) or name in _AS_THEY_ARE:
        return value
    return _READERS[name](value) if name in _READERS else _text(value)


def _text(value: Any) -> str:
    return os.fspath(value) if isinstance(value, os.PathLike) else str(value)


def _texts(value: str | Sequence[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _pairs(value: Mapping[str, Any]) -> list[str]:
    return [f"{name}={each}" for name, each in value.items()]


def _amounts(value: Any) -> str:
    return ",".join(_pairs(value)) if isinstance(value, Mapping) else str(value)


_AS_THEY_ARE = frozenset({"environ", "time_scale"})
_READERS: Mapping[str, Callable[[Any], Any]] = {
    "results": Path,
    "state_dir": Path,
    "select": _texts,
    "exclude": _texts,
    "trust": _texts,
    "base_url": lambda value: tuple(_pairs(value)),
    "budget": _amounts,
    "confirm_above": _amounts,
    "keep": lambda value: ",".join(_texts(value)),
}
