"""Vidu's account-wide queries: lists tasks and cancels a task.

All of it follows the vendor's public documentation; gateways may not offer it.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from runner.model.requests import Account, Reply, Request, TaskStatus
from runner.model.values import as_list
from runner.providers import base, fates, parse
from runner.providers.base import (
    AccountLoad,
    CancelResult,
    ListFailure,
    TaskPage,
    TaskRow,
    TaskStates,
)
from runner.providers.vidu import ACTIVE, WAITING, is_active, probe, read_error, read_task
from runner.timestamps import stamp

LIST_MAX = 100
"""Tasks on a page, at most."""

_DETAILS = ("resolution", "aspect_ratio", "duration")

# Rows of a full page: the size that the documentation calls the default, or the one requested.
_PAGE_SIZES = frozenset({10, LIST_MAX})


def list_tasks(
    account: Account,
    *,
    task_ids: Sequence[str] = (),
    since: datetime | None = None,
    page: str | None = None,
) -> Request:
    """The request for the named tasks, or those created since a time (by default 7 days)."""
    query: list[tuple[str, str]] = []
    if since:
        query.append(("created_at.from", stamp(since)))
    # The documentation spells "pager" in two ways: both are sent. Pages are followed by their
    # token alone: a page number in addition could skip a page.
    for pager in ("pager", "paper"):
        query.append((f"{pager}.pagesz", str(LIST_MAX)))
        if page:
            query.append((f"{pager}.page_token", page))
    parts = [*map(_task_id_parameter, task_ids), urlencode(query, quote_via=quote)]
    return base.request(account, "GET", f"/ent/v2/tasks?{'&'.join(parts)}")


@functools.lru_cache(maxsize=4096)
def _task_id_parameter(task_id: str) -> str:
    # Cached because each task is asked for again and again until it has ended.
    return f"task_ids={quote(task_id, safe='')}"


def read_list(reply: Reply) -> TaskPage | ListFailure:
    """One page; rows that cannot be read are counted."""
    value = parse.json_object(reply.body) or {}
    rows = _task_rows(value)
    if not base.is_ok(reply) or rows is None:
        return _list_failure(reply, value)
    tasks = [task for row in rows if (task := _read_row(row))]
    next_page, may_continue = _next_page(value, len(rows))
    return TaskPage(
        tasks=tuple(tasks),
        next_page=next_page,
        unreadable=len(rows) - len(tasks),
        may_continue=may_continue,
        answered_at=parse.http_date(reply.headers.get("date", "")),
    )


def read_states(reply: Reply) -> TaskStates | ListFailure:
    """The same page, reduced to which tasks have ended."""
    value = parse.json_object(reply.body) or {}
    rows = _task_rows(value)
    if not base.is_ok(reply) or rows is None:
        return _list_failure(reply, value)
    active, waiting, ended = set[str](), set[str](), dict[str, TaskStatus]()
    for row in rows:
        if not isinstance(row, dict):
            continue
        state, row_id = row.get("state"), row.get("id")
        if isinstance(row_id, str) and isinstance(state, str) and state in ACTIVE:
            active.add(row_id)  # nearly every row: pages are read ten times a second
            if state in WAITING:
                waiting.add(row_id)
        elif (task_id := parse.task_id(row_id, row.get("task_id"))) is None:
            continue
        elif is_active(row):
            active.add(task_id)
        else:
            ended[task_id] = read_task(row, task_id)
    next_page, _ = _next_page(value, len(rows))
    return TaskStates(active=active, waiting=waiting, ended=ended, next_page=next_page)


def _list_failure(reply: Reply, value: parse.JsonObject) -> ListFailure:
    error = read_error(reply, value)
    return ListFailure(
        error=f"{error.code}: {error.message}",
        missing=reply.status in {404, 405, 501},  # as gateways without the list answer
        key_refused=fates.is_key_refused(reply, error),
        throttled=fates.is_throttled(reply, error),
    )


def _task_rows(value: parse.JsonObject) -> list[Any] | None:
    """The rows, whatever the name of their field; None if the answer is not a list of tasks."""
    lists = [rows for rows in value.values() if isinstance(rows, list)]
    rows: list[Any] | None = [] if "next_page_token" in value and not lists else None
    if isinstance(value.get("tasks"), list):
        rows = value["tasks"]
    elif len(lists) == 1:
        (rows,) = lists
    return rows if rows or not _is_error(value) else None


def _is_error(value: parse.JsonObject) -> bool:
    # Errors can contain lists too, of their details.
    has_name = any(value.get(name) for name in ("reason", "err_code", "error"))
    return has_name or value.get("code") not in (None, "", 0, "0", 200, "200")


def _read_row(row: Any) -> TaskRow | None:
    if not isinstance(row, dict):
        return None
    task_id = parse.task_id(row.get("id"), row.get("task_id"))
    if task_id is None:
        return None
    prompt, images = row.get("prompt"), row.get("images")
    return TaskRow(
        status=read_task(row, task_id),
        model=parse.first_text(row.get("model"), row.get("model_version")),
        # An empty one cannot be submitted: it is left out.
        prompt=prompt if isinstance(prompt, str) and prompt else None,
        created_at=parse.moment(row.get("created_at")),
        images=len(images) if isinstance(images, list) else None,
        details={name: str(row[name]) for name in _DETAILS if row.get(name)},
        key_id=parse.task_id(row.get("key_id")),
    )


def _next_page(value: parse.JsonObject, row_count: int) -> tuple[str | None, bool]:
    """The token of the next page, and without one whether there may be more pages."""
    parents = (value, parse.child(value, "pager"))
    found = [parent["next_page_token"] for parent in parents if "next_page_token" in parent]
    token = next(filter(None, map(_read_token, found)), None)
    # The token is not readable, or a full page has no token.
    may_continue = any(found) or (not found and row_count in _PAGE_SIZES)
    return token, token is None and may_continue


def _read_token(value: Any) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return str(value)
    # Neither cut nor stripped: it is sent back as it came.
    return value if isinstance(value, str) and 0 < len(value) <= 4096 else None


def load(account: Account) -> Request:
    """The request for how much the account works on: its balance shows that too."""
    return probe(account)


def read_load(reply: Reply) -> AccountLoad:
    """What the account works on at once and has left, over all kinds of credits that it has."""
    value = parse.json_object(reply.body) or {}
    if not base.is_ok(reply):
        return AccountLoad(throttled=fates.is_throttled(reply, read_error(reply, value)))
    # The vendor's page has the first name in its sample and the second one in its table.
    found = next((value[name] for name in ("remains", "remaining_credits") if name in value), ())
    rows = [row for row in as_list(found) if isinstance(row, dict)]

    def total(name: str) -> int:
        return sum(parse.whole(row.get(name)) or 0 for row in rows)

    # Of the types test, metered and concurrent, the last one is paid by the place.
    is_counted = any(parse.whole(row.get("credit_remain")) is not None for row in rows)
    by_place = any(row.get("type") == "concurrent" for row in rows)
    return AccountLoad(
        places=total("concurrency_limit") or None,
        in_use=total("current_concurrency"),
        waiting=total("queue_count"),
        credits=total("credit_remain") if is_counted and not by_place else None,
    )


def cancel(account: Account, task_id: str) -> Request:
    """The request to cancel a task, which only succeeds while the task waits."""
    path = f"/ent/v2/tasks/{quote(task_id, safe='')}/cancel"
    return base.request(account, "POST", path, body={"id": task_id})


def read_cancel(reply: Reply) -> CancelResult:
    """Whether the task was cancelled, and if not, why."""
    if base.is_ok(reply):
        return CancelResult()
    error = read_error(reply, parse.json_object(reply.body) or {})
    reason = "it can no longer be cancelled" if error.code == "BadRequest" else error.code
    return CancelResult(
        error=f"{reason}: {error.message}",
        throttled=fates.is_throttled(reply, error),
        retriable=fates.is_retriable(reply, error),
        retry_after_s=parse.retry_after(reply.headers),
    )
