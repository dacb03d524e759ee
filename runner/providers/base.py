"""Provider base: builds requests with their authorization; results of account-wide queries."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from urllib.parse import quote

from runner.errors import ProviderError
from runner.model.operations import Operation, ResultForm
from runner.model.requests import Account, Auth, Reach, Reply, Request, TaskStatus
from runner.providers import parse


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRow:
    """One task in a list, with the fields that identify it."""

    status: TaskStatus
    """`UNKNOWN` where the row has no state."""
    model: str | None
    prompt: str | None
    created_at: datetime | None
    """UTC, by the provider's clock."""
    images: int | None = None
    """Number of reference images."""
    details: Mapping[str, str] = field(default_factory=dict)
    """What else it shows of the request, as text: parameter to value."""
    key_id: str | None = None
    """The provider's name for the key that the task was made with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskPage:
    """One page of an account's tasks."""

    tasks: tuple[TaskRow, ...] = ()
    next_page: str | None = None
    """The token of the next page; None on the last."""
    unreadable: int = 0
    """Rows that could not be read: with any, the list proves no absence."""
    may_continue: bool = False
    """Without `next_page`: there may be more pages all the same."""
    answered_at: datetime | None = None
    """The provider's clock when it answered."""
    throttled: Literal[False] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskStates:
    """One page of an account's tasks, reduced to which have ended."""

    active: Collection[str] = ()
    """Ids, as the provider writes them."""
    waiting: Collection[str] = ()
    """Of these, the tasks that nobody works on yet."""
    ended: Mapping[str, TaskStatus] = field(default_factory=dict)
    """By id; `UNKNOWN` where a row does not contain the result."""
    next_page: str | None = None
    """The token of the next page; None on the last."""
    throttled: Literal[False] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ListFailure:
    """Why there is no page of tasks."""

    error: str
    missing: bool = False
    """There is no list at this address."""
    key_refused: bool = False
    throttled: bool = False
    """There were too many requests."""

    @property
    def permanent(self) -> bool:
        """Asking again cannot help."""
        return self.missing or self.key_refused


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLoad:
    """How much an account works on at a time."""

    places: int | None = None
    """The most tasks that are worked on at once; None where the answer does not show it."""
    in_use: int = 0
    """The tasks that are worked on now."""
    waiting: int = 0
    """Those that wait for a place."""
    credits: int | None = None
    """What is left; None where the answer does not show it, or places are paid for instead."""
    throttled: bool = False
    """There were too many requests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelResult:
    """The answer to a request to cancel a task."""

    error: str = ""
    """Why the task was not cancelled; empty if it was."""
    throttled: bool = False
    """With `error`: there were too many requests."""
    retriable: bool = False
    """With `error`: nothing was decided, the same request may succeed later."""
    retry_after_s: float | None = None
    """With `error`: how long the provider asks to wait."""


_PREFIX: dict[Auth, str] = {"token": "Token ", "bearer": "Bearer ", "raw": ""}


def authorization(account: Account) -> dict[str, str]:
    """The header with the key; empty for an account without one.

    Raises ProviderError, which does not contain the key, for one that no header can carry.
    """
    if account.key is None:
        return {}
    key = account.key.reveal()
    # A line break in a header would begin another header.
    if not key.isascii() or not key.isprintable() or not key or key != key.strip():
        raise ProviderError(
            f"the key in {account.key_env} is not valid: it is empty, or contains a line break, "
            "a space at an end, or a character outside ASCII",
            hint=f"set {account.key_env} to the key alone, as the vendor's console shows it",
        )
    return {"Authorization": _PREFIX[account.auth] + key}


def request(
    account: Account,
    method: str,
    path: str,
    *,
    body: Mapping[str, Any] | None = None,
    media_type: str = "application/json",
) -> Request:
    """A request to the account's address. JSON bodies are UTF-8, without spaces."""
    headers = {"Accept": "application/json", **authorization(account)}
    content = None
    if body is not None:
        headers["Content-Type"] = media_type
        # NaN is no JSON: an error before the POST is better than a refusal after it.
        text = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        content = text.encode()
    return Request(method=method, url=account.base_url + path, headers=headers, body=content)


def submission(operation: Operation, body: Mapping[str, Any], account: Account) -> Request:
    """The POST that costs money, as the operation's schema file describes it."""
    return request(
        account, operation.method, operation.path, body=body, media_type=operation.media_type
    )


def lookup(account: Account, form: ResultForm, tag: str) -> Request:
    """The request for a task whose id is not known, by its tag; the form must have `by_tag`."""
    assert form.by_tag is not None
    return request(account, "GET", form.by_tag.replace("{tag}", quote(tag, safe="")))


def is_ok(reply: Reply) -> bool:
    """Whether a whole answer with a 2xx status came back."""
    return reply.reach is Reach.ANSWERED and 200 <= reply.status < 300


def is_healthy(reply: Reply) -> bool:
    """Whether the provider answered a probe: readable JSON below status 500."""
    # A documented refusal counts: it comes from the provider itself, not from a broken gateway.
    readable = reply.reach is Reach.ANSWERED and parse.json_object(reply.body) is not None
    return readable and reply.status < 500
