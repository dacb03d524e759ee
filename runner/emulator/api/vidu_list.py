"""Vidu task list: selects the tasks of one page by the filters and paging of a query.

The vendor's page spells the paging both `pager.` and `paper.`; both are accepted. It states no
order: ours is newest first, and a page token stays valid while tasks are added.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TypeAlias

from runner.emulator.api.errors import invalid
from runner.emulator.state.store import Store
from runner.emulator.state.tasks import Phase, Task

_WEEK_NS = 7 * 86_400 * 10**9  # how far the list goes back without `created_at.from`
_PAGE_SIZE, _LARGEST_PAGE_SIZE = 10, 100

Query: TypeAlias = Mapping[str, list[str]]
"""Every value of each name in a URL's query."""


def select(store: Store, query: Query, now_ns: int) -> tuple[list[Task], str]:
    """The tasks of a page, newest first, and the token of the next page (empty after the last).

    Raises ApiError for an invalid query.
    """
    matches, (size, skip) = _filter(query, now_ns), _paging(query)
    tasks = filter(matches, _candidates(store, query))
    # One more than the page holds shows whether there is a next page.
    found = list(islice(tasks, skip, skip + size + 1))
    shown = found[:size]
    return shown, f"p{shown[-1].id}" if len(found) > size else ""


def _filter(query: Query, now_ns: int) -> Callable[[Task], bool]:
    start, end = _last(query, "created_at.from"), _last(query, "created_at.to")
    states = _all(query, "states")
    if unknown := states - {phase.value for phase in Phase}:
        raise invalid(f"states contains unknown values: {', '.join(sorted(unknown))}")
    since_ns = _nanoseconds(start, "created_at.from") if start else now_ns - _WEEK_NS
    until_ns = _nanoseconds(end, "created_at.to") if end else 2**63
    resolutions, models = _all(query, "resolutions"), _all(query, "model_versions")

    def matches(task: Task) -> bool:
        return (
            since_ns <= task.made_ns <= until_ns
            and (not states or task.phase(now_ns) in states)
            and (not resolutions or task.order.resolution in resolutions)
            and (not models or task.order.model in models)
        )

    return matches


def _paging(query: Query) -> tuple[int, int]:
    """The size of a page, and the number of tasks before it."""
    size = _number(_pager(query, "pagesz") or str(_PAGE_SIZE), "pager.pagesz")
    page = _number(_pager(query, "page") or "1", "pager.page")
    if not 1 <= size <= _LARGEST_PAGE_SIZE:
        raise invalid(f"pager.pagesz must be from 1 to {_LARGEST_PAGE_SIZE}")
    # A token has precedence over the number of a page.
    return size, 0 if _pager(query, "page_token") else max(0, page - 1) * size


def _candidates(store: Store, query: Query) -> Iterable[Task]:
    """Newest first, the tasks with the given ids or all, only those after the page of the token."""
    task_ids, token = _all(query, "task_ids"), _pager(query, "page_token")
    if task_ids:
        # Clients ask for a few ids at every poll: that must not walk over all tasks.
        found = filter(None, map(store.any_task, task_ids))
        tasks: Iterable[Task] = sorted(found, key=lambda task: int(task.id), reverse=True)
    else:
        tasks = store.newest_first()
    # Ids grow in the order of making, so the id of a page's last task is the token of the next.
    below = _number(token.removeprefix("p"), "pager.page_token", digits=19) if token else 2**64
    return (task for task in tasks if task.order.api == "vidu" and int(task.id) < below)


def _last(query: Query, name: str) -> str:
    return query.get(name, [""])[-1]


def _pager(query: Query, name: str) -> str:
    return _last(query, f"pager.{name}") or _last(query, f"paper.{name}")


def _all(query: Query, name: str) -> frozenset[str]:
    """Values of a name that is repeated, has commas in its value or `[]` after it."""
    values = [*query.get(name, []), *query.get(f"{name}[]", [])]
    return frozenset(part.strip() for value in values for part in value.split(",")) - {""}


def _number(text: str, name: str, digits: int = 9) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= digits):
        raise invalid(f"{name} is not valid")
    return int(text)


def _nanoseconds(text: str, name: str) -> int:
    """RFC 3339 to nanoseconds since 1970, to the microsecond; a time without a zone is UTC."""
    try:
        moment = datetime.fromisoformat(text)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return (aware - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000
    except (ValueError, OverflowError) as error:
        raise invalid(f"{name} must be a time such as 2026-01-20T07:08:12Z") from error
