"""Network: asks each provider one free question, and notes how far it got."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from runner.engine.net.client import HttpClient
from runner.engine.net.errors import NETWORK_ERRORS, describe
from runner.engine.net.resolve import Resolver, UnusableProxy, proxy_name
from runner.model.requests import Account, Reach, Reply
from runner.providers import parse
from runner.providers.registry import PROVIDERS

LIMIT_S = 10.0
"""For each name lookup, and for each question."""
_CONNECT_S = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkFacts:
    """What became of the question to one provider; the first error ends it."""

    account: Account
    proxy: str | None = None
    """Without its password; None where there is no proxy."""
    proxy_error: UnusableProxy | None = None
    is_looked_up: bool = False
    """Whether the name of the host was looked up; a proxy does that by itself."""
    lookup_error: str = ""
    reply: Reply | None = None
    seconds: float = 0.0
    """From the question to the end of the answer."""
    skew_s: float | None = None
    """How far this machine's clock is ahead of the provider's; None where it shows none."""


def ask_all(accounts: Iterable[Account], *, trust_env: bool) -> list[NetworkFacts]:
    """Ask all of them at once; blocks, for twice `LIMIT_S` at most.

    `trust_env`: whether proxies are taken from the environment.
    """

    async def asked() -> list[NetworkFacts]:
        async with HttpClient(
            trust_env=trust_env, idle_timeout_s=LIMIT_S, connect_timeout_s=_CONNECT_S
        ) as http:
            return await asyncio.gather(*(_ask(each, http, trust_env) for each in accounts))

    return asyncio.run(asked())


async def _ask(account: Account, http: HttpClient, trust_env: bool) -> NetworkFacts:
    try:
        proxy = proxy_name(account.base_url) if trust_env else None
    except UnusableProxy as error:
        return NetworkFacts(account=account, proxy_error=error)
    url = urlsplit(account.base_url)
    is_looked_up = proxy is None and not _is_address(url.hostname or "")
    if is_looked_up:
        try:
            async with asyncio.timeout(LIMIT_S):
                await Resolver().resolve(url.hostname or "", url.port or 0, socket.AF_UNSPEC)
        except NETWORK_ERRORS as error:
            lookup_error = describe(error).removeprefix("the connection broke: ")
            return NetworkFacts(account=account, lookup_error=lookup_error)
    request = PROVIDERS[account.provider].probe(account)
    began, sent_at = time.monotonic(), time.time()
    try:
        async with asyncio.timeout(LIMIT_S):
            reply = await http.send(request, submission=False)
    except TimeoutError:
        reply = Reply(reach=Reach.SENT, error=f"no answer within {LIMIT_S:g} s")
    seconds = time.monotonic() - began
    return NetworkFacts(
        account=account,
        proxy=proxy,
        is_looked_up=is_looked_up,
        reply=reply,
        seconds=seconds,
        skew_s=skew(reply.headers.get("date", ""), sent_at, sent_at + seconds),
    )


def _is_address(host: str) -> bool:
    try:
        return bool(ipaddress.ip_address(host))
    except ValueError:
        return False


def skew(date: str, sent_at: float, answered_at: float) -> float | None:
    """Seconds by which this machine's clock is ahead of an answer's `Date`; None without one.

    The answer was dated between both times (of this clock), to the second below.
    """
    dated = parse.http_date(date)
    if dated is None:
        return None
    theirs = (dated - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()
    if theirs + 1 < sent_at:
        return sent_at - theirs - 1
    return min(0.0, answered_at - theirs)
