"""List queries: ask a provider's list of tasks about many task ids at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from runner.engine.net.client import HttpClient
from runner.engine.net.pacing import Rate, query
from runner.model.requests import Account, TaskStatus
from runner.providers.base import ListFailure
from runner.providers.registry import TaskListApi

MAX_CHARS = 6000  # of ids; servers commonly accept 8 KiB of address and headers


@dataclass(frozen=True, slots=True, kw_only=True)
class ListEndpoint:
    """What it takes to ask one provider's list."""

    api: TaskListApi
    account: Account
    http: HttpClient
    rate: Rate


@dataclass(frozen=True, slots=True, kw_only=True)
class ListReply:
    """What the list reported."""

    known: Collection[str] = ()
    """Ids that were asked for and have a row."""
    waiting: Collection[str] = ()
    """Of these, the tasks that nobody works on yet."""
    ended: Mapping[str, TaskStatus] = field(default_factory=dict)
    """Of these, by id, the tasks that have ended; `UNKNOWN` where a row leaves out the outcome."""
    unrequested: int = 0
    """Rows of tasks that were not asked for."""


async def query_tasks(
    endpoint: ListEndpoint, task_ids: Sequence[str], *, commas: bool = False
) -> ListReply | ListFailure:
    """Ask for these tasks, at most `LIST_MAX` of the API, and read pages until all are found.

    The vendor's documentation does not show how several ids are written: as a repeated parameter
    or, with `commas`, as one value.
    """
    values = [",".join(task_ids)] if commas else task_ids
    asked, known, ended = frozenset(task_ids), set[str](), dict[str, TaskStatus]()
    unrequested, page, waiting = 0, None, set[str]()
    while True:
        request = endpoint.api.list_tasks(endpoint.account, task_ids=values, page=page)
        states = await query(endpoint.http, endpoint.rate, request, endpoint.api.read_states)
        if isinstance(states, ListFailure):
            return states
        listed = {*states.active, *states.ended}
        new = (listed & asked) - known
        known |= new
        waiting |= new.intersection(states.waiting)
        ended |= {task_id: states.ended[task_id] for task_id in new & states.ended.keys()}
        unrequested += len(listed - asked)
        page = states.next_page
        # Pages need not end, nor be of the size asked for: one without news is the last.
        if page is None or not new or len(known) == len(asked):
            return ListReply(known=known, waiting=waiting, ended=ended, unrequested=unrequested)


def batches(task_ids: Iterable[str], most: int) -> Iterator[list[str]]:
    """Split ids into as many as one request holds, at most `most`."""
    batch, length = list[str](), 0
    for task_id in task_ids:
        added = len(task_id) + len("&task_ids=")
        if batch and (len(batch) == most or length + added > MAX_CHARS):
            yield batch
            batch, length = [], 0
        batch.append(task_id)
        length += added
    if batch:
        yield batch
