"""Builders of the engine's tests: a run's context with a ledger, and lost submissions."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from aiohttp import web

from runner.engine.context import Context
from runner.engine.ledger_client import LedgerClient
from runner.engine.net.client import HttpClient
from runner.engine.net.pacing import Rate
from runner.engine.poll.list_poller import ListPoller
from runner.engine.poll.timing import DurationStatsByKind
from runner.engine.reconcile.absence import LAG_FACTOR
from runner.engine.reconcile.match import LedgerSnapshot, LostSubmission, TaskListing, Verdict
from runner.engine.reconcile.search import find_verdict
from runner.engine.submit.breaker import breakers_for
from runner.engine.submit.budget import Budget
from runner.errors import Secret
from runner.hashing import HashCache
from runner.ledger.changes import Intend, Settle
from runner.ledger.group_commit import GroupCommit
from runner.ledger.location import open_ledger
from runner.ledger.records import KnownTask
from runner.ledger.rescue import RescueFile
from runner.model.events import Observer
from runner.model.jobs import Draft, Job
from runner.model.plans import Action, PlanEntry
from runner.model.reasons import Reason, ReasonCode
from runner.model.requests import Account, Reach, TaskState, TaskStatus
from runner.model.tasks import Attempt, AttemptState, Intent, TaskFacts
from runner.operations import load_operations, to_wire
from runner.providers.base import TaskRow, submission
from runner.providers.registry import PROVIDERS
from runner.settings.settings import Settings

OPERATIONS = load_operations()
PICTURE = OPERATIONS["vidu/reference2image"]
VIDEO = OPERATIONS["modelverse/reference2video"]
SETTLE_S = 0.05
TAG = "a" * 32


def plan_entry(
    name: str,
    *needs: str,
    operation: str = "vidu/reference2image",
    share: str | None = None,
    action: Action = Action.SUBMIT,
) -> PlanEntry:
    """An entry that submits, or shares the result of `share`; `needs` are ids of other jobs."""
    draft = Draft(
        entry=0, id=name, operation=operation, parameters={}, base=Path(), needs=tuple(needs)
    )
    job = Job(draft=draft, parameters={}, media={}, fingerprint=name)
    action = Action.SHARE if share else action
    return PlanEntry(job=job, action=action, reason=Reason(ReasonCode.NEW, "new"), share=share)


# ------------------------------------------------------------------------ a run with a ledger


class NoJitter(random.Random):
    """Retries at once."""

    def uniform(self, a: float, b: float) -> float:
        return min(a, b)


@dataclass
class LiveRun:
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
        return await self.context.ledger.commit(change)

    async def ambiguous(self, intent: Intent, run: str = "") -> Attempt:
        """An attempt of which nobody knows what became."""
        number = await self.write(Intend(run=run or self.run, intent=intent))
        await self.write(
            Settle(number=number, state=AttemptState.AMBIGUOUS, at=self.context.stamp())
        )
        return self.attempt(intent.fingerprint)

    async def submitted(self, intent: Intent, task_id: str) -> None:
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
        with open_ledger(self.context.ledger.location, read_only=True) as ledger:
            return ledger.latest([fingerprint], "loopback")[fingerprint]

    async def post(self, intent: Intent) -> str:
        """Submit what was meant; the task's id, which only the server and the caller know."""
        body = to_wire(PICTURE, intent.request)
        request = submission(PICTURE, body, self.account())
        reply = await self.context.http.send(request, submission=True)
        assert reply.reach is Reach.ANSWERED
        return str(json.loads(reply.body)["task_id"])

    async def find_verdict(self, attempt: Attempt) -> Verdict:
        async with asyncio.timeout(20):
            return await find_verdict(self.context, attempt, PICTURE)


@asynccontextmanager
async def live_run(url: str, folder: Path, settle_s: float = SETTLE_S) -> AsyncIterator[LiveRun]:
    path = folder / ".vidu-run" / "ledger.sqlite3"
    account = Account(
        provider="vidu",
        base_url=url,
        auth="token",
        key=Secret("vda_3141592653"),
        key_env="VIDU_API_KEY",
    )
    settings = Settings(settle_s=settle_s, accounts={"vidu": account})
    rates = {"vidu": Rate(1000)}
    with open_ledger(path) as ledger, GroupCommit(path) as journal:
        run = ledger.begin_run("spring.yaml", "vidu-run")
        rescue = RescueFile(folder / "rescue.jsonl")
        async with HttpClient(trust_env=False) as http:
            context = Context(
                settings=settings,
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
                rates=rates,
                pollers={"vidu": ListPoller(None, random.Random(1), print)},  # noqa: S311
                durations=DurationStatsByKind({}),
                breakers=breakers_for(settings, http, rates),
                budget=Budget({}, {}),
                alive=lambda _: False,
                observer=Observer(),
                random=random.Random(1),  # noqa: S311 - spreads retries, guards nothing
                stopping=asyncio.Event(),
            )
            yield LiveRun(context, url, run)
        rescue.close()
        ledger.end_run(run, 0)


# -------------------------------------------------------------------- a provider with a list

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class FakeVidu:
    """A provider whose task list can be wrong in every way, and single tasks."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    payloads: dict[str, str] = field(default_factory=dict)
    statuses: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Task id to what differs in its status: state, creations; an ellipsis leaves a key out."""
    submissions: list[dict[str, Any]] = field(default_factory=list)
    forbidden: bool = False
    """Refuses the key of every status request."""
    file: Answer | None = None
    """What answers requests for files instead of 404."""
    submit: Answer | None = None
    """What answers submissions instead of a new task 911."""
    list_requests: list[web.Request] = field(default_factory=list)
    answer: Answer | None = None
    """What answers instead of the rows."""
    skew: timedelta = timedelta()
    filters_by_time: bool = False
    asked_thrice: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the list has been asked for three times."""
    missed: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a task was asked for that is not here."""
    asked_for: Counter[str] = field(default_factory=Counter)
    """How often each task was asked for by itself."""
    cancels: list[web.Response] = field(default_factory=list)
    """The answers to requests to cancel a task, in turn."""

    def row(self, task_id: str, **fields: Any) -> dict[str, Any]:
        at = (datetime.now(UTC) + self.skew).isoformat()
        shown = {"id": task_id, "state": "processing", "model": "viduq2", "prompt": "a cat"}
        row = shown | {"images": [], "created_at": at} | fields
        self.rows.append(row)
        return row

    async def list_(self, request: web.Request) -> web.StreamResponse:
        self.list_requests.append(request)
        if len(self.list_requests) == 3:
            self.asked_thrice.set()
        if self.answer:
            return await self.answer(request)
        since = datetime.fromisoformat(request.query["created_at.from"])
        rows = [
            row
            for row in self.rows
            if not self.filters_by_time or datetime.fromisoformat(row["created_at"]) >= since
        ]
        return self.dated({"tasks": rows, "next_page_token": ""})

    def dated(self, body: Any) -> web.Response:
        date = format_datetime(datetime.now(UTC) + self.skew, usegmt=True)
        return web.json_response(body, headers={"Date": date})

    async def cancel(self, _: web.Request) -> web.StreamResponse:
        return self.cancels.pop(0)

    async def submitted(self, request: web.Request) -> web.StreamResponse:
        self.submissions.append(await request.json())
        if self.submit:
            return await self.submit(request)
        self.payloads["911"] = self.submissions[-1].get("payload", "")
        return web.json_response({"task_id": "911", "state": "created", "credits": 6})

    async def fetched(self, request: web.Request) -> web.StreamResponse:
        return await self.file(request) if self.file else web.Response(status=404)

    async def creations(self, request: web.Request) -> web.StreamResponse:
        if self.forbidden:
            return web.json_response({"code": 401, "reason": "Unauthorized"}, status=401)
        task_id = request.match_info["id"]
        self.asked_for[task_id] += 1
        if task_id not in self.payloads:
            self.missed.set()
            return web.json_response({"code": 404, "reason": "TaskNotFound"}, status=404)
        status = {
            "id": task_id,
            "state": "processing",
            "payload": self.payloads[task_id],
            "credits": 6,
            "creations": [],
        } | self.statuses.get(task_id, {})
        return web.json_response({key: value for key, value in status.items() if value is not ...})


@asynccontextmanager
async def served(vidu: FakeVidu) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_get("/files/{name}", vidu.fetched)
    app.router.add_post(PICTURE.path, vidu.submitted)
    app.router.add_get("/ent/v2/tasks", vidu.list_)
    app.router.add_get("/ent/v2/tasks/{id}/creations", vidu.creations)
    app.router.add_post("/ent/v2/tasks/{id}/cancel", vidu.cancel)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        port = runner.addresses[0][1]
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()


Scene = Callable[[LiveRun, FakeVidu], Awaitable[None]]


def play(
    folder: Path, scene: Scene, *, vidu: FakeVidu | None = None, settle_s: float = SETTLE_S
) -> None:
    """Run a scene against such a provider."""
    vidu = vidu or FakeVidu()

    async def run() -> None:
        async with served(vidu) as url, live_run(url, folder, settle_s) as run:
            await scene(run, vidu)

    asyncio.run(run())


# ----------------------------------------------------------------------- lost submissions

LIST_SETTLE_S = 5.0
STARTED = datetime(2026, 11, 20, 10, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return STARTED + timedelta(seconds=seconds)


def stamp_after(seconds: float) -> str:
    return after(seconds).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def attempt_of(
    number: int = 10, *, tag: str = TAG, at: float = 0, task_id: str | None = None, **request: Any
) -> Attempt:
    asked = {"model": "viduq2", "prompt": "一只 小猫", "payload": tag} | request
    return Attempt(
        number=number,
        run="dead",
        state=AttemptState.SUBMITTED if task_id else AttemptState.AMBIGUOUS,
        task=TaskFacts(id=task_id),
        intent=Intent(
            manifest="spring.yaml",
            job=f"job-{number}",
            operation=PICTURE.name,
            fingerprint=f"f{number}",
            request=asked,
            seed=7,
            provider="vidu",
            base_url="https://api.vidu.cn",
            key_env="VIDU_API_KEY",
            tag=tag,
            estimate=None,
            at=stamp_after(at),
        ),
    )


LIKE: dict[str, Any] = {"model": "viduq2", "prompt": "一只 小猫", "images": 0}


def row_of(task_id: str, *, tag: str | None = None, at: float | None = 1, **shown: Any) -> TaskRow:
    status = {name: shown.pop(name) for name in ("seed", "credits") & shown.keys()}
    return TaskRow(
        status=TaskStatus(task_id=task_id, state=TaskState.RUNNING, tag=tag, **status),
        created_at=None if at is None else after(at),
        **LIKE | shown,
    )


def known_task(attempt: Attempt, at: float, *, failed: bool = False) -> KnownTask:
    assert attempt.task.id
    return KnownTask(
        number=attempt.number,
        task_id=attempt.task.id,
        failed=failed,
        intended_at=attempt.intent.at,
        submitted_at=stamp_after(at + 0.5),
    )


LATER = attempt_of(11, tag="b" * 32, at=2, task_id="later", prompt="another")
WITNESS = row_of("later", tag="b" * 32, at=2.5, prompt="another")
KNOWING = LedgerSnapshot(owners={"later": LATER}, tasks=[known_task(LATER, 2)])

OURS = LostSubmission(attempt=attempt_of(), operation=PICTURE, settle_s=LIST_SETTLE_S)
THEIRS = LostSubmission(
    attempt=attempt_of(payload="mine"), operation=PICTURE, settle_s=LIST_SETTLE_S
)
"""The user's own payload went with it."""


def listing_of(*rows: TaskRow, age_s: float = LIST_SETTLE_S, **fields: Any) -> TaskListing:
    given: dict[str, Any] = {
        "asked_at": after(age_s),
        "since": after(-300),
        "skew": timedelta(),
    } | fields
    return TaskListing(rows={row.status.task_id: row for row in rows}, age_s=age_s, **given)


def polled_status(task_id: str, tag: str | None) -> Mapping[str, TaskStatus]:
    return {task_id: TaskStatus(task_id=task_id, state=TaskState.RUNNING, tag=tag, credits=8)}


ALONE = LedgerSnapshot()
OLD_S = LAG_FACTOR * LIST_SETTLE_S
