"""Flags, environment and the manifest's `run` in, settings out: the first that speaks counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.errors import Diagnostic, ManifestError, UsageError
from runner.model import Unit
from runner.settings import values
from runner.settings.accounts import read_accounts
from runner.settings.settings import ProviderFacts, Settings, Sources


@dataclass(frozen=True, slots=True, kw_only=True)
class _Setting:
    """How one setting is read: text from outside is parsed first, then every value checked."""

    read: values.Reader
    parse: Callable[[str], Any] = values.plain
    field: str | None = None
    """Its name in `Settings` where that differs."""


_SETTINGS = {
    "concurrency": _Setting(read=values.CONCURRENCY, parse=values.number_in),
    "budget": _Setting(read=values.amounts, parse=values.amounts_in),
    "timeout": _Setting(read=values.limit, field="timeout_s"),
    "poll_rate": _Setting(read=values.rate, parse=values.number_in),
    "outputs": _Setting(read=values.folder),
    "download": _Setting(read=values.truth, parse=values.truth_in),
    "on_ambiguous": _Setting(read=values.one_of("ask", "resubmit")),
    "confirm_above": _Setting(read=values.amounts_or_one_for_all, parse=values.amounts_in),
    "outage": _Setting(read=values.duration, field="outage_s"),
    "settle": _Setting(read=values.duration, field="settle_s"),
    "max_failures": _Setting(read=values.whole(1, 10**9), parse=values.number_in),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stated:
    """A value and who said it."""

    name: str
    value: Any
    words: str
    """The source as messages name it."""
    form: str = ""
    """How a flag or variable would write another value: this with "{}" for the value."""
    in_manifest: bool = False


def read_settings(
    sources: Sources, used: Mapping[str, ProviderFacts], *, keys: bool = True
) -> Settings:
    """Settings of a run: a flag, else VIDU_RUN_<SETTING>, else the manifest, else the default.

    `used` are the providers that jobs ask for; for `keys` see `read_accounts`. Raises
    ManifestError, UsageError or ProviderError with all there is to say.
    """
    said = list(_stated(sources))
    problems: list[tuple[_Stated, Diagnostic]] = []
    fields: dict[str, Any] = {}
    for one in said:
        setting = _SETTINGS[one.name]
        try:
            fields[setting.field or one.name] = setting.read(one.value)
        except values.ValueFormError as error:
            at = sources.locate if one.in_manifest else None
            place = at(("run", one.name)) if at else None
            message, hint = f"{one.words} {error}", _hint(one, error.forms)
            problems.append((one, Diagnostic(message=message, hint=hint, location=place)))
    _raise(problems)
    fields["outputs"] = _folder(said, sources.base)
    return Settings(**fields, accounts=read_accounts(sources, used, keys=keys))


def _stated(sources: Sources) -> Iterator[_Stated]:
    """For each setting what the first source that speaks says; an empty variable is silent."""
    flags, environ, run = sources.flags, sources.environ, sources.run
    for name, setting in _SETTINGS.items():
        variable = f"VIDU_RUN_{name.upper()}"
        if (flag := flags.get(name)) is not None:
            value = setting.parse(flag) if isinstance(flag, str) else flag
            option = f"--{name.replace('_', '-')}"
            yield _Stated(name=name, value=value, words=f"{option} {flag}", form=f"{option} {{}}")
        elif text := environ.get(variable, ""):
            words, form = f'{variable}="{text}"', f"{variable}={{}}"
            yield _Stated(name=name, value=setting.parse(text), words=words, form=form)
        elif run.get(name) is not None:
            words = f"{name} {values.shown(run[name])}"
            yield _Stated(name=name, value=run[name], words=words, in_manifest=True)


def _hint(one: _Stated, forms: Sequence[Mapping[Unit, str]]) -> str | None:
    """What to try instead, as a flag or variable would write it; a manifest's schema told it."""
    if one.in_manifest or not forms:
        return None
    written = [",".join(f"{unit}={value}" for unit, value in form.items()) for form in forms]
    return "try " + ", or ".join(one.form.format(form) for form in written)


def _raise(problems: list[tuple[_Stated, Diagnostic]]) -> None:
    """One wrong value in the manifest makes it the manifest's error, otherwise it is usage."""
    if any(one.in_manifest for one, _ in problems):
        raise ManifestError(problem for _, problem in problems)
    if problems:
        first, *others = (problem for _, problem in problems)
        raise UsageError(first.message, hint=first.hint, others=others)


def _folder(said: list[_Stated], base: Path) -> Path:
    """Where files go: a flag or variable means the shell's folder, a manifest its own."""
    for one in said:
        if one.name == "outputs":
            return base / one.value if one.in_manifest else Path(one.value)
    return base / Settings().outputs
