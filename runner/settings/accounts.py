"""Accounts: address, authorization and key of each provider, from the manifest and environment."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, get_args

from runner.errors import Diagnostic, Location, ProviderError, Secret
from runner.model.requests import Account, Auth, Vendor
from runner.settings.trust import Address, check_trust, parse_address, trusted_pairs
from runner.settings.values import ValueFormError, format_value, one_of, read_concurrency

T = TypeVar("T")

_KEY = re.compile(r"[\x21-\x7e]+")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Everything that settings and accounts are read from."""

    run: Mapping[str, Any] = field(default_factory=dict)
    """The manifest's block of that name."""
    providers: Mapping[str, Any] = field(default_factory=dict)
    """The manifest's block of that name."""
    environ: Mapping[str, str] = field(repr=False)
    flags: Mapping[str, Any] = field(default_factory=dict)
    """Setting to the value of its flag, None without one; `trust` to its pairs."""
    from_python: bool = False
    """Whether the flags are arguments of a function: messages name them so."""
    base: Path = Path()
    """The manifest's folder; relative folders in the manifest start there."""
    locate: Callable[[tuple[str | int, ...]], Location] | None = None
    """Path in the manifest to its location, for messages."""

    def flag(self, setting: str) -> str:
        """How messages write the flag of a setting, before its value."""
        return f"{setting}=" if self.from_python else f"--{setting.replace('_', '-')} "


def read_accounts(
    sources: Sources, used: Mapping[str, Vendor], *, keys: bool
) -> dict[str, Account]:
    """Provider to account, for the used ones only.

    Without `keys` (a plan that sends nothing) no key is read or needed. Raises ProviderError with
    everything that is wrong, UsageError for a malformed pair of trust.
    """
    trusted = tuple(trusted_pairs(sources.environ, sources.flags.get("trust") or ()))
    accounts: dict[str, Account] = {}
    errors: list[Diagnostic] = []
    for name, vendor in used.items():
        reader = _AccountReader(vendor=vendor, sources=sources, trusted=trusted, errors=errors)
        if account := reader.read(keys=keys):
            accounts[name] = account
    if errors:
        first, *others = errors
        raise ProviderError(first.message, hint=first.hint, location=first.location, others=others)
    return accounts


def emulated_accounts(
    url: str, used: Mapping[str, Vendor], providers: Mapping[str, Any] | None = None
) -> dict[str, Account]:
    """Accounts with the emulator at `url`; of the manifest's `providers` only limits apply."""
    return {
        name: Account(
            provider=name,
            base_url=url.rstrip("/"),
            auth=vendor.default_auth(url),
            key=Secret("emulator"),  # a real key must not reach the emulator's log
            key_env=vendor.KEY_ENV,
            concurrency=((providers or {}).get(name) or {}).get("concurrency"),
        )
        for name, vendor in used.items()
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _AccountReader:
    """Reads the account of one provider; appends to `errors` what is wrong with it."""

    vendor: Vendor
    sources: Sources
    trusted: tuple[tuple[str, str], ...]
    errors: list[Diagnostic]

    @property
    def block(self) -> Mapping[str, Any]:
        """What the manifest contains about the provider."""
        return self.sources.providers.get(self.vendor.NAME) or {}

    def read(self, *, keys: bool) -> Account | None:
        address, variable = self._address(), self._key_variable()
        if address is None or variable is None:
            return None
        auth = self._checked("auth", one_of(*get_args(Auth)))
        return Account(
            provider=self.vendor.NAME,
            base_url=address.url,
            auth=auth or self.vendor.default_auth(address.url),
            key=self._key(address, variable) if keys else None,
            key_env=variable,
            concurrency=self._checked("concurrency", read_concurrency),
        )

    def _address(self) -> Address | None:
        if text := self._variable(self.vendor.BASE_URL_ENV):
            address, name = parse_address(text, "environment"), self.vendor.BASE_URL_ENV
        elif self.block.get("base_url") is not None:
            text = str(self.block["base_url"])
            address, name = parse_address(text, "manifest"), "base_url"
        else:
            return parse_address(self.vendor.DEFAULT_BASE_URL, "default")
        if address is None:
            shown = re.sub(r"//[^/]*@", "//***@", text)  # there may be a password in it
            message = f'{name} "{shown}" is not the address of an API'
            hint = "an address is http:// or https://, a host, and at most a port and a path"
            self._report(name, message, hint)
        return address

    def _key_variable(self) -> str | None:
        name = self.block.get("api_key_env")
        if name is None:
            return self.vendor.KEY_ENV
        if isinstance(name, str) and _VARIABLE.fullmatch(name):
            return name
        # Not shown: somebody may have written the key itself there.
        self._report("api_key_env", "api_key_env is not the name of an environment variable")
        return None

    def _checked(self, key: str, read: Callable[[Any], T]) -> T | None:
        """The value in the manifest; None if there is none, or a wrong one."""
        value = self.block.get(key)
        try:
            return None if value is None else read(value)
        except ValueFormError as error:
            self._report(key, f"{key} {format_value(value)} {error}")
            return None

    def _key(self, address: Address, variable: str) -> Secret | None:
        refusal = check_trust(address, variable, self.vendor, self.trusted)
        if refusal is not None:
            # Reported where the manifest names what is not trusted.
            key = "base_url" if address.source == "manifest" else "api_key_env"
            self._report(key, refusal.message, refusal.hint)
        text = self._variable(variable)
        if not text:
            self._report("", f"{variable} is not set", f"set {variable}, or use --emulate")
        elif not _KEY.fullmatch(text) or text[0] in "\"'":  # quotes come from an env file
            self._report(
                "",
                f"{variable} does not contain a key: keys have no spaces, quotes or control"
                " characters",
                "set it to the key alone, without Token or Bearer in front",
            )
        elif refusal is None:
            return Secret(text)
        return None

    def _variable(self, name: str) -> str:
        """The variable's text, stripped; empty if it is not set."""
        return self.sources.environ.get(name, "").strip()

    def _report(self, key: str, message: str, hint: str | None = None) -> None:
        """Add an error, located at `key` if the manifest has it."""
        locate = self.sources.locate if key in self.block else None
        location = locate(("providers", self.vendor.NAME, key)) if locate else None
        self.errors.append(Diagnostic(message=message, hint=hint, location=location))
