"""One question after many tasks: their ids in, what a provider's list says of them out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from runner.engine.http import Http
from runner.engine.limits import Rate
from runner.model import Account
from runner.providers.lists import Listed, Lister

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

    rows: Mapping[str, Listed] = field(default_factory=dict)
    """By task id; of those asked after."""
    strangers: int = 0
    """Rows of tasks that were not asked after."""
    trouble: str = ""
    """Why this is no answer, or not all of it; empty when it is."""
    hopeless: bool = False
    """With `trouble`: there is no list at this address, or not for this key."""


async def call(line: Line, task_ids: Sequence[str], *, commas: bool = False) -> Answer:
    """Ask after these tasks, at most `MOST`, and read on until all are found or the pages end.

    A page that brings nothing new is the last: pages need not end, nor be of the size asked for.
    The documentation does not say how several ids are written: as a repeated name, or with
    `commas` in one.
    """
    named = [",".join(task_ids)] if commas else task_ids
    asked, rows = frozenset(task_ids), dict[str, Listed]()
    strangers, page = 0, None
    while True:
        await line.rate.acquire()
        request = line.lister.list_tasks(line.account, task_ids=named, page=page)
        reply = await line.http.send(request, submission=False)
        listing = line.lister.read_list(reply)
        line.rate.note(throttled=listing.throttled)
        if listing.trouble:
            hopeless = listing.missing or listing.fatal
            return Answer(
                rows=rows, strangers=strangers, trouble=listing.trouble, hopeless=hopeless
            )
        known = len(rows)
        for task in listing.tasks:
            if task.status.task_id in asked:
                rows[task.status.task_id] = task
            else:
                strangers += 1
        page = listing.next_page
        if page is None or len(rows) in (known, len(asked)):
            return Answer(rows=rows, strangers=strangers)


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
