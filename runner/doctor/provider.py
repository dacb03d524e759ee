"""Provider checks: what the answer to a free question shows about address, key and balance."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from urllib.parse import urlsplit

from runner.doctor.check import Check, fail, ok, warn
from runner.doctor.network import NetworkFacts
from runner.errors import Exit, plural, redact
from runner.model.requests import Reach, Reply
from runner.providers.base import AccountLoad, is_healthy, is_ok
from runner.providers.registry import PROVIDERS, TASK_LISTS
from runner.timestamps import span

SKEW_LIMIT_S = 30.0


def check_provider(facts: NetworkFacts, needed: Decimal | None) -> Iterator[Check]:
    """The checks that the facts allow: what comes after an error cannot be checked.

    `needed`: the credits that the plans expect to spend; None where that is not known.
    """
    name, url = facts.account.provider, facts.account.base_url
    host = urlsplit(url).hostname or ""
    if facts.proxy_error is not None:
        text, hint = f"cannot be used: {facts.proxy_error}", facts.proxy_error.hint
        yield fail("proxy", text, Exit.PROVIDER, name, hint=hint)
        return
    yield ok("proxy", f"through {facts.proxy}" if facts.proxy else "none", name)
    if facts.lookup_error:
        hint = "check the network and the name server; behind a proxy set HTTPS_PROXY"
        yield fail("dns", f"{host}: {facts.lookup_error}", Exit.INCOMPLETE, name, hint=hint)
        return
    if facts.is_looked_up:
        yield ok("dns", f"{host} has an address", name)
    assert facts.reply is not None, "asked once its address was found"
    yield _tls(facts, facts.reply)
    if facts.reply.reach is Reach.ANSWERED:
        if facts.skew_s is not None:
            yield clock_check(name, facts.skew_s)
        yield api_check(facts, facts.reply)
        yield from _balance(name, facts.reply, needed)


def _tls(facts: NetworkFacts, reply: Reply) -> Check:
    name, url = facts.account.provider, facts.account.base_url
    if reply.reach is Reach.UNTRUSTED:
        hint = "a proxy that opens TLS? set SSL_CERT_FILE to its certificate; else check the clock"
        return fail("tls", reply.error, Exit.PROVIDER, name, hint=hint)
    if reply.reach is not Reach.ANSWERED:
        hint = "check the network, the firewall and the proxy"
        return fail("tls", f"{url}: {reply.error}", Exit.INCOMPLETE, name, hint=hint)
    if not url.startswith("https:"):
        return ok("tls", f"connected to {url}, without TLS", name)
    return ok("tls", f"connected to {url}, its certificate is valid", name)


def clock_check(name: str, skew_s: float) -> Check:
    """Whether this machine's clock is that of the provider, by seconds that it is ahead."""
    if abs(skew_s) <= SKEW_LIMIT_S:
        return ok("clock", "as the provider's", name)
    way = "ahead of" if skew_s > 0 else "behind"
    text = f"{span(abs(skew_s))} {way} the provider's: times in the results are wrong by that"
    return warn("clock", text, name, hint="set the clock by the network (NTP)")


def api_check(facts: NetworkFacts, reply: Reply) -> Check:
    """Whether the API answers, and accepts the key."""
    account, name = facts.account, facts.account.provider
    if reply.status >= 500:
        text = f"out of order: HTTP {reply.status}"
        return fail("api", text, Exit.INCOMPLETE, name, hint="a run waits for it: `outage`")
    if not is_healthy(reply):
        text = f"no such API at {account.base_url}: HTTP {reply.status}, which is not JSON"
        hint = f"check {PROVIDERS[name].BASE_URL_ENV} or providers.{name}.base_url"
        return fail("api", text, Exit.PROVIDER, name, hint=hint)
    answered = f"answers in {facts.seconds * 1000:.0f} ms"
    if account.key is None:
        return ok("api", f"{answered}; the key was not tried", name)
    status = PROVIDERS[name].read_status(reply, "")
    if status.fatal:
        text = redact(f"refuses the key in {account.key_env}: {status.detail}", [account.key])
        hint = f"set {account.key_env} to the key that the vendor's console shows"
        return fail("api", text, Exit.PROVIDER, name, hint=hint)
    if status.throttled:
        return warn("api", f"{answered}, but has had too many requests", name, hint="wait a while")
    return ok("api", f"{answered} and accepts the key", name)


def _balance(name: str, reply: Reply, needed: Decimal | None) -> Iterator[Check]:
    """Nothing where the provider has no balance, or does not show it without a key."""
    if name in TASK_LISTS and is_ok(reply):
        yield balance_check(name, TASK_LISTS[name].read_load(reply), needed)


def balance_check(name: str, load: AccountLoad, needed: Decimal | None) -> Check:
    """Whether there are credits for the plan, and how much the account works on."""
    parts = []
    if load.credits is not None:
        parts.append(plural(load.credits, "credit"))
    if load.places is not None:
        parts.append(f"{load.in_use} of {plural(load.places, 'place')} in use")
        parts.append(f"{load.waiting} waiting")
    text = ", ".join(parts) or "the answer shows neither credits nor places"
    if load.credits is None or needed == 0 or load.credits >= max(needed or 0, 1):
        return ok("balance", text, name)
    hint = "buy credits in the vendor's console"
    if load.credits <= 0:
        return fail("balance", f"{text}: nothing can be submitted", Exit.PROVIDER, name, hint=hint)
    return warn("balance", f"{text}; the plan expects to spend {needed}", name, hint=hint)
