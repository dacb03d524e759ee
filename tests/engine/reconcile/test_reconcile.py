from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from runner.emulator.options import Options
from runner.emulator.server import Emulator
from runner.engine.context import Context
from runner.engine.ledger_client import LedgerClient
from runner.engine.net.client import Http
from runner.engine.net.pacing import Rate
from runner.engine.poll.schedule import DurationStatsByKind
from runner.engine.reconcile import listing
from runner.engine.reconcile import reconcile as reconciling
from runner.engine.reconcile.match import Absent, Adopted, Unclear, Verdict
from runner.engine.reconcile.reconcile import confirm, reconcile
from runner.engine.submit.budget import Budget
from runner.errors import Secret
from runner.hashing import HashCache
from runner.ledger import Finish, GroupCommit, Intend, RescueFile, Settle, open_ledger
from runner.model import (
    Account,
    Attempt,
    AttemptState,
    Event,
    Intent,
    Plan,
    Reach,
    TaskState,
    TaskStatus,
)
from runner.operations import load_operations, to_wire
from runner.providers.registry import PROVIDERS
from runner.settings import Settings

OPERATIONS = load_operations()
PICTURE = OPERATIONS["vidu/reference2image"]
VIDEO = OPERATIONS["modelverse/reference2video"]
SETTLE_S = 0.05
TAG = "a" * 32


class Silent:
    def start(self, plan: Plan) -> None: ...

    def event(self, event: Event) -> None: ...

    def stop(self) -> None: ...


@dataclass
class Room:
    """A run with a ledger and a way to a provider."""

    context: Context
    url: str
    run: str

    def account(self) -> Account:
        return self.context.settings.accounts["vidu"]

    def intent(
        self, fingerprint: str, *, tag: str = TAG, ago_s: float = 0, **request: Any
    ) -> Intent:
        at = datetime.now(UTC) - timedelta(seconds=ago_s)
        asked = {"model": "viduq2", "prompt": "a cat", "payload": tag} | request
        return Intent(
            manifest="spring.yaml",
            job=fingerprint,
            operation=PICTURE.name,
            fingerprint=fingerprint,
            request=asked,
            seed=7,
            provider="vidu",
            base_url=self.url,
            key_env="VIDU_API_KEY",
            tag=tag,
            estimate=None,
            at=at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        )

    async def write(self, change: Any) -> Any:
        return await self.context.ledger.durable(change)

    async def doubt(self, intent: Intent, run: str = "") -> Attempt:
        """An attempt of which nobody knows what became."""
        number = await self.write(Intend(run=run or self.run, intent=intent))
        await self.write(
            Settle(number=number, state=AttemptState.AMBIGUOUS, at=self.context.stamp())
        )
        return self.attempt(intent.fingerprint)

    async def made(self, intent: Intent, task_id: str) -> None:
        """An attempt whose task is known."""
        number = await self.write(Intend(run=self.run, intent=intent))
        await asyncio.sleep(0.002)  # stamps are of milliseconds
        await self.write(
            Settle(
                number=number,
                state=AttemptState.SUBMITTED,
                at=self.context.stamp(),
                task_id=task_id,
            )
        )

    def attempt(self, fingerprint: str) -> Attempt:
        with open_ledger(self.context.ledger.path, read_only=True) as ledger:
            return ledger.latest([fingerprint], "loopback")[fingerprint]

    async def post(self, intent: Intent) -> str:
        """Submit what was meant; the task's id, which only the server and the caller know."""
        body = to_wire(PICTURE, intent.request)
        request = PROVIDERS["vidu"].submission(PICTURE, body, self.account())
        reply = await self.context.http.send(request, submission=True)
        assert reply.reach is Reach.ANSWERED
        return str(json.loads(reply.body)["task_id"])

    async def look(self, attempt: Attempt) -> Verdict:
        async with asyncio.timeout(20):
            return await reconcile(self.context, attempt, PICTURE)


@asynccontextmanager
async def room_at(url: str, folder: Path, settle_s: float = SETTLE_S) -> AsyncIterator[Room]:
    path = folder / ".vidu-run" / "ledger.sqlite3"
    account = Account(
        provider="vidu",
        base_url=url,
        auth="token",
        key=Secret("vda_3141592653"),
        key_env="VIDU_API_KEY",
    )
    with open_ledger(path) as ledger, GroupCommit(path) as journal:
        run = ledger.begin_run("spring.yaml", "vidu-run")
        rescue = RescueFile(folder / "rescue.jsonl")
        async with Http(trust_env=False) as http:
            context = Context(
                settings=Settings(settle_s=settle_s, accounts={"vidu": account}),
                operations=OPERATIONS,
                providers=PROVIDERS,
                manifest="spring.yaml",
                run=run,
                base=folder,
                outputs=folder,
                archive=folder,
                hashes=HashCache(),
                ledger=LedgerClient(journal),
                rescue=rescue,
                http=http,
                rates={"vidu": Rate(1000)},
                pollers={},
                durations=DurationStatsByKind({}),
                breakers={},
                budget=Budget({}, {}),
                alive=lambda _: False,
                observer=Silent(),
                random=random.Random(1),  # noqa: S311 - spreads retries, guards nothing
                stopping=asyncio.Event(),
            )
            yield Room(context, url, run)
        rescue.close()
        ledger.end_run(run, 0)


Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Desk:
    """A list that says what it is told to, and single tasks."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    payloads: dict[str, str] = field(default_factory=dict)
    asked: list[web.Request] = field(default_factory=list)
    answer: Answer | None = None
    """What answers instead of the rows."""
    skew: timedelta = timedelta()
    heed_since: bool = False
    often: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the list has been asked for three times."""

    def row(self, task_id: str, **told: Any) -> dict[str, Any]:
        at = (datetime.now(UTC) + self.skew).isoformat()
        shown = {"id": task_id, "state": "processing", "model": "viduq2", "prompt": "a cat"}
        row = shown | {"images": [], "created_at": at} | told
        self.rows.append(row)
        return row

    async def list_(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        if len(self.asked) == 3:
            self.often.set()
        if self.answer:
            return await self.answer(request)
        since = datetime.fromisoformat(request.query["created_at.from"])
        rows = [
            row
            for row in self.rows
            if not self.heed_since or datetime.fromisoformat(row["created_at"]) >= since
        ]
        return self.dated({"tasks": rows, "next_page_token": ""})

    def dated(self, body: Any) -> web.Response:
        date = format_datetime(datetime.now(UTC) + self.skew, usegmt=True)
        return web.json_response(body, headers={"Date": date})

    async def creations(self, request: web.Request) -> web.StreamResponse:
        task_id = request.match_info["id"]
        if task_id not in self.payloads:
            return web.json_response({"code": 404, "reason": "TaskNotFound"}, status=404)
        return web.json_response(
            {
                "id": task_id,
                "state": "processing",
                "payload": self.payloads[task_id],
                "credits": 6,
                "creations": [],
            }
        )


@asynccontextmanager
async def served(desk: Desk) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_get("/ent/v2/tasks", desk.list_)
    app.router.add_get("/ent/v2/tasks/{id}/creations", desk.creations)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        port = runner.addresses[0][1]
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()


Scene = Callable[[Room, Desk], Awaitable[None]]


def play(
    folder: Path, scene: Scene, *, desk: Desk | None = None, settle_s: float = SETTLE_S
) -> None:
    """Run a scene against a list that can be told what to say."""
    desk = desk or Desk()

    async def run() -> None:
        async with served(desk) as url, room_at(url, folder, settle_s) as room:
            await scene(room, desk)

    asyncio.run(run())


# ------------------------------------------------------------------------ against the emulator


def emulated(folder: Path, scene: Callable[[Room], Awaitable[None]]) -> None:
    async def run(url: str) -> None:
        async with room_at(url, folder) as room:
            await scene(room)

    with Emulator(Options(time_scale=0)) as emulator:
        asyncio.run(run(emulator.url))


def test_a_task_whose_answer_was_lost_is_found_by_its_tag(tmp_path: Path) -> None:
    async def scene(room: Room) -> None:
        attempt = await room.doubt(room.intent("f1"))
        task_id = await room.post(attempt.intent)
        verdict = await room.look(attempt)
        assert isinstance(verdict, Adopted)
        assert verdict.task_id == task_id
        assert verdict.credits is not None
        assert room.attempt("f1") == attempt, "nothing is written"

    emulated(tmp_path, scene)


def test_a_task_is_found_among_the_pages_of_many(tmp_path: Path) -> None:
    async def scene(room: Room) -> None:
        attempt = await room.doubt(room.intent("f1"))
        task_id = await room.post(attempt.intent)
        for number in range(102):
            await room.post(room.intent(f"other-{number}", tag=f"{number:032}"))
        assert await room.look(attempt) == Adopted(task_id=task_id, credits=6)

    emulated(tmp_path, scene)


def test_a_submission_that_did_not_arrive_is_absent_once_a_later_task_shows(tmp_path: Path) -> None:
    async def scene(room: Room) -> None:
        attempt = await room.doubt(room.intent("f1"))
        await asyncio.sleep(0.002)
        later = room.intent("f2", tag="b" * 32)
        await room.made(later, await room.post(later))
        assert isinstance(await room.look(attempt), Absent)

    emulated(tmp_path, scene)


def test_a_submission_that_never_was_is_absent_after_ten_times_settle(tmp_path: Path) -> None:
    async def scene(room: Room) -> None:
        attempt = await room.doubt(room.intent("f1"))
        began = asyncio.get_running_loop().time()
        assert isinstance(await room.look(attempt), Absent)
        assert asyncio.get_running_loop().time() - began >= 10 * SETTLE_S

    emulated(tmp_path, scene)


# ------------------------------------------------------------------------------------ odd lists


def test_a_list_that_lags_still_shows_the_task_in_time(tmp_path: Path) -> None:
    async def scene(room: Room, desk: Desk) -> None:
        attempt = await room.doubt(room.intent("f1"))
        looking = asyncio.create_task(room.look(attempt))
        await desk.often.wait()
        desk.row("1", payload=TAG)
        assert await looking == Adopted(task_id="1")

    play(tmp_path, scene)


def test_a_list_without_payloads_is_confirmed_task_by_task(tmp_path: Path) -> None:
    async def scene(room: Room, desk: Desk) -> None:
        attempt = await room.doubt(room.intent("f1"))
        desk.row("1")
        desk.row("2")
        desk.row("3", prompt="a dog")
        desk.payloads |= {"1": "b" * 32, "2": TAG}
        assert await room.look(attempt) == Adopted(task_id="2", credits=6)

    play(tmp_path, scene)


def test_a_like_task_that_nothing_confirms_leaves_it_unclear(tmp_path: Path) -> None:
    async def scene(room: Room, desk: Desk) -> None:
        attempt = await room.doubt(room.intent("f1"))
        desk.row("1")
        verdict = await room.look(attempt)
        assert isinstance(verdict, Unclear)
        assert verdict.candidates == ("1",)

    play(tmp_path, scene)


def test_takes_under_the_users_own_payload_stay_unclear(tmp_path: Path) -> None:
    async def scene(room: Room, desk: Desk) -> None:
        first = await room.doubt(room.intent("f1", payload="mine"))
        second = await room.doubt(room.intent("f2", tag="b" * 32, payload="mine"))
        desk.row("1", payload="mine")
        for attempt in (first, second):
            verdict = await room.look(attempt)
            assert isinstance(verdict, Unclear)
            assert verdict.candidates == ("1",)

    play(tmp_path, scene)


def test_the_only_task_under_the_users_own_payload_is_adopted(tmp_path: Path) -> None:
    async def scene(room: Room, desk: Desk) -> None:
        attempt = await room.doubt(room.intent("f1", payload="mine"))
        await room.made(room.intent("f2", tag="b" * 32, payload="mine"), "1")
        desk.row("1", payload="mine")
        desk.row("2", payload="mine")
        assert await room.look(attempt) == Adopted(task_id="2")

    play(tmp_path, scene)


def test_where_there_is_no_list_it_stays_unclear_at_once(tmp_path: Path) -> None:
    async def missing(_: web.Request) -> web.StreamResponse:
        raise web.HTTPNotFound

    async def scene(room: Room, desk: Desk) -> None:
        verdict = await room.look(await room.doubt(room.intent("f1")))
        assert isinstance(verdict, Unclear)
        assert "there is none at this address" in verdict.reason
        assert len(desk.asked) == 1

    play(tmp_path, scene, desk=Desk(answer=missing), settle_s=60)


@pytest.mark.parametrize(
    ("status", "body"), [(500, b"{}"), (200, b"<html>"), (200, b'{"tasks": [{"state": "x"}]}')]
)
def test_a_list_that_cannot_be_read_is_tried_again_and_then_unclear(
    tmp_path: Path, status: int, body: bytes
) -> None:
    async def broken(_: web.Request) -> web.StreamResponse:
        return web.Response(status=status, body=body)

    async def scene(room: Room, desk: Desk) -> None:
        verdict = await room.look(await room.doubt(room.intent("f1")))
        assert isinstance(verdict, Unclear)
        assert "read" in verdict.reason
        assert len(desk.asked) > 2

    play(tmp_path, scene, desk=Desk(answer=broken))


def test_a_list_that_leaves_out_a_known_task_proves_nothing(tmp_path: Path) -> None:
    async def scene(room: Room, _: Desk) -> None:
        await room.made(room.intent("f2", tag="b" * 32, ago_s=600), "known")
        verdict = await room.look(await room.doubt(room.intent("f1")))
        assert isinstance(verdict, Unclear)
        assert "does not show task known either" in verdict.reason

    play(tmp_path, scene)


def test_a_full_page_that_names_no_next_one_proves_nothing(tmp_path: Path) -> None:
    async def scene(room: Room, desk: Desk) -> None:
        async def first(_: web.Request) -> web.StreamResponse:
            return desk.dated({"tasks": desk.rows})

        for number in range(10):
            desk.row(str(number), prompt="a dog")
        desk.answer = first
        verdict = await room.look(await room.doubt(room.intent("f1")))
        assert isinstance(verdict, Unclear)
        assert "where it ends" in verdict.reason

    play(tmp_path, scene)


def test_a_full_page_that_names_no_next_one_still_shows_the_task(tmp_path: Path) -> None:
    async def scene(room: Room, desk: Desk) -> None:
        async def first(_: web.Request) -> web.StreamResponse:
            return desk.dated({"tasks": desk.rows})

        attempt = await room.doubt(room.intent("f1"))
        desk.row("1", payload=TAG, credits=6)
        for number in range(9):
            desk.row(f"other {number}", prompt="a dog")
        desk.answer = first
        assert await room.look(attempt) == Adopted(task_id="1", credits=6)

    play(tmp_path, scene)


def test_an_old_submission_takes_one_reading_of_the_list(tmp_path: Path) -> None:
    async def scene(room: Room, desk: Desk) -> None:
        with open_ledger(room.context.ledger.path) as ledger:
            dead = ledger.begin_run("spring.yaml", "vidu-run")
        attempt = await room.doubt(room.intent("f1", ago_s=7200), run=dead)
        assert isinstance(await room.look(attempt), Absent)
        assert len(desk.asked) == 1

    play(tmp_path, scene, settle_s=5)


def test_a_submission_older_than_the_list_reaches_stays_unclear(tmp_path: Path) -> None:
    async def scene(room: Room, _: Desk) -> None:
        verdict = await room.look(await room.doubt(room.intent("f1", ago_s=8 * 86_400)))
        assert isinstance(verdict, Unclear)
        assert "reaches back" in verdict.reason

    play(tmp_path, scene)


@pytest.mark.parametrize("hours", [-3, 3])
def test_a_provider_whose_clock_is_off_is_asked_by_its_own_time(tmp_path: Path, hours: int) -> None:
    async def scene(room: Room, desk: Desk) -> None:
        attempt = await room.doubt(room.intent("f1"))
        desk.row("1")
        desk.payloads["1"] = TAG
        assert await room.look(attempt) == Adopted(task_id="1", credits=6)

    play(tmp_path, scene, desk=Desk(skew=timedelta(hours=hours), heed_since=True))


def test_pages_that_go_round_in_a_circle_end(tmp_path: Path) -> None:
    async def scene(room: Room, desk: Desk) -> None:
        async def same(_: web.Request) -> web.StreamResponse:
            return desk.dated({"tasks": [], "next_page_token": "again"})

        desk.answer = same
        verdict = await room.look(await room.doubt(room.intent("f1")))
        assert isinstance(verdict, Unclear)
        assert "circle" in verdict.reason

    play(tmp_path, scene)


def test_pages_without_end_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "MOST_PAGES", 5)

    async def scene(room: Room, desk: Desk) -> None:
        async def more(_: web.Request) -> web.StreamResponse:
            return desk.dated({"tasks": [], "next_page_token": str(len(desk.asked))})

        desk.answer = more
        verdict = await room.look(await room.doubt(room.intent("f1")))
        assert isinstance(verdict, Unclear)
        assert "goes on after 5 pages" in verdict.reason

    play(tmp_path, scene)


def test_a_submission_elsewhere_is_found_by_its_tag_and_never_called_absent(
    tmp_path: Path,
) -> None:
    async def scene(room: Room, desk: Desk) -> None:
        lost = await room.doubt(replace(room.intent("f1"), base_url="http://127.0.0.1:1"))
        other = replace(room.intent("f2", tag="b" * 32), key_env="OTHER_KEY")
        found = await room.doubt(other)
        desk.row("1", payload="b" * 32)
        assert await room.look(found) == Adopted(task_id="1")
        verdict = await room.look(lost)
        assert isinstance(verdict, Unclear)
        assert "it was submitted to http://127.0.0.1:1" in verdict.reason

    play(tmp_path, scene)


# ------------------------------------------------------------------------------- ends, and more


def test_a_run_that_stops_ends_the_search_at_once(tmp_path: Path) -> None:
    async def scene(room: Room, desk: Desk) -> None:
        arrived = asyncio.Event()

        async def never(_: web.Request) -> web.StreamResponse:
            arrived.set()
            await asyncio.sleep(60)
            raise AssertionError

        desk.answer = never
        attempt = await room.doubt(room.intent("f1"))
        looking = asyncio.create_task(room.look(attempt))
        await arrived.wait()
        room.context.stopping.set()
        async with asyncio.timeout(2):
            verdict = await looking
        assert verdict == Unclear(reason="interrupted while its task was looked for")

    play(tmp_path, scene)


def test_a_provider_that_does_not_come_to_an_end_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconciling, "LEEWAY_S", 0.1)

    async def scene(room: Room, desk: Desk) -> None:
        async def never(_: web.Request) -> web.StreamResponse:
            await asyncio.sleep(60)
            raise AssertionError

        desk.answer = never
        verdict = await room.look(await room.doubt(room.intent("f1")))
        assert verdict == Unclear(reason="the provider took too long to tell of it")

    play(tmp_path, scene)


def test_a_provider_without_a_list_leaves_it_unclear(tmp_path: Path) -> None:
    async def scene(room: Room, _: Desk) -> None:
        attempt = await room.doubt(replace(room.intent("f1"), provider="modelverse"))
        assert await reconcile(room.context, attempt, VIDEO) == Unclear(
            reason="modelverse has no list of tasks in which it could be looked for"
        )

    play(tmp_path, scene)


@pytest.mark.parametrize("known", [True, False])
def test_a_task_that_had_gone_is_asked_for_itself(tmp_path: Path, known: bool) -> None:
    async def scene(room: Room, desk: Desk) -> None:
        await room.made(room.intent("f1"), "1")
        number, at = room.attempt("f1").number, room.context.stamp()
        await room.write(Finish(number=number, state=AttemptState.AMBIGUOUS, finished_at=at))
        if known:
            desk.payloads["1"] = TAG
        verdict = await room.look(room.attempt("f1"))
        if known:
            assert verdict == Adopted(task_id="1", credits=6)
        else:
            assert isinstance(verdict, Unclear)
            assert verdict.candidates == ("1",)
        assert not desk.asked

    play(tmp_path, scene)


# --------------------------------------------------------------------------- confirmed by name


async def named(room: Room, task_id: str, attempt: Attempt | None = None) -> TaskStatus | str:
    async with asyncio.timeout(20):
        return await confirm(room.context, PICTURE, task_id, attempt=attempt)


def test_a_task_that_the_provider_knows_is_confirmed(tmp_path: Path) -> None:
    async def scene(room: Room, desk: Desk) -> None:
        attempt = await room.doubt(room.intent("f1"))
        desk.payloads |= {"1": TAG, "2": "from elsewhere"}
        for task_id in ("1", "2"):
            status = await named(room, task_id, attempt)
            assert isinstance(status, TaskStatus)
            assert (status.state, status.credits) == (TaskState.RUNNING, 6)

    play(tmp_path, scene)


def test_a_task_that_the_provider_does_not_know_is_not_confirmed(tmp_path: Path) -> None:
    async def scene(room: Room, _: Desk) -> None:
        told = await named(room, "9")
        assert isinstance(told, str)
        assert told.startswith("the provider knows no task 9: TaskNotFound")

    play(tmp_path, scene)


class NoJitter(random.Random):
    """Retries at once."""

    def uniform(self, a: float, b: float) -> float:
        return min(a, b)


def test_a_provider_that_does_not_tell_is_asked_again(tmp_path: Path) -> None:
    async def scene(room: Room, _: Desk) -> None:
        away = replace(room.account(), base_url="http://127.0.0.1:1")
        settings = replace(room.context.settings, accounts={"vidu": away})
        told = await confirm(
            replace(room.context, settings=settings, random=NoJitter()), PICTURE, "1"
        )
        assert isinstance(told, str)
        assert told.startswith("the provider does not tell of task 1")

    play(tmp_path, scene)


def test_a_task_of_another_submission_is_not_confirmed(tmp_path: Path) -> None:
    async def scene(room: Room, desk: Desk) -> None:
        attempt = await room.doubt(room.intent("f1"))
        await room.made(room.intent("f2", tag="b" * 32), "2")
        await room.doubt(room.intent("f3", tag="c" * 32))
        desk.payloads |= {"2": "", "3": "c" * 32}
        by_id, by_tag = await named(room, "2", attempt), await named(room, "3", attempt)
        assert by_id == 'task 2 came of the submission of job "f2" of spring.yaml'
        assert by_tag == 'task 3 came of the submission of job "f3" of spring.yaml'

    play(tmp_path, scene)
