"""What an API with a view over its account tells: lists of tasks, and what is left."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol, TypeAlias

from runner.errors import ProviderError
from runner.model import Account, Operation, Reach, Reply, Request, Submission, TaskStatus, Unit
from runner.providers import parse
from runner.providers.fates import Codes


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRow:
    """One task in a list, with what tells it from others."""

    status: TaskStatus
    """`UNKNOWN` where the row says nothing of its state."""
    model: str | None
    prompt: str | None
    created_at: datetime | None
    """UTC, by the provider's clock."""
    images: int | None = None
    """How many reference images it has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskPage:
    """One page of an account's tasks, or why there is none."""

    tasks: tuple[TaskRow, ...] = ()
    next_page: str | None = None
    """The token of the next page; None on the last."""
    unread: int = 0
    """Rows that could not be read: with any, the list proves no absence."""
    endless: bool = False
    """Without `next_page`: nothing says that this is the last page, and it may not be."""
    at: datetime | None = None
    """The provider's clock when it answered."""
    trouble: str = ""
    """Why there is no page; empty when there is."""
    missing: bool = False
    """With `trouble`: there is no list at this address."""
    fatal: bool = False
    """With `trouble`: the key was refused."""
    throttled: bool = False
    """With `trouble`: there were too many requests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskStates:
    """One page of an account's tasks, as far as it tells which have ended."""

    under_way: Collection[str] = ()
    """Ids, as they came."""
    over: Mapping[str, TaskStatus] = field(default_factory=dict)
    """By id, those that have ended or say so; `UNKNOWN` where a row leaves out what came of it."""
    next_page: str | None = None
    """The token of the next page; None on the last."""
    trouble: str = ""
    """Why there is no page; empty when there is."""
    hopeless: bool = False
    """With `trouble`: there is no list at this address, or not for this key."""
    throttled: bool = False
    """With `trouble`: there were too many requests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What an account has left and may do at a time; None for what the answer does not tell."""

    credits: int | None = None
    concurrency_limit: int | None = None
    in_flight: int | None = None
    queued: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelResult:
    """What came of the wish to have a task not made."""

    trouble: str = ""
    """Why it was not cancelled; empty when it was."""
    throttled: bool = False
    """With `trouble`: there were too many requests."""
    passing: bool = False
    """With `trouble`: it may be granted when it is asked for again."""
    retry_after_s: float | None = None
    """With `trouble`: how long the provider asks to be left alone."""


class TaskListApi(Protocol):
    """What an API with a view over its account offers besides: one module of pure functions."""

    def list_tasks(
        self,
        account: Account,
        *,
        task_ids: Sequence[str] = (),
        since: datetime | None = None,
        until: datetime | None = None,
        page: str | None = None,
    ) -> Request:
        """The question after many tasks: at most `LIST_MAX` named ones, or all of a time."""

    def read_list(self, reply: Reply) -> TaskPage:
        """One page of the answer."""

    def read_states(self, reply: Reply) -> TaskStates:
        """The same page, read as little as it takes to tell which tasks have ended."""

    def cancel(self, account: Account, task_id: str) -> Request:
        """The wish to have a task not made."""

    def read_cancel(self, reply: Reply) -> CancelResult:
        """What came of it."""

    def balance(self, account: Account) -> Request:
        """The question after what is left."""

    def read_balance(self, reply: Reply) -> Balance | None:
        """What is left; None when the answer cannot be read."""


Auth: TypeAlias = Literal["token", "bearer", "raw"]


class Provider(Protocol):
    """One API, as a module of pure functions; copy `vidu.py` to add the next."""

    NAME: str
    DEFAULT_BASE_URL: str
    HOSTS: frozenset[str]
    """The vendor's own hosts, to which the vendor's key may go."""
    KEY_ENV: str
    BASE_URL_ENV: str
    CODES: Codes
    """What is known of its error codes."""
    UNIT: Unit
    """What it bills in."""
    REPORTS_PRICE: bool
    """Its answers tell what a task cost."""

    def default_auth(self, base_url: str) -> Auth:
        """How the key is written for that address."""

    def submission(
        self, operation: Operation, body: Mapping[str, Any], account: Account
    ) -> Request:
        """The POST that pays."""

    def read_submission(self, reply: Reply) -> Submission:
        """What became of it."""

    def status(self, account: Account, task_id: str) -> Request:
        """The question after one task."""

    def probe(self, account: Account) -> Request:
        """A question that costs nothing, for the time after an outage; see `answers_well`."""

    def read_status(self, reply: Reply, task_id: str) -> TaskStatus:
        """What the answer says of it."""


def authorization(account: Account) -> dict[str, str]:
    """The header that carries the key; empty without one.

    Raises ProviderError for a key that no header can carry, without showing it.
    """
    if account.key is None:
        return {}
    key = account.key.reveal()
    if not key.isascii() or not key.isprintable() or not key or key != key.strip():
        raise ProviderError(
            f"the key in {account.key_env} cannot be one: it is empty, or has a line break, "
            "a space at an end, or a character outside ASCII",
            hint=f"set {account.key_env} to the key alone, as the vendor's console shows it",
        )
    return {"Authorization": _PREFIX[account.auth] + key}


_PREFIX: dict[Auth, str] = {"token": "Token ", "bearer": "Bearer ", "raw": ""}


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
    sent = None
    if body is not None:
        headers["Content-Type"] = media_type
        sent = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    return Request(method=method, url=account.base_url + path, headers=headers, body=sent)


def is_success(reply: Reply) -> bool:
    """Whether the answer to a probe is the provider's own: readable, and no server error.

    A refusal counts: who refuses in the documented form is there.
    """
    readable = reply.reach is Reach.ANSWERED and parse.json_object(reply.body) is not None
    return readable and reply.status < 500
