"""What goes to a provider and comes back: requests, replies, submissions, states of tasks."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from runner.errors import Secret

Auth: TypeAlias = Literal["token", "bearer", "raw"]
"""The form of the `Authorization` header: `Token KEY`, `Bearer KEY` or the key alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One way into one provider: address, key and its limits."""

    provider: str
    base_url: str
    """Without a trailing slash."""
    auth: Auth
    key: Secret | None
    key_env: str
    """Name of the environment variable the key came from, for messages and the ledger."""
    concurrency: int | None = None
    """The most tasks in flight here; None for the run's own number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """An HTTP request to a provider, complete but for its travel."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    """Includes the authorization, hence not in the repr."""
    body: bytes | None = field(default=None, repr=False)


class Reach(enum.Enum):
    """How far a request got."""

    NOT_SENT = "not sent"
    """No connection was made, or fewer bytes of the body were written than announced."""
    UNTRUSTED = "untrusted"
    """The server's certificate did not verify; nothing was sent."""
    SENT = "sent"
    """It may have arrived; no whole answer came back."""
    ANSWERED = "answered"
    """A status and a whole body came back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back of a request."""

    reach: Reach
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case."""
    body: bytes = b""
    error: str = ""
    """The network error, for the user; empty for `Reach.ANSWERED`."""


class ErrorClass(enum.StrEnum):
    """Who can mend a failure."""

    INPUT = "input"
    POLICY = "policy"
    QUOTA = "quota"
    AUTH = "auth"
    PROVIDER = "provider"
    TRANSIENT = "transient"


class Billed(enum.StrEnum):
    """Whether a failed attempt cost money."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobError:
    """Why a job failed, in the provider's words and in ours."""

    code: str
    message: str
    class_: ErrorClass
    billed: Billed


CANCELLED = "UserCancelled"
"""The code of a task that its user cancelled; Vidu's own `err_code` of such a task."""
DECLARED_LOST = "declared_lost"
"""The code of a submission of unknown fate that the user has given up."""
RESULT_GONE = "result_gone"
"""The code of a job whose result was paid for and cannot be had any more."""


class Fate(enum.Enum):
    """What became of a submission (the table of "paying once")."""

    NOT_SENT = "not sent"
    """It did not arrive: send again."""
    WRONG_ADDRESS = "wrong address"
    """Nothing that takes submissions is there: this provider stops."""
    SUBMITTED = "submitted"
    BUSY = "busy"
    """Refused for now: send again later."""
    REFUSED = "refused"
    """Refused for good, unbilled."""
    STOPPED = "stopped"
    """Refused for a reason that every other submission shares (key, credit)."""
    AMBIGUOUS = "ambiguous"
    """It may have been accepted: never send again blindly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What the answer to a submission means."""

    fate: Fate
    task_id: str | None = None
    seed: int | None = None
    """The seed the provider says it used."""
    credits: int | None = None
    error: JobError | None = None
    narrow: bool = False
    """With `Fate.BUSY`: there are too many tasks in flight (not: too many requests)."""
    retry_after_s: float | None = None
    trace_id: str | None = None


class TaskState(enum.Enum):
    """What a provider says of a task."""

    WAITING = "waiting"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    GONE = "gone"
    """The provider does not know it (any more, or yet)."""
    UNKNOWN = "unknown"
    """The answer says nothing about it: ask again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskStatus:
    """What the answer to a status request tells of one task."""

    task_id: str
    state: TaskState
    seed: int | None = None
    credits: int | None = None
    usage: Mapping[str, Any] = field(default_factory=dict)
    urls: tuple[str, ...] = ()
    """Every result, in order."""
    error: JobError | None = None
    tag: str | None = None
    """The text that travelled in the operation's tag parameter, where it comes back."""
    retry_after_s: float | None = None
    detail: str = ""
    """With `TaskState.UNKNOWN` or `GONE`: what the answer was, for the user."""
    fatal: bool = False
    """The request itself was refused for its key: asking again is of no use."""
    throttled: bool = False
    """There were too many requests, says the provider."""
