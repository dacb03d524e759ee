"""The monitor: when a provider is out, when it is back, and what is shown of a request."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from runner.engine.context import redacted
from runner.engine.monitor import CALM_S, REFUSED_S, Monitor, Reachability, format_exchange
from runner.engine.net.exchange import Exchange, Purpose
from runner.errors import Secret
from runner.model.events import Event, Observer, Step
from runner.model.requests import Account, Reach, Reply, Request
from runner.settings.settings import Settings
from tests.engine.conftest import RunVirtual

OK = Reply(reach=Reach.ANSWERED, status=200, body=b"{}")
GATEWAY = Reply(reach=Reach.ANSWERED, status=503)
BUSY = Reply(reach=Reach.ANSWERED, status=429)
LOST = Reply(reach=Reach.NOT_SENT, error="cannot connect to api.vidu.cn:443")
KEY = "vda_3141592653"


def steps(*replies: Reply, purpose: Purpose = Purpose.QUERY, every_s: float = 1) -> list[Step]:
    """What the replies show, one after the other, of a provider."""
    state = Reachability()
    found = (state.record(purpose, each, 100 + at * every_s) for at, each in enumerate(replies))
    return [step for step in found if step is not None]


def test_a_provider_that_never_answered_is_out_at_once() -> None:
    assert steps(LOST, LOST, LOST) == [Step.UNREACHABLE]


def test_one_broken_connection_is_no_news() -> None:
    assert steps(OK, LOST, OK, GATEWAY, OK) == []


def test_two_failures_in_a_row_are_one_piece_of_news() -> None:
    assert steps(OK, LOST, GATEWAY, LOST, OK, OK) == [Step.UNREACHABLE, Step.REACHABLE]


def test_a_provider_that_comes_and_goes_is_reported_now_and_then() -> None:
    flapping = [LOST, LOST, OK, LOST, LOST, OK, LOST, LOST, OK]
    assert steps(*flapping, every_s=CALM_S / 100) == [Step.UNREACHABLE, Step.REACHABLE]


def test_a_busy_provider_is_news_once_it_is_so_for_long() -> None:
    for_long = steps(*[BUSY] * 5, purpose=Purpose.SUBMISSION, every_s=REFUSED_S / 2)
    assert for_long == [Step.UNREACHABLE]
    assert steps(BUSY, OK, BUSY, purpose=Purpose.SUBMISSION, every_s=REFUSED_S) == []


def test_a_busy_provider_is_back_when_it_takes_a_submission() -> None:
    state, at = Reachability(), 2 * REFUSED_S
    state.record(Purpose.SUBMISSION, BUSY, 1.0)
    assert state.record(Purpose.SUBMISSION, BUSY, at) is Step.UNREACHABLE
    assert state.record(Purpose.QUERY, OK, at) is None
    assert state.record(Purpose.SUBMISSION, OK, at) is Step.REACHABLE


# ------------------------------------------------------------------------------------ reports


class Recorder(Observer):
    """Keeps the events."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def event(self, event: Event) -> None:
        self.events.append(event)


def exchange(
    reply: Reply = OK,
    *,
    purpose: Purpose = Purpose.SUBMISSION,
    url: str = "https://api.vidu.cn/ent/v2/reference2image?key=k",
) -> Exchange:
    request = Request(method="POST", url=url, headers={"Authorization": KEY}, body=b"cat")
    return Exchange(purpose=purpose, request=request, reply=reply, seconds=0.312)


def reported(
    run_virtual: RunVirtual, *exchanges: Exchange, verbose: bool = False, stopping: bool = False
) -> list[Event]:
    watcher = Recorder()

    async def scene() -> None:
        account = Account(
            provider="vidu",
            base_url="https://api.vidu.cn",
            auth="token",
            key=Secret(KEY),
            key_env="VIDU_API_KEY",
        )
        settings = Settings(accounts={"vidu": account})
        stop = asyncio.Event()
        if stopping:
            stop.set()
        monitor = Monitor(
            settings=settings,
            observer=watcher,
            redacted=partial(redacted, settings),
            stopping=stop,
            verbose=verbose,
        )
        for each in exchanges:
            monitor.report(each)
            await asyncio.sleep(42)

    run_virtual(scene())
    return watcher.events


def test_an_outage_is_reported_with_its_cause_and_limit(run_virtual: RunVirtual) -> None:
    events = reported(run_virtual, exchange(LOST), exchange(LOST), exchange())
    assert [event.text for event in events] == [
        "vidu cannot be reached: cannot connect to api.vidu.cn:443; trying for 10 min",
        "vidu can be reached again after 1 min 24 s",
    ]
    assert {event.subject for event in events} == {"vidu"}


def test_while_tasks_are_asked_for_the_limit_is_the_same(run_virtual: RunVirtual) -> None:
    (event,) = reported(run_virtual, exchange(GATEWAY, purpose=Purpose.QUERY))
    expected = "vidu cannot be reached: it answers HTTP 503; trying for 10 min"
    assert event.text == expected


def test_a_provider_that_only_refuses_is_not_called_unreachable(run_virtual: RunVirtual) -> None:
    refused = [exchange(BUSY, purpose=Purpose.SUBMISSION)]
    (event,) = reported(run_virtual, *refused, exchange(OK, purpose=Purpose.QUERY))
    expected = "vidu takes no submissions: it answers HTTP 429; trying for 10 min"
    assert event.text == expected


def test_what_an_interruption_cuts_is_no_outage(run_virtual: RunVirtual) -> None:
    assert reported(run_virtual, exchange(LOST), exchange(LOST), stopping=True) == []


def test_a_file_shows_nothing_of_the_provider(run_virtual: RunVirtual) -> None:
    files = [exchange(LOST, purpose=Purpose.FILE)] * 3
    assert reported(run_virtual, *files) == []


def test_a_request_is_shown_without_query_body_and_key(run_virtual: RunVirtual) -> None:
    answer = Reply(
        reach=Reach.ANSWERED, status=200, headers={"x-request-id": f"8f2c-{KEY}"}, body=b"{}"
    )
    (event,) = reported(run_virtual, exchange(answer), verbose=True)
    assert event.step is Step.EXCHANGED
    assert event.text == "vidu: POST /ent/v2/reference2image: 200, 312 ms, trace 8f2c-***"


@pytest.mark.parametrize(
    ("reply", "result"), [(OK, "200"), (LOST, "cannot connect to api.vidu.cn:443")]
)
def test_a_file_is_shown_with_its_host(reply: Reply, result: str) -> None:
    url = "https://user:pw@cdn.example/a/b.png?sig=secret"
    shown = format_exchange(exchange(reply, purpose=Purpose.FILE, url=url), "")
    assert shown == f"file: POST cdn.example/a/b.png: {result}, 312 ms"
