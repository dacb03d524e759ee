"""Vidu's view over an account: its tasks, its balance, and the cancelling of a task.

All of it follows the vendor's public documentation; a gateway may offer none of it.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from runner.model import Account, ErrorClass, Reach, Reply, Request, TaskStatus
from runner.providers import base, fates, parse
from runner.providers.base import Balance, CancelResult, TaskPage, TaskRow, TaskStates
from runner.providers.vidu import UNDER_WAY, api_error_of, is_under_way, read_task
from runner.timestamps import stamp

LIST_MAX = 100
"""Tasks a page holds at most."""


def list_tasks(
    account: Account,
    *,
    task_ids: Sequence[str] = (),
    since: datetime | None = None,
    until: datetime | None = None,
    page: str | None = None,
) -> Request:
    """The question after the tasks named, or made in a time (the provider's default: 7 days).

    The documentation spells the pager in two ways: both are sent. Pages are followed by their
    token alone, for a page's number on top of it could skip one.
    """
    asked: list[tuple[str, str]] = []
    if since:
        asked.append(("created_at.from", stamp(since)))
    if until:
        asked.append(("created_at.to", stamp(until)))
    for pager in ("pager", "paper"):
        asked.append((f"{pager}.pagesz", str(LIST_MAX)))
        if page:
            asked.append((f"{pager}.page_token", page))
    query = "&".join([*map(_named, task_ids), urlencode(asked, quote_via=quote)])
    return base.request(account, "GET", f"/ent/v2/tasks?{query}")


@functools.lru_cache(maxsize=4096)
def _named(task_id: str) -> str:
    """A task's part of the question, which is put again and again until it has ended."""
    return f"task_ids={quote(task_id, safe='')}"


def read_list(reply: Reply) -> TaskPage:
    """One page of the answer; rows that cannot be read are counted."""
    value = parse.json_object(reply.body) or {}
    rows = _rows_of(value)
    if not _is_page(reply) or rows is None:
        fault = api_error_of(reply, value)
        barred = fault.known is not None and fault.known.class_ is ErrorClass.AUTH
        return TaskPage(
            trouble=f"{fault.code}: {fault.message}",
            missing=reply.status in {404, 405, 501},
            fatal=barred or reply.status in {401, 403},
            throttled=fates.throttled(reply, fault),
        )
    tasks = [task for row in rows if (task := _listed(row))]
    return TaskPage(
        tasks=tuple(tasks),
        next_page=_next_page(value),
        unread=len(rows) - len(tasks),
        endless=_may_go_on(value, len(rows)),
        at=parse.http_date(reply.headers.get("date", "")),
    )


def read_states(reply: Reply) -> TaskStates:
    """The same, as far as it tells which tasks have ended.

    Asked ten times a second, hardly any row has news: of most of them two fields are looked at.
    """
    value = parse.json_object(reply.body) or {}
    rows = _rows_of(value)
    if not _is_page(reply) or rows is None:
        page = read_list(reply)
        return TaskStates(
            trouble=page.trouble,
            hopeless=page.missing or page.fatal,
            throttled=page.throttled,
        )
    under_way, over = set[str](), dict[str, TaskStatus]()
    for row in rows:
        if not isinstance(row, dict):
            continue
        state, named = row.get("state"), row.get("id")
        if isinstance(named, str) and isinstance(state, str) and state in UNDER_WAY:
            under_way.add(named)  # the usual row, at the least cost
        elif (task_id := parse.task_id(row.get("id"), row.get("task_id"))) is None:
            continue
        elif is_under_way(row):
            under_way.add(task_id)
        else:
            over[task_id] = read_task(row, task_id)
    return TaskStates(under_way=under_way, over=over, next_page=_next_page(value))


def _is_page(reply: Reply) -> bool:
    return reply.reach is Reach.ANSWERED and 200 <= reply.status < 300


def _next_page(value: parse.JsonObject) -> str | None:
    return next(filter(None, map(_token, _tokens(value))), None)


def _may_go_on(value: parse.JsonObject, rows: int) -> bool:
    """Whether there may be more pages although none is named.

    What stands in the token's place can be no token, or a full page comes without any.
    """
    said = _tokens(value)
    if any(said):
        return _next_page(value) is None
    return not said and rows in _PAGES


_PAGES = frozenset({10, LIST_MAX})
"""Rows of a full page: of the size that the documentation calls the default, or the one asked."""


def _tokens(value: parse.JsonObject) -> list[Any]:
    places = (value, parse.child(value, "pager"))
    return [place["next_page_token"] for place in places if "next_page_token" in place]


def _rows_of(value: parse.JsonObject) -> list[Any] | None:
    """The rows, whatever their name; empty only where the answer is a list's all the same."""
    lists = [rows for rows in value.values() if isinstance(rows, list)]
    rows: list[Any] | None = [] if "next_page_token" in value and not lists else None
    if isinstance(value.get("tasks"), list):
        rows = value["tasks"]
    elif len(lists) == 1:
        (rows,) = lists
    return rows if rows or not _is_error(value) else None


def _is_error(value: parse.JsonObject) -> bool:
    """Whether an answer is an error by its body: these have lists as well, of their details."""
    named = any(value.get(name) for name in ("reason", "err_code", "error"))
    return named or value.get("code") not in _NO_ERROR


_NO_ERROR = (None, "", 0, "0", 200, "200")


def _token(value: Any) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return str(value)
    # Not cut and not stripped: it goes back as it came.
    return value if isinstance(value, str) and 0 < len(value) <= 4096 else None


def _listed(row: Any) -> TaskRow | None:
    if not isinstance(row, dict):
        return None
    task_id = parse.task_id(row.get("id"), row.get("task_id"))
    if task_id is None:
        return None
    prompt, images = row.get("prompt"), row.get("images")
    return TaskRow(
        status=read_task(row, task_id),
        model=parse.first_text(row.get("model"), row.get("model_version")),
        prompt=prompt if isinstance(prompt, str) else None,
        created_at=parse.moment(row.get("created_at")),
        images=len(images) if isinstance(images, list) else None,
    )


def cancel(account: Account, task_id: str) -> Request:
    """The wish to have a task not made; granted only while it waits."""
    path = f"/ent/v2/tasks/{quote(task_id, safe='')}/cancel"
    return base.request(account, "POST", path, body={"id": task_id})


def read_cancel(reply: Reply) -> CancelResult:
    """Whether the task was cancelled, and why not."""
    if reply.reach is Reach.ANSWERED and 200 <= reply.status < 300:
        return CancelResult()
    fault = api_error_of(reply, parse.json_object(reply.body) or {})
    late = fault.code == "BadRequest"
    return CancelResult(
        trouble=f"{'it is past cancelling' if late else fault.code}: {fault.message}",
        throttled=fates.throttled(reply, fault),
        passing=fates.passing(reply, fault),
        retry_after_s=parse.retry_after(reply.headers),
    )


def balance(account: Account) -> Request:
    """The question after the account's credits and limits."""
    return base.request(account, "GET", "/ent/v2/credits")


def read_balance(reply: Reply) -> Balance | None:
    """What is left, over all kinds of credit together; None when the answer cannot be read."""
    value = parse.json_object(reply.body)
    if reply.reach is not Reach.ANSWERED or not 200 <= reply.status < 300 or value is None:
        return None
    rows = _rows(value.get("remains"))
    rows = rows or _rows(value.get("general_remains")) + _rows(value.get("exclusive_remains"))
    if not rows:
        return None
    return Balance(
        credits=_sum(rows, "credit_remain"),
        concurrency_limit=_sum(rows, "concurrency_limit"),
        in_flight=_sum(rows, "current_concurrency"),
        queued=_sum(rows, "queue_count"),
    )


def _rows(value: Any) -> list[parse.JsonObject]:
    """Kinds of credit: a list of objects, one object, or a bare number of credits."""
    if parse.whole(value) is not None:
        return [{"credit_remain": value}]
    rows = value if isinstance(value, list) else [value]
    return [row for row in rows if isinstance(row, dict)]


def _sum(rows: list[parse.JsonObject], key: str) -> int | None:
    told = [number for row in rows if (number := parse.whole(row.get(key))) is not None]
    return sum(told) if told else None
