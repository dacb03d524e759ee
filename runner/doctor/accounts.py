"""Account checks: which providers are used, and whether their keys are there. Shows no key."""

from __future__ import annotations

from dataclasses import replace

from runner.doctor.check import Check, Level, failed, ok
from runner.errors import Exit, ProviderError
from runner.model.requests import Account, Vendor
from runner.settings.accounts import Sources, read_accounts


def check_account(
    name: str, vendor: Vendor, sources: Sources, *, is_needed: bool
) -> tuple[Check, Account | None]:
    """Whether the provider's key is there and may be used, and the account to ask with.

    Without a usable key the account has no key; None where its address must not be asked at all:
    one that only a manifest names may be anybody's. A key that is not needed is only a warning.
    Raises UsageError for a malformed pair of trust.
    """
    try:
        (account,) = read_accounts(sources, {name: vendor}, keys=True).values()
    except ProviderError as error:
        check = failed("key", error, name)
        if not is_needed:
            check = replace(check, level=Level.WARN, exit=Exit.OK)
        return check, _without_key(name, vendor, sources)
    return ok("key", f"{account.key_env} is set", name), account


def _without_key(name: str, vendor: Vendor, sources: Sources) -> Account | None:
    try:
        (account,) = read_accounts(sources, {name: vendor}, keys=False).values()
    except ProviderError:
        return None
    is_users = bool(sources.environ.get(vendor.BASE_URL_ENV, "").strip())
    return account if is_users or account.base_url == vendor.DEFAULT_BASE_URL else None
