"""Many tasks watched by one provider's list, as far as the list is right."""

from __future__ import annotations

import asyncio
import functools
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from runner.engine.net.client import HttpClient
from runner.engine.net.pacing import Rate
from runner.engine.poll.list_poller import MAX_FAILURES, ListPoller
from runner.engine.poll.list_query import ListEndpoint
from runner.engine.poll.subscription import Subscription
from runner.engine.poll.timing import DurationStats
from runner.model.requests import Account, TaskState, TaskStatus
from runner.providers import vidu_tasks

LONG_S = 30.0
"""Nothing in these tests takes as long."""


def in_a_loop(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """Run a test that is a coroutine, within a time limit."""

    @functools.wraps(test)
    def run(*args: object, **kwargs: object) -> None:
        async def limited() -> None:
            async with asyncio.timeout(20):
                await test(*args, **kwargs)

        asyncio.run(limited())

    return run


@dataclass
class TaskList:
    """A provider's list of tasks, which can be wrong in every way."""

    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    requests: list[list[str]] = field(default_factory=list)
    """The ids of every request."""
    page: int = 100
    commas: bool = False
    """Ids are read from one value, separated by commas."""
    filters: bool = True
    answer: Callable[[], web.Response] | None = None
    """What answers instead of the rows."""
    warnings: list[str] = field(default_factory=list)
    """Those of the poller."""

    async def serve(self, request: web.Request) -> web.Response:
        values = request.query.getall("task_ids")
        ids = values[0].split(",") if self.commas else values
        self.requests.append(values)
        if self.answer is not None:
            return self.answer()
        found = [row for task, row in self.rows.items() if task in ids or not self.filters]
        start = int(request.query.get("pager.page_token") or 0)
        token = str(start + self.page) if start + self.page < len(found) else ""
        rows = found[start : start + self.page]
        return web.json_response({"tasks": rows, "next_page_token": token})

    def put(self, task_id: str, state: str = "processing") -> None:
        self.rows[task_id] = {"id": task_id, "state": state, "creations": []}

    def finish(self, task_id: str) -> None:
        url = f"http://127.0.0.1/{task_id}.png"
        self.rows[task_id] = {"id": task_id, "state": "success", "creations": [{"url": url}]}


@asynccontextmanager
async def poller_of(tasks: TaskList) -> AsyncIterator[ListPoller]:
    app = web.Application()
    app.router.add_get("/ent/v2/tasks", tasks.serve)
    server = web.AppRunner(app)
    await server.setup()
    site = web.TCPSite(server, "127.0.0.1", 0)
    await site.start()
    port = server.addresses[0][1]
    account = Account(
        provider="vidu", base_url=f"http://127.0.0.1:{port}", auth="token", key=None, key_env="K"
    )
    source = random.Random(1)  # noqa: S311 - spreads retries, guards nothing
    async with HttpClient(trust_env=False) as http:
        endpoint = ListEndpoint(api=vidu_tasks, account=account, http=http, rate=Rate(1000))
        poller = ListPoller(endpoint, source, tasks.warnings.append)
        polling = asyncio.create_task(poller.keep_polling())
        yield poller
        polling.cancel()
        await asyncio.gather(polling, return_exceptions=True)
        if not polling.cancelled():
            polling.result()
    await server.cleanup()


@asynccontextmanager
async def subscriptions(
    tasks: TaskList, *task_ids: str
) -> AsyncIterator[tuple[ListPoller, list[Subscription]]]:
    """A poller that watches these tasks, which the list reports as running."""
    for task_id in task_ids:
        tasks.put(task_id)
    now = asyncio.get_running_loop().time()
    async with AsyncExitStack() as stack:
        poller = await stack.enter_async_context(poller_of(tasks))
        yield (
            poller,
            [
                stack.enter_context(poller.subscribe(task, now, DurationStats((), None)))
                for task in task_ids
            ],
        )


def status(task_id: str, state: TaskState) -> TaskStatus:
    return TaskStatus(task_id=task_id, state=state)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what the poller does by itself."""
    while not condition():  # noqa: ASYNC110 - it does not know that it is looked at
        await asyncio.sleep(0.01)


async def requests(tasks: TaskList, count: int) -> None:
    """Wait for so many requests more."""
    end = len(tasks.requests) + count
    await until(lambda: len(tasks.requests) >= end)


async def report_end(tasks: TaskList, subscription: Subscription) -> None:
    """Let the list report a first end."""
    tasks.finish(subscription.task_id)
    assert await subscription.wait(LONG_S, LONG_S) is not None


@in_a_loop
async def test_the_list_reports_an_end() -> None:
    tasks = TaskList()
    async with subscriptions(tasks, "a") as (_, [subscription]):
        listed = asyncio.create_task(subscription.wait(LONG_S, LONG_S))
        await requests(tasks, 2)
        assert not listed.done()
        tasks.finish("a")
        found = await listed
    assert found is not None
    assert found.state is TaskState.SUCCEEDED
    assert found.urls == ("http://127.0.0.1/a.png",)


@in_a_loop
async def test_a_task_with_two_watchers_is_polled_until_both_leave() -> None:
    tasks = TaskList()
    async with subscriptions(tasks, "a", "b") as (poller, _):
        now = asyncio.get_running_loop().time()
        with poller.subscribe("a", now, DurationStats((), None)) as second:
            tasks.finish("a")
            assert await second.wait(LONG_S, LONG_S) is not None
        await requests(tasks, 1)
    assert tasks.requests[-1] == ["b"]


@in_a_loop
async def test_one_request_covers_all_tasks() -> None:
    tasks = TaskList()
    names = [f"t{n}" for n in range(vidu_tasks.LIST_MAX)]
    async with subscriptions(tasks, *names) as (_, _subscriptions):
        await requests(tasks, 1)
    assert sorted(tasks.requests[-1]) == sorted(names)


@in_a_loop
async def test_small_pages_are_read_to_the_end() -> None:
    tasks = TaskList(page=2)
    async with subscriptions(tasks, "a", "b", "c", "d", "e") as (_, found):
        tasks.finish("e")
        assert await found[-1].wait(LONG_S, LONG_S) is not None


@in_a_loop
async def test_ids_are_sent_with_commas_where_the_list_needs_it() -> None:
    tasks = TaskList(commas=True)
    async with subscriptions(tasks, "a", "b", "c") as (_, found):
        tasks.finish("c")
        assert await found[-1].wait(LONG_S, LONG_S) is not None
        assert not found[0].polled_singly
        await requests(tasks, 1)
    assert tasks.requests[-1] == ["a,b,c"]


@pytest.mark.parametrize("code", [404, 405, 501, 401])
@in_a_loop
async def test_without_a_list_tasks_are_polled_singly(code: int) -> None:
    tasks = TaskList(answer=lambda: web.Response(status=code))
    async with subscriptions(tasks, "a", "b") as (poller, found):
        assert await found[1].wait(0.3, LONG_S) is None
        assert not poller.active
        assert poller.polled_singly == 2
    assert len(tasks.requests) == 1
    assert not tasks.warnings


@in_a_loop
async def test_a_list_that_keeps_failing_is_paused() -> None:
    tasks = TaskList(answer=lambda: web.Response(status=500, text="oops"))
    async with subscriptions(tasks, "a", "b") as (poller, found):
        await is_not_reported(found[1])
        assert not poller.active
    assert len(tasks.requests) == MAX_FAILURES


async def is_not_reported(subscription: Subscription) -> None:
    assert await subscription.wait(0.0, LONG_S) is None


@in_a_loop
async def test_a_list_that_fails_once_goes_on() -> None:
    tasks = TaskList(answer=lambda: web.Response(status=500, text="oops"))
    async with subscriptions(tasks, "a", "b") as (poller, found):
        await requests(tasks, 1)
        tasks.answer = None
        tasks.finish("b")
        assert await found[1].wait(LONG_S, LONG_S) is not None
        assert poller.active


@in_a_loop
async def test_a_list_that_reports_other_tasks_is_given_up() -> None:
    tasks = TaskList(filters=False)
    tasks.put("stranger")
    async with subscriptions(tasks, "a", "b") as (poller, found):
        del tasks.rows["b"]
        assert await found[1].wait(0.0, LONG_S) is None
        assert not poller.active
    [warning] = tasks.warnings
    assert "it reports other tasks than those asked for; polling each task by itself" in warning


@in_a_loop
async def test_a_task_that_the_list_leaves_out_is_polled_singly() -> None:
    tasks = TaskList()
    async with subscriptions(tasks, "a", "b") as (poller, found):
        await report_end(tasks, found[0])
        del tasks.rows["b"]
        assert await found[1].wait(0.0, LONG_S) is None
        assert found[1].polled_singly
        assert poller.active
        assert poller.polled_singly == 1
    assert poller.polled_singly == 0


@in_a_loop
async def test_a_task_that_reappears_in_the_list_is_watched_there() -> None:
    tasks = TaskList()
    async with subscriptions(tasks, "a", "b") as (poller, found):
        await report_end(tasks, found[0])
        del tasks.rows["b"]
        await until(lambda: found[1].polled_singly)
        tasks.put("b")
        await until(lambda: not found[1].polled_singly)
        assert poller.polled_singly == 0


@in_a_loop
async def test_until_a_first_end_one_task_is_polled_singly_as_well() -> None:
    tasks = TaskList()
    async with subscriptions(tasks, "a", "b") as (_, found):
        assert await found[0].wait(0.05, LONG_S) is None
        second = asyncio.create_task(found[1].wait(0.05, LONG_S))
        await report_end(tasks, found[0])
        assert not second.done()
        second.cancel()


@in_a_loop
async def test_after_a_first_end_no_task_tests_the_list() -> None:
    tasks = TaskList()
    async with subscriptions(tasks, "a", "b") as (_, found):
        await report_end(tasks, found[0])
        first = asyncio.create_task(found[0].wait(0.0, LONG_S))
        await asyncio.sleep(0)
        assert not first.done()
        assert await first is not None


@in_a_loop
async def test_a_list_that_is_behind_is_given_up() -> None:
    tasks = TaskList()
    async with subscriptions(tasks, "a", "b") as (poller, found):
        assert await found[0].wait(0.05, LONG_S) is None
        found[0].observe(None, status("a", TaskState.SUCCEEDED), asyncio.get_running_loop().time())
        assert await found[1].wait(0.0, LONG_S) is None
        assert not poller.active
    [warning] = tasks.warnings
    assert "it does not report that task a has ended" in warning


@in_a_loop
async def test_a_list_that_reports_an_end_a_moment_later_is_kept() -> None:
    tasks = TaskList()
    async with subscriptions(tasks, "a", "b") as (poller, found):
        found[0].observe(None, status("a", TaskState.FAILED), asyncio.get_running_loop().time())
        tasks.put("a", "failed")
        assert await found[0].wait(LONG_S, LONG_S) is not None
        assert poller.active
        assert not tasks.warnings


@in_a_loop
async def test_a_list_that_reports_a_false_end_is_given_up() -> None:
    tasks = TaskList()
    async with subscriptions(tasks, "a") as (poller, [subscription]):
        tasks.finish("a")
        listed = await subscription.wait(LONG_S, LONG_S)
        subscription.observe(
            listed, status("a", TaskState.RUNNING), asyncio.get_running_loop().time()
        )
        assert not poller.active
    [warning] = tasks.warnings
    assert "it reports that task a has ended; it runs" in warning


@in_a_loop
async def test_an_end_without_a_result_is_an_unknown_state() -> None:
    tasks = TaskList()
    async with subscriptions(tasks, "a") as (_, [subscription]):
        tasks.put("a", "success")
        listed = await subscription.wait(LONG_S, LONG_S)
    assert listed is not None
    assert listed.state is TaskState.UNKNOWN


@in_a_loop
async def test_a_provider_without_a_list_is_polled_singly() -> None:
    warnings: list[str] = []
    poller = ListPoller(None, random.Random(1), warnings.append)  # noqa: S311 - spreads, guards nothing
    await poller.keep_polling()
    with poller.subscribe("a", 0.0, DurationStats((), None)) as subscription:
        assert subscription.polled_singly
        assert await subscription.wait(0.01, LONG_S) is None
        assert poller.polled_singly == 1


@in_a_loop
async def test_a_task_that_may_wait_for_days_is_not_hurried_while_it_waits() -> None:
    poller = ListPoller(None, random.Random(1), print)  # noqa: S311 - spreads, guards nothing
    now = asyncio.get_running_loop().time()
    durations = DurationStats((), None)
    with poller.subscribe("a", now - 60, durations, is_patient=True) as subscription:
        assert list(poller.ages())
        subscription.observe(None, status("a", TaskState.WAITING), now)
        assert subscription.waits_long
        assert not list(poller.ages())
        assert not poller.seen_waiting.is_set(), "it shows nothing of the account's places"
        subscription.observe(None, status("a", TaskState.RUNNING), now)
        assert list(poller.ages())


@in_a_loop
async def test_a_confirmed_list_is_trusted_about_running_tasks() -> None:
    tasks = TaskList()
    async with subscriptions(tasks, "a", "b") as (poller, found):
        assert await found[0].now(LONG_S) is None, "the list was not confirmed yet"
        found[0].observe(None, status("a", TaskState.RUNNING), asyncio.get_running_loop().time())
        assert poller.trusted
        listed = await found[1].now(LONG_S)
    assert listed is not None
    assert listed.state is TaskState.RUNNING


@in_a_loop
async def test_an_end_needs_no_confirmed_list() -> None:
    tasks = TaskList()
    async with subscriptions(tasks, "a") as (_, [subscription]):
        tasks.finish("a")
        listed = await subscription.now(LONG_S)
    assert listed is not None
    assert listed.state is TaskState.SUCCEEDED


@in_a_loop
async def test_without_a_list_no_state_is_returned() -> None:
    tasks = TaskList(answer=lambda: web.Response(status=404))
    async with subscriptions(tasks, "a") as (_, [subscription]):
        assert await subscription.now(LONG_S) is None
        assert await subscription.now(LONG_S) is None


@in_a_loop
async def test_a_task_of_an_earlier_run_is_polled_at_once() -> None:
    tasks = TaskList()
    tasks.put("young")
    tasks.finish("old")
    async with poller_of(tasks) as poller:
        now = asyncio.get_running_loop().time()
        known = DurationStats([600.0] * 9, None)
        with (
            poller.subscribe("young", now, known),
            poller.subscribe("old", now - 500, known) as subscription,
        ):
            assert await subscription.wait(LONG_S, LONG_S) is not None
    assert len(tasks.requests) == 1


@in_a_loop
async def test_a_list_given_up_before_it_is_due_is_not_asked() -> None:
    async with HttpClient(trust_env=False) as http:
        account = Account(
            provider="vidu", base_url="http://127.0.0.1:9", auth="token", key=None, key_env="K"
        )
        endpoint = ListEndpoint(api=vidu_tasks, account=account, http=http, rate=Rate(1000))
        source = random.Random(1)  # noqa: S311 - spreads retries, guards nothing
        poller = ListPoller(endpoint, source, lambda _: None)
        now = asyncio.get_running_loop().time()
        with poller.subscribe("1", now, DurationStats((), None)) as one:
            polling = asyncio.create_task(poller.keep_polling())
            await asyncio.sleep(0)
            poller.compare(one, status("1", TaskState.SUCCEEDED), status("1", TaskState.RUNNING))
            await polling
        assert not poller.active


@in_a_loop
async def test_a_task_ages_from_when_it_was_last_seen_to_wait() -> None:
    tasks = TaskList()
    async with subscriptions(tasks, "a") as (poller, [subscription]):
        submitted_at = subscription.started_at
        tasks.put("a", "queueing")
        await until(lambda: subscription.is_waiting)
        assert submitted_at < subscription.started_at <= subscription.answered_at
        assert not poller.seen_waiting.is_set(), "each task waits for a moment"
        await asyncio.wait_for(poller.seen_waiting.wait(), 5)
        tasks.put("a", "processing")
        await until(lambda: not subscription.is_waiting)
        began_at = subscription.started_at
        await requests(tasks, 2)
        assert subscription.started_at == began_at


@in_a_loop
async def test_what_the_list_reports_as_waiting_is_rarely_polled_singly() -> None:
    tasks = TaskList()
    async with subscriptions(tasks, "a", "b") as (_, [oldest, queued]):
        for task_id in "ab":
            tasks.put(task_id, "queueing")
        await until(lambda: oldest.is_waiting and queued.is_waiting)
        assert queued.may_queue(LONG_S)
        assert not queued.may_queue(0.0)
        assert not oldest.may_queue(LONG_S), "it tests the list"
        tasks.put("b")
        await until(lambda: not queued.is_waiting)
        assert not queued.may_queue(LONG_S)
