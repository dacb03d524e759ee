"""Settings of a run: a flag, else VIDU_RUN_<SETTING>, else the manifest's `run`, else a default."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from runner.errors import Diagnostic, ManifestError, Secret, UsageError
from runner.model.operations import Unit
from runner.model.requests import Account
from runner.settings import values
from runner.settings.accounts import Sources, read_accounts
from runner.settings.trust import ProviderFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every setting of a run, with its default."""

    concurrency: int = 5
    """The most tasks in flight over all providers, from the POST until their end is noticed."""
    budget: Mapping[Unit, Decimal] = field(default_factory=dict)
    """The ceiling in each unit; an absent unit has none."""
    timeout_s: float = 1800.0
    """A job's limit from its submission on."""
    poll_rate: float = 5.0
    """Status requests per second and provider."""
    outputs: Path = Path("outputs")
    download: bool = True
    on_ambiguous: Literal["ask", "resubmit"] = "ask"
    confirm_above: Mapping[Unit, Decimal] = field(default_factory=dict)
    """A run whose estimate is above this in any unit asks first."""
    outage_s: float = 600.0
    """How long a provider may fail before the run ends."""
    settle_s: float = 5.0
    """How long a provider's list of tasks may lag behind a submission."""
    max_failures: int | None = None
    """After this many failed jobs nothing more is submitted; None for no limit."""
    accounts: Mapping[str, Account] = field(default_factory=dict)
    """By provider, for those that are used."""

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """Every key in use, for `redact`."""
        return tuple(account.key for account in self.accounts.values() if account.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Setting:
    """How one setting is read: texts are parsed first, then values of every source checked."""

    read: values.Reader
    parse: Callable[[str], Any] = str
    field: str | None = None
    """Its name in `Settings` if that differs."""


_SETTINGS = {
    "concurrency": _Setting(read=values.read_concurrency, parse=values.parse_number),
    "budget": _Setting(read=values.read_amounts, parse=values.parse_amounts),
    "timeout": _Setting(read=values.read_timeout, field="timeout_s"),
    "poll_rate": _Setting(read=values.read_rate, parse=values.parse_number),
    "outputs": _Setting(read=values.read_folder),
    "download": _Setting(read=values.read_boolean, parse=values.parse_boolean),
    "on_ambiguous": _Setting(read=values.one_of("ask", "resubmit")),
    "confirm_above": _Setting(read=values.read_amounts_or_number, parse=values.parse_amounts),
    "outage": _Setting(read=values.read_duration, field="outage_s"),
    "settle": _Setting(read=values.read_duration, field="settle_s"),
    "max_failures": _Setting(read=values.whole(1, 10**9), parse=values.parse_number),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _SourcedValue:
    """The value of one setting and where it comes from."""

    name: str
    value: Any
    label: str
    """The source and its text, for messages."""
    pattern: str = ""
    """How the same source would write another value, with "{}" for the value."""
    in_manifest: bool = False


def read_settings(
    sources: Sources, used: Mapping[str, ProviderFacts], *, keys: bool = True
) -> Settings:
    """The settings of a run; for `used` and `keys` see `read_accounts`.

    Raises ManifestError, UsageError or ProviderError with every wrong value.
    """
    sourced = list(_sourced_values(sources))
    errors: list[tuple[_SourcedValue, Diagnostic]] = []
    fields: dict[str, Any] = {}
    for item in sourced:
        setting = _SETTINGS[item.name]
        try:
            fields[setting.field or item.name] = setting.read(item.value)
        except values.ValueFormError as error:
            locate = sources.locate if item.in_manifest else None
            diagnostic = Diagnostic(
                message=f"{item.label} {error}",
                hint=_hint(item, error.forms),
                location=locate(("run", item.name)) if locate else None,
            )
            errors.append((item, diagnostic))
    _raise(errors)
    fields["outputs"] = _outputs(sourced, sources.base)
    return Settings(**fields, accounts=read_accounts(sources, used, keys=keys))


def _sourced_values(sources: Sources) -> Iterator[_SourcedValue]:
    """The value of the first source of each setting; an empty variable counts as unset."""
    flags, environ, run = sources.flags, sources.environ, sources.run
    for name, setting in _SETTINGS.items():
        variable = f"VIDU_RUN_{name.upper()}"
        if (flag := flags.get(name)) is not None:
            value = setting.parse(flag) if isinstance(flag, str) else flag
            option = f"--{name.replace('_', '-')}"
            label, pattern = f"{option} {flag}", f"{option} {{}}"
            yield _SourcedValue(name=name, value=value, label=label, pattern=pattern)
        elif text := environ.get(variable, ""):
            label, pattern = f'{variable}="{text}"', f"{variable}={{}}"
            value = setting.parse(text)
            yield _SourcedValue(name=name, value=value, label=label, pattern=pattern)
        elif (value := run.get(name)) is not None:
            label = f"{name} {values.format_value(value)}"
            yield _SourcedValue(name=name, value=value, label=label, in_manifest=True)


def _hint(item: _SourcedValue, forms: Sequence[Mapping[Unit, str]]) -> str | None:
    """What to write instead, in the form of the source."""
    if item.in_manifest or not forms:  # validation suggests what to write in a manifest
        return None
    texts = [",".join(f"{unit}={value}" for unit, value in form.items()) for form in forms]
    return "try " + ", or ".join(item.pattern.format(text) for text in texts)


def _raise(errors: list[tuple[_SourcedValue, Diagnostic]]) -> None:
    # With one wrong value in the manifest, the manifest is invalid, whatever else is wrong.
    if any(item.in_manifest for item, _ in errors):
        raise ManifestError(diagnostic for _, diagnostic in errors)
    if errors:
        first, *others = (diagnostic for _, diagnostic in errors)
        raise UsageError(first.message, hint=first.hint, others=others)


def _outputs(sourced: list[_SourcedValue], base: Path) -> Path:
    """The folder for files: relative to the manifest, or to the shell where a flag names it."""
    for item in sourced:
        if item.name == "outputs":
            return base / item.value if item.in_manifest else Path(item.value)
    return base / Settings().outputs
