"""Settings of a run: a flag, else VIDU_RUN_<SETTING>, else the manifest's `run`, else a default."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from runner.errors import Diagnostic, ManifestError, Secret, UsageError
from runner.ledger.shared import SharedLedger, without_secrets
from runner.model.operations import Unit
from runner.model.requests import Account, Vendor
from runner.model.tasks import UrlName
from runner.settings import values
from runner.settings.accounts import Sources, read_accounts

USUAL_LIMIT_S = 1800.0
"""A job's limit where neither the user nor its operation has another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every setting of a run, with its default."""

    concurrency: int = 5
    """The most tasks in flight over all providers, from the POST until their end is noticed."""
    budget: Mapping[Unit, Decimal] = field(default_factory=dict)
    """The ceiling in each unit; an absent unit has none."""
    timeout_s: float | None = None
    """The limit of every job, where one is given; see `limit_s`."""
    poll_rate: float = 5.0
    """Status requests per second and provider."""
    outputs: Path = Path("outputs")
    download: bool = True
    keep: tuple[UrlName, ...] = ("url",)
    """Which URLs of a result are downloaded, in the order of `URL_NAMES`."""
    off_peak: bool | None = None
    """Whether every job that is offered so is submitted off-peak, unless it has a value of its own;
    None where nobody has decided: as `False`, but what was off-peak before stays so."""
    on_ambiguous: Literal["ask", "resubmit"] = "ask"
    confirm_above: Mapping[Unit, Decimal] = field(default_factory=dict)
    """A run whose estimate is above this in any unit asks first."""
    outage_s: float = 600.0
    """How long a provider may fail before the run ends."""
    settle_s: float = 5.0
    """How long a provider's list of tasks may lag behind a submission."""
    ledger: SharedLedger | None = None
    """The ledger of a team; None for the folder's own."""
    redo: Path | None = None
    """The marks file whose rejected takes are replaced, and whose picked ones count."""
    max_failures: int | None = None
    """After this many failed jobs nothing more is submitted; None for no limit."""
    notify_after_s: float = 30.0
    """How long a run must have taken for its end to be reported by `--notify`."""
    accounts: Mapping[str, Account] = field(default_factory=dict)
    """By provider, for those that are used."""

    def limit_s(self, own_s: float | None = None) -> float:
        """A job's limit from its submission on; `own_s` is that of its operation, if it has one."""
        if self.timeout_s is not None:
            return self.timeout_s
        return USUAL_LIMIT_S if own_s is None else own_s

    @property
    def has_results(self) -> bool:
        """Whether the results themselves are downloaded, not only files beside them."""
        return self.download and "url" in self.keep

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
    read_openly: values.Reader | None = None
    """How it is read in a manifest, if that differs: others have manifests, too."""
    shown: Callable[[str], str] = str
    """Its text as messages may show it."""

    @property
    def read_in_manifest(self) -> values.Reader:
        """How it is read in a manifest."""
        return self.read_openly or self.read


_SETTINGS = {
    "concurrency": _Setting(read=values.read_concurrency, parse=values.parse_number),
    "budget": _Setting(read=values.read_amounts, parse=values.parse_amounts),
    "timeout": _Setting(read=values.read_timeout, field="timeout_s"),
    "poll_rate": _Setting(read=values.read_rate, parse=values.parse_number),
    "outputs": _Setting(read=values.read_folder),
    "download": _Setting(read=values.read_boolean, parse=values.parse_boolean),
    "keep": _Setting(read=values.read_keep, parse=values.parse_names),
    "off_peak": _Setting(read=values.read_boolean, parse=values.parse_boolean),
    "redo": _Setting(read=values.read_file),
    "ledger": _Setting(
        read=values.read_ledger,
        read_openly=values.read_ledger_without_password,
        shown=without_secrets,
    ),
    "on_ambiguous": _Setting(read=values.one_of("ask", "resubmit")),
    "confirm_above": _Setting(read=values.read_amounts_or_number, parse=values.parse_amounts),
    "outage": _Setting(read=values.read_duration, field="outage_s"),
    "settle": _Setting(read=values.read_duration, field="settle_s"),
    "max_failures": _Setting(read=values.whole(1, 10**9), parse=values.parse_number),
    "notify_after": _Setting(read=values.read_duration, field="notify_after_s"),
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


def read_settings(sources: Sources, used: Mapping[str, Vendor]) -> Settings:
    """The settings of a run; the accounts are those of the `used` providers, without keys.

    Raises ManifestError, UsageError or ProviderError with every wrong value.
    """
    fields = {"outputs": sources.base / Settings().outputs, **_read(sources, _SETTINGS)}
    return Settings(**fields, accounts=read_accounts(sources, used, keys=False))


def read_off_peak(sources: Sources) -> bool:
    """This one setting, for a verb that needs no other; raises ManifestError or UsageError."""
    return bool(_read(sources, ["off_peak"]).get("off_peak"))


def read_notify_after(sources: Sources) -> float:
    """This one setting, in seconds, which is needed before any manifest is read."""
    seconds: float = _read(sources, ["notify_after"]).get(
        "notify_after_s", Settings().notify_after_s
    )
    return seconds


def read_ledger(sources: Sources) -> SharedLedger | None:
    """This one setting, which is needed before anything is planned; raises as the others do."""
    ledger: SharedLedger | None = _read(sources, ["ledger"]).get("ledger")
    return ledger


def read_redo(sources: Sources) -> Path | None:
    """This one setting, which is needed before the jobs are known; raises as the others do."""
    path: Path | None = _read(sources, ["redo"]).get("redo")
    return path


def _read(sources: Sources, names: Iterable[str]) -> dict[str, Any]:
    """The fields that any source gives, of the settings with these names."""
    fields: dict[str, Any] = {}
    errors: list[Diagnostic] = []
    in_manifest = False
    for item in _sourced_values(sources, names):
        setting = _SETTINGS[item.name]
        try:
            value = (setting.read_in_manifest if item.in_manifest else setting.read)(item.value)
            # A path starts at the manifest that names it, otherwise at the shell's folder.
            if isinstance(value, Path) and item.in_manifest:
                value = sources.base / value
            fields[setting.field or item.name] = value
        except values.ValueFormError as error:
            in_manifest |= item.in_manifest
            locate = sources.locate if item.in_manifest else None
            location = locate(("run", item.name)) if locate else None
            message, hint = f"{item.label} {error}", _hint(item, error.forms)
            errors.append(Diagnostic(message=message, hint=hint, location=location))
    # With one wrong value in the manifest, the manifest is invalid, whatever else is wrong.
    if in_manifest:
        raise ManifestError(errors)
    if errors:
        first, *others = errors
        raise UsageError(first.message, hint=first.hint, others=others)
    return fields


def _sourced_values(sources: Sources, names: Iterable[str]) -> Iterator[_SourcedValue]:
    """The value of the first source of each setting; an empty variable counts as unset."""
    for name in names:
        setting = _SETTINGS[name]
        option, variable = sources.flag(name), f"VIDU_RUN_{name.upper()}"
        if (flag := sources.flags.get(name)) is not None:
            # The flag of a switch has a value already.
            value = setting.parse(flag) if isinstance(flag, str) else flag
            shown = setting.shown(flag) if isinstance(flag, str) else flag
            label, pattern = f"{option}{shown}", f"{option}{{}}"
            yield _SourcedValue(name=name, value=value, label=label, pattern=pattern)
        elif text := sources.environ.get(variable, ""):
            label, pattern = f'{variable}="{setting.shown(text)}"', f"{variable}={{}}"
            value = setting.parse(text)
            yield _SourcedValue(name=name, value=value, label=label, pattern=pattern)
        elif (value := sources.run.get(name)) is not None:
            shown = setting.shown(value) if isinstance(value, str) else value
            label = f"{name} {values.format_value(shown)}"
            yield _SourcedValue(name=name, value=value, label=label, in_manifest=True)


def _hint(item: _SourcedValue, forms: Sequence[Mapping[Unit, str]]) -> str | None:
    """What to write instead, in the form of the source."""
    if item.in_manifest or not forms:  # validation suggests what to write in a manifest
        return None
    texts = [",".join(f"{unit}={value}" for unit, value in form.items()) for form in forms]
    return "try " + ", or ".join(item.pattern.format(text) for text in texts)
