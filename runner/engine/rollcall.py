"""One question after many tasks: their ids in, what a provider's list says of them out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from runner.engine.http import Http
from runner.engine.limits import Rate
from runner.model import Account, TaskStatus
from runner.providers.lists import Lister

MOST = 100
"""Tasks asked after at once: a page of Vidu's list."""
LONGEST = 6000
"""Characters of ids in one question; servers commonly take 8 KiB of address and headers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The way to one provider's list."""

    lister: Lister
    account: Account
    http: Http
    rate: Rate


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the list said."""

    known: Collection[str] = ()
    """Of the tasks asked after, those it tells of."""
    over: Mapping[str, TaskStatus] = field(default_factory=dict)
    """Of these, by id, those that have ended or say so."""
    strangers: int = 0
    """Rows of tasks that were not asked after."""
    trouble: str = ""
    """Why this is no answer; empty when it is one."""
    hopeless: bool = False
    """With `trouble`: there is no list at this address, or not for this key."""


async def call(line: Line, task_ids: Sequence[str], *, commas: bool = False) -> Answer:
    """Ask after these tasks, at most `MOST`, and read on until all are found or the pages end.

    A page that brings nothing new is the last: pages need not end, nor be of the size asked for.
    The documentation does not say how several ids are written: as a repeated name, or with
    `commas` in one.
    """
    named = [",".join(task_ids)] if commas else task_ids
    asked, known, over = frozenset(task_ids), set[str](), dict[str, TaskStatus]()
    strangers, page = 0, None
    while True:
        await line.rate.acquire()
        request = line.lister.list_tasks(line.account, task_ids=named, page=page)
        states = line.lister.read_states(await line.http.send(request, submission=False))
        line.rate.note(throttled=states.throttled)
        if states.trouble:
            return Answer(trouble=states.trouble, hopeless=states.hopeless)
        told = {*states.under_way, *states.over}
        fresh = (told & asked) - known
        known |= fresh
        over |= {task_id: states.over[task_id] for task_id in fresh & states.over.keys()}
        strangers += len(told - asked)
        page = states.next_page
        if page is None or not fresh or len(known) == len(asked):
            return Answer(known=known, over=over, strangers=strangers)


def portions(task_ids: Iterable[str]) -> Iterator[list[str]]:
    """As many ids as one question holds at a time."""
    portion, length = list[str](), 0
    for task_id in task_ids:
        length += len(task_id) + len("&task_ids=")
        if portion and (len(portion) == MOST or length > LONGEST):
            yield portion
            portion, length = [], len(task_id)
        portion.append(task_id)
    if portion:
        yield portion
