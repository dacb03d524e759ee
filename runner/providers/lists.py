"""What an API with a view over its account tells: lists of tasks, and what is left."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from runner.model import Account, Reply, Request, TaskStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
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
class Listing:
    """One page of an account's tasks, or why there is none."""

    tasks: tuple[Listed, ...] = ()
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
class States:
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
class Cancelling:
    """What came of the wish to have a task not made."""

    trouble: str = ""
    """Why it was not cancelled; empty when it was."""
    throttled: bool = False
    """With `trouble`: there were too many requests."""
    passing: bool = False
    """With `trouble`: it may be granted when it is asked for again."""
    retry_after_s: float | None = None
    """With `trouble`: how long the provider asks to be left alone."""


class Lister(Protocol):
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

    def read_list(self, reply: Reply) -> Listing:
        """One page of the answer."""

    def read_states(self, reply: Reply) -> States:
        """The same page, read as little as it takes to tell which tasks have ended."""

    def cancel(self, account: Account, task_id: str) -> Request:
        """The wish to have a task not made."""

    def read_cancel(self, reply: Reply) -> Cancelling:
        """What came of it."""

    def balance(self, account: Account) -> Request:
        """The question after what is left."""

    def read_balance(self, reply: Reply) -> Balance | None:
        """What is left; None when the answer cannot be read."""
