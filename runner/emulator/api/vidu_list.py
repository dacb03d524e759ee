"""Vidu task list: reads filters and paging from a query and selects the tasks of one page.

The vendor's page spells the paging both `pager.` and `paper.`; both are accepted. It states no
order: ours is newest first, and a page token stays valid while tasks are added.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TypeAlias

from runner.emulator.api.errors import invalid
from runner.emulator.state.store import Store
from runner.emulator.state.tasks import Phase, Task

_WEEK_NS = 7 * 86_400 * 10**9  # how far the list goes back without `created_at.from`
_PAGE_SIZE, _LARGEST_PAGE_SIZE = 10, 100

Fields: TypeAlias = Mapping[str, list[str]]
"""The fields of a URL's query: every value of each name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskQuery:
    """Which tasks to list; an empty set means all."""

    since_ns: int
    until_ns: int
    task_ids: frozenset[str]
    states: frozenset[str]
    resolutions: frozenset[str]
    models: frozenset[str]
    size: int
    """Tasks on a page."""
    skip: int
    """Matching tasks on the pages before."""
    below: int | None
    """Only tasks before this position in the order of making; None for a page by number."""

    def match(self, task: Task, now_ns: int) -> bool:
        """Whether the list contains the task; `task_ids` are for `_candidates`."""
        pairs = (
            (task.phase(now_ns).value, self.states),
            (task.order.resolution, self.resolutions),
            (task.order.model, self.models),
        )
        return self.since_ns <= task.made_ns <= self.until_ns and all(
            not allowed or value in allowed for value, allowed in pairs
        )


def read_query(fields: Fields, now_ns: int) -> TaskQuery:
    """The filters and paging in the fields of a query; raises ApiError for invalid values."""
    start = _last(fields, "created_at.from")
    end = _last(fields, "created_at.to")
    states = _all(fields, "states")
    if unknown := states - {phase.value for phase in Phase}:
        raise invalid(f"states: {', '.join(sorted(unknown))} is none")
    since_ns = _nanoseconds(start, "created_at.from") if start else now_ns - _WEEK_NS
    until_ns = _nanoseconds(end, "created_at.to") if end else 2**63
    token = _pager(fields, "page_token")
    size = _number(_pager(fields, "pagesz") or str(_PAGE_SIZE), "pager.pagesz")
    page = _number(_pager(fields, "page") or "1", "pager.page")
    if not 1 <= size <= _LARGEST_PAGE_SIZE:
        raise invalid(f"pager.pagesz must be from 1 to {_LARGEST_PAGE_SIZE}")
    return TaskQuery(
        since_ns=since_ns,
        until_ns=until_ns,
        task_ids=_all(fields, "task_ids"),
        states=states,
        resolutions=_all(fields, "resolutions"),
        models=_all(fields, "model_versions"),
        size=size,
        skip=0 if token else max(0, page - 1) * size,  # a token has precedence
        below=_number(token.removeprefix("p"), "pager.page_token") if token else None,
    )


def select(store: Store, query: TaskQuery, now_ns: int) -> tuple[list[Task], str]:
    """The tasks of a page, and the token of the next one (empty after the last)."""
    # One more than the page holds shows whether there is a next page.
    found = list(islice(_matches(store, query, now_ns), query.skip, query.skip + query.size + 1))
    shown = found[: query.size]
    token = f"p{shown[-1][0]}" if len(found) > query.size else ""
    return [task for _, task in shown], token


def _matches(store: Store, query: TaskQuery, now_ns: int) -> Iterator[tuple[int, Task]]:
    """Position and task of all that match, newest first."""
    for position in _candidates(store, query.task_ids):
        if query.below is None or position < query.below:
            task = store.at("vidu", position)
            if query.match(task, now_ns):
                yield position, task


def _candidates(store: Store, task_ids: Iterable[str]) -> Iterable[int]:
    """Positions newest first, of the given ids or of all tasks."""
    if not task_ids:
        return range(store.count("vidu") - 1, -1, -1)
    # Clients ask for a few ids at every poll: that must not walk over all tasks.
    positions = (store.position_of("vidu", task_id) for task_id in task_ids)
    return sorted((position for position in positions if position is not None), reverse=True)


def _last(fields: Fields, name: str) -> str:
    return fields.get(name, [""])[-1]


def _pager(fields: Fields, name: str) -> str:
    return _last(fields, f"pager.{name}") or _last(fields, f"paper.{name}")


def _all(fields: Fields, name: str) -> frozenset[str]:
    """Values of a name that is repeated, has commas in its value or `[]` after it."""
    values = [*fields.get(name, []), *fields.get(f"{name}[]", [])]
    return frozenset(part.strip() for value in values for part in value.split(",")) - {""}


def _number(text: str, name: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
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
