"""Vidu's list of tasks: a query's filters and paging to the tasks it means.

The vendor's page spells the paging both `pager.` and `paper.`; both are taken. It states no
order: ours is newest first, and a page token stays right while tasks are added.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Protocol

from runner.emulator.api.errors import invalid
from runner.emulator.state.store import Store
from runner.emulator.state.tasks import Phase, Task

_DAYS = 7
"""Without `created_at.from`, tasks of so many days."""
_PAGE, _LARGEST_PAGE = 10, 100


class Query(Protocol):
    """The part of a multidict that is needed here."""

    def getall(self, key: str, default: list[str], /) -> list[str]:
        """Every value of a repeated name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which tasks are meant; an empty set means all."""

    since_ns: int
    until_ns: int
    task_ids: frozenset[str]
    states: frozenset[str]
    resolutions: frozenset[str]
    models: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Which of them."""

    size: int
    skip: int
    below: int | None
    """Only tasks before this place in the order of making."""


def read_filters(query: Query, now_ns: int) -> Filters:
    """The filters of a query; RefusedError for values that cannot be."""
    start = _last(query, "created_at.from")
    end = _last(query, "created_at.to")
    week = int(timedelta(days=_DAYS).total_seconds()) * 10**9
    states = _many(query, "states")
    if unknown := states - {phase.value for phase in Phase}:
        raise invalid(f"states: {', '.join(sorted(unknown))} is none")
    return Filters(
        since_ns=_moment(start, "created_at.from") if start else now_ns - week,
        until_ns=_moment(end, "created_at.to") if end else 2**63,
        task_ids=_many(query, "task_ids"),
        states=states,
        resolutions=_many(query, "resolutions"),
        models=_many(query, "model_versions"),
    )


def read_page(query: Query) -> Page:
    """The paging of a query; a page token wins over a page number."""
    token = _pager(query, "page_token")
    size = _number(_pager(query, "pagesz") or str(_PAGE), "pager.pagesz")
    number = _number(_pager(query, "page") or "1", "pager.page")
    if not 1 <= size <= _LARGEST_PAGE:
        raise invalid(f"pager.pagesz must be from 1 to {_LARGEST_PAGE}")
    if token:
        return Page(size=size, skip=0, below=_number(token.removeprefix("p"), "pager.page_token"))
    return Page(size=size, skip=max(0, number - 1) * size, below=None)


def select(store: Store, filters: Filters, page: Page, now_ns: int) -> tuple[list[Task], str]:
    """The tasks of a page, and the token of the next one (empty after the last)."""
    places = _places(store, filters, page, now_ns)
    found = list(islice(places, page.skip, page.skip + page.size + 1))
    shown = found[: page.size]
    token = f"p{shown[-1][0]}" if len(found) > page.size else ""
    return [task for _, task in shown], token


def _places(store: Store, filters: Filters, page: Page, now_ns: int) -> Iterator[tuple[int, Task]]:
    """Place and task of all that pass the filters, newest first."""
    for place in _candidates(store, filters):
        if page.below is None or place < page.below:
            task = store.at("vidu", place)
            if _passes(task, filters, now_ns):
                yield place, task


def _candidates(store: Store, filters: Filters) -> Iterable[int]:
    """Places newest first: of the ids asked for, where there are any, without a walk over all."""
    if not filters.task_ids:
        return range(store.count("vidu") - 1, -1, -1)
    places = (store.place_of("vidu", task_id) for task_id in filters.task_ids)
    return sorted((place for place in places if place is not None), reverse=True)


def _passes(task: Task, filters: Filters, now_ns: int) -> bool:
    wanted = (
        (task.phase(now_ns).value, filters.states),
        (task.order.resolution, filters.resolutions),
        (task.order.model, filters.models),
    )
    return filters.since_ns <= task.made_ns <= filters.until_ns and all(
        not names or value in names for value, names in wanted
    )


def _last(query: Query, name: str) -> str:
    return next(iter(reversed(query.getall(name, []))), "")


def _pager(query: Query, name: str) -> str:
    return _last(query, f"pager.{name}") or _last(query, f"paper.{name}")


def _many(query: Query, name: str) -> frozenset[str]:
    """Values of a name, given several times or with commas or with `[]` after the name."""
    values = [*query.getall(name, []), *query.getall(f"{name}[]", [])]
    return frozenset(part.strip() for value in values for part in value.split(",")) - {""}


def _number(text: str, name: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise invalid(f"{name} is not valid")
    return int(text)


def _moment(text: str, name: str) -> int:
    """RFC 3339 to nanoseconds; a time without a zone is UTC."""
    try:
        moment = datetime.fromisoformat(text)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return (aware - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000
    except (ValueError, OverflowError) as error:
        raise invalid(f"{name} must be a time such as 2026-01-20T07:08:12Z") from error
