"""The manifest's `providers` and the environment in; a way into each used provider out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from runner.errors import Diagnostic, ProviderError, Secret
from runner.model import Account, Auth
from runner.settings.settings import AUTHS, ProviderFacts, Sources
from runner.settings.trust import Address, check_trust, parse_address, trusted_pairs
from runner.settings.values import CONCURRENCY, ValueFormError, shown

_KEY = re.compile(r"[\x21-\x7e]+")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


def read_accounts(
    sources: Sources, used: Mapping[str, ProviderFacts], *, keys: bool = True
) -> dict[str, Account]:
    """Provider to account, for the used ones only, each key where it may go and nowhere else.

    Without `keys` (a plan that sends nothing) only addresses are read, and no key is needed or
    touched. Raises ProviderError with everything that is wrong, UsageError for a pair of trust
    that is none.
    """
    trusted = tuple(trusted_pairs(sources.environ, sources.flags.get("trust") or ()))
    accounts: dict[str, Account] = {}
    problems: list[Diagnostic] = []
    for name, facts in used.items():
        block = _Block(facts=facts, sources=sources, problems=problems)
        account = _account(block, trusted, keys=keys)
        if account is not None:
            accounts[name] = account
    if problems:
        first, *others = problems
        raise ProviderError(first.message, hint=first.hint, location=first.location, others=others)
    return accounts


def emulated_accounts(
    url: str, used: Mapping[str, ProviderFacts], providers: Mapping[str, Any] | None = None
) -> dict[str, Account]:
    """Accounts with the emulator at `url`: of the manifest only the limits count."""
    return {
        name: Account(
            provider=name,
            base_url=url.rstrip("/"),
            auth=facts.default_auth(url),
            key=Secret("emulator"),
            key_env=facts.key_env,
            concurrency=((providers or {}).get(name) or {}).get("concurrency"),
        )
        for name, facts in used.items()
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    """What is said of one provider, and a list for what is wrong with it."""

    facts: ProviderFacts
    sources: Sources
    problems: list[Diagnostic]

    @property
    def given(self) -> Mapping[str, Any]:
        """What the manifest says of it."""
        return self.sources.providers.get(self.facts.name) or {}

    def variable(self, name: str) -> str:
        """The environment's text, stripped; empty where there is none."""
        return self.sources.environ.get(name, "").strip()

    def complain(self, key: str, message: str, hint: str | None = None) -> None:
        """Note a problem, at the place of `key` where the manifest has it."""
        locate = self.sources.locate if key in self.given else None
        place = locate(("providers", self.facts.name, key)) if locate else None
        self.problems.append(Diagnostic(message=message, hint=hint, location=place))


def _account(block: _Block, trusted: tuple[tuple[str, str], ...], *, keys: bool) -> Account | None:
    """The account, or None when it has no address or no variable, which is then a problem."""
    address, variable = _address(block), _variable(block)
    if address is None or variable is None:
        return None
    return Account(
        provider=block.facts.name,
        base_url=address.url,
        auth=_auth(block, address),
        key=_key(block, address, variable, trusted) if keys else None,
        key_env=variable,
        concurrency=_concurrency(block),
    )


def _address(block: _Block) -> Address | None:
    facts = block.facts
    if text := block.variable(facts.base_url_env):
        address, source, key = parse_address(text, "environment"), facts.base_url_env, ""
    elif block.given.get("base_url") is not None:
        text = str(block.given["base_url"])
        address, source, key = parse_address(text, "manifest"), "base_url", "base_url"
    else:
        return parse_address(facts.default_base_url, "default")
    if address is None:
        message = f'{source} "{_without_userinfo(text)}" is not the address of an API'
        hint = "it is http:// or https://, a host and at most a port and a path"
        block.complain(key, message, hint)
    return address


def _without_userinfo(url: str) -> str:
    """The text without what may be a password in it."""
    return re.sub(r"//[^/]*@", "//***@", url)


def _variable(block: _Block) -> str | None:
    given = block.given.get("api_key_env")
    if given is None:
        return block.facts.key_env
    if isinstance(given, str) and _VARIABLE.fullmatch(given):
        return given
    # Somebody may have put the key itself there: it is not shown.
    block.complain("api_key_env", "api_key_env is not the name of an environment variable")
    return None


def _auth(block: _Block, address: Address) -> Auth:
    given = block.given.get("auth")
    for auth in AUTHS:
        if given == auth:
            return auth
    if given is not None:
        block.complain("auth", f'auth "{given}" is not offered ({", ".join(AUTHS)})')
    return block.facts.default_auth(address.url)


def _concurrency(block: _Block) -> int | None:
    given = block.given.get("concurrency")
    if given is None:
        return None
    try:
        return CONCURRENCY(given)
    except ValueFormError as error:
        block.complain("concurrency", f"concurrency {shown(given)} {error}")
        return None


def _key(
    block: _Block, address: Address, variable: str, trusted: tuple[tuple[str, str], ...]
) -> Secret | None:
    """The key, unless something speaks against its going there or it is none."""
    objected = check_trust(address, variable, block.facts, trusted)
    if objected is not None:
        key = "base_url" if address.named_by == "manifest" else "api_key_env"
        block.complain(key, objected.message, objected.hint)
    text = block.variable(variable)
    if not text:
        block.complain("", f"{variable} is not set", f"set {variable}, or use --emulate")
    elif not _KEY.fullmatch(text) or text[0] in "\"'":
        block.complain(
            "",
            f"{variable} does not hold a key: a key has no spaces, quotes or control characters",
            "it is the key alone, without Token or Bearer in front",
        )
    elif objected is None:
        return Secret(text)
    return None
