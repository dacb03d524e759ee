"""Monitor: turns the exchanges of a run into news of its providers, and into lines for `-v`."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from runner.engine.net.exchange import Exchange, Purpose
from runner.model.events import Event, Observer, Step
from runner.model.requests import Reach, Reply
from runner.providers.registry import PROVIDERS
from runner.settings.settings import Settings
from runner.timestamps import span

FAILURES = 2
"""So many requests in a row without an answer make a provider unreachable."""
REFUSED_S = 10.0
"""A provider that takes no submission for so long is as good as unreachable."""
CALM_S = 5.0
"""After one has come back, the next failures are news only so much later."""


@dataclass(slots=True, kw_only=True)
class Reachability:
    """What one provider's answers show of it; times are the loop's."""

    was_reached: bool = False
    failures: int = 0
    """Requests without an answer, since the last one that had one."""
    refused_since: float | None = None
    """When it first did not take a submission, since it took one."""
    refusal: Reply | None = None
    """How it last did not."""
    out_since: float | None = None
    back_at: float = -math.inf
    _needs_submission: bool = False
    """While it is out: it answers, and shows that it is back only by taking a submission."""

    def record(self, purpose: Purpose, reply: Reply, now: float) -> Step | None:
        """Learn from one exchange; whether it makes the provider unreachable, or reached again."""
        is_silent, is_submission = reply.is_silent, purpose is Purpose.SUBMISSION
        is_refused = is_silent or reply.status == 429
        self.failures = self.failures + 1 if is_silent else 0
        if is_submission and not is_refused:
            self.refused_since = self.refusal = None
        elif is_submission:
            self.refusal = reply
            self.refused_since = now if self.refused_since is None else self.refused_since
        step = self._step(now, is_silent, is_taken=is_submission and not is_refused)
        self.was_reached = self.was_reached or not is_silent
        if step is Step.UNREACHABLE:
            self.out_since, self._needs_submission = now, not is_silent
        elif step is Step.REACHABLE:
            self.out_since, self.back_at = None, now
        return step

    def _step(self, now: float, is_silent: bool, *, is_taken: bool) -> Step | None:
        if self.out_since is not None:
            is_back = is_taken or not (is_silent or self._needs_submission)
            return Step.REACHABLE if is_back else None
        # One connection may break at any time; where none was ever made, the first one counts.
        lost = self.failures >= (FAILURES if self.was_reached else 1)
        refused = self.refused_since is not None and now - self.refused_since >= REFUSED_S
        return Step.UNREACHABLE if (lost or refused) and now >= self.back_at + CALM_S else None


@dataclass(slots=True, kw_only=True)
class Monitor:
    """Watches the exchanges of one run, and reports to its observer."""

    settings: Settings
    observer: Observer
    redacted: Callable[[str], str]
    """A text that may contain words of a provider, without keys."""
    stopping: asyncio.Event
    verbose: bool
    """Whether each exchange is reported."""
    _providers: dict[str, Reachability] = field(default_factory=dict)

    def report(self, exchange: Exchange) -> None:
        """Take in one exchange, as the HTTP client reports it."""
        name = self._provider_of(exchange)
        if self.verbose:
            text = self.redacted(format_exchange(exchange, name))
            self.observer.event(Event(step=Step.EXCHANGED, job="", text=text))
        # What an interruption cuts shows nothing about the provider.
        if name and not self.stopping.is_set():
            self._learn(name, exchange)

    def _provider_of(self, exchange: Exchange) -> str:
        """Empty for a file, also where the provider has it on the API's own host."""
        if exchange.purpose is Purpose.FILE:
            return ""
        accounts = self.settings.accounts.items()
        fitting = ((n, a) for n, a in accounts if exchange.request.url.startswith(a.base_url))
        # One gateway may serve both, with one address below the other.
        return max(fitting, key=lambda pair: len(pair[1].base_url), default=("", None))[0]

    def _learn(self, name: str, exchange: Exchange) -> None:
        now = asyncio.get_running_loop().time()
        state = self._providers.setdefault(name, Reachability())
        since = state.out_since
        match state.record(exchange.purpose, exchange.reply, now):
            case Step.UNREACHABLE as step:
                what = self._describe(state, exchange.reply)
                text = f"{name} {what}; trying for {self._limit(state)}"
            case Step.REACHABLE as step if since is not None:
                text = f"{name} can be reached again after {span(now - since)}"
            case _:
                return
        self.observer.event(Event(step=step, job="", text=text, subject=name))

    def _describe(self, state: Reachability, reply: Reply) -> str:
        """What is wrong with a provider that is out by this reply."""
        what = "cannot be reached"
        # It answers, and has refused every submission for a while.
        if not reply.is_silent and state.refusal is not None:
            what, reply = "takes no submissions", state.refusal
        return f"{what}: {self.redacted(reply.error) or f'it answers HTTP {reply.status}'}"

    def _limit(self, state: Reachability) -> str:
        """How long it is tried to reach the provider."""
        limit_s = self.settings.outage_s
        if state.refused_since is None:  # a task under way has the job's own limit as well
            limit_s = min(limit_s, self.settings.limit_s())
        return f"{limit_s:g} s" if limit_s < 60 else span(limit_s)


def format_exchange(exchange: Exchange, provider: str) -> str:
    """`vidu: POST /ent/v2/img2video: 200, 312 ms, trace 8f2c`; without query, key or body."""
    request, reply = exchange.request, exchange.reply
    parts = urlsplit(request.url)
    # The host of an API is known; a query may contain a signature.
    subject = f"{provider}: " if provider else "file: "
    path = parts.path if provider else f"{parts.hostname}{parts.path}"
    result = str(reply.status) if reply.reach is Reach.ANSWERED else reply.error
    trace = trace_of(reply, provider)
    text = f"{subject}{request.method} {path}: {result}, {exchange.seconds * 1000:.0f} ms"
    return f"{text}, trace {trace}" if trace else text


def trace_of(reply: Reply, provider: str) -> str | None:
    """The provider's own id of an exchange, which its support asks for."""
    # Where it stands is the same in every answer of a provider.
    return PROVIDERS[provider].read_submission(reply).trace_id if provider else None
