"""Records of what goes to a provider and comes back: requests, replies, submissions, statuses."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeAlias

from runner.errors import Secret

Auth: TypeAlias = Literal["token", "bearer", "raw"]
"""The form of the `Authorization` header: `Token KEY`, `Bearer KEY` or the key alone."""


class Vendor(Protocol):
    """Where a provider is and which key it takes: a part of each provider's module."""

    NAME: str
    DEFAULT_BASE_URL: str
    HOSTS: frozenset[str]
    """The vendor's own hosts, in lower case, which may receive the vendor's key."""
    KEY_ENV: str
    BASE_URL_ENV: str

    def default_auth(self, base_url: str) -> Auth:
        """The form of the `Authorization` header for that address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Access to one provider: address, key and limits."""

    provider: str
    base_url: str
    """Without a trailing slash."""
    auth: Auth
    key: Secret | None
    key_env: str
    """Name of the environment variable the key came from, for messages and the ledger."""
    concurrency: int | None = None
    """The most tasks in flight here; None: as many as the run has."""
    name: str = ""
    """In a shared ledger, the same on every machine with this key; else empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """An HTTP request to a provider, ready to be sent."""

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
    """The answer to a request, or how far the request got without one."""

    reach: Reach
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case."""
    body: bytes = b""
    error: str = ""
    """The network error, for the user; empty for `Reach.ANSWERED`."""

    @property
    def is_silent(self) -> bool:
        """Whether an answer, if there is one, comes from a gateway instead of the provider."""
        return self.reach is not Reach.ANSWERED or self.status >= 500


class ErrorClass(enum.StrEnum):
    """Who can repair a failure."""

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
    """Why a job failed."""

    code: str
    """The provider's, or one of the program's own in snake case."""
    message: str
    class_: ErrorClass
    billed: Billed


ONLY_WATERMARKED = "only_watermarked"
"""Only the version with the vendor's mark is offered of a result."""
INCOMPLETE = "incomplete_result"
"""Some results of a task have no URL."""

CANCELLED = "UserCancelled"
"""The code of a task that its user cancelled; Vidu's own `err_code` of such a task."""
DECLARED_LOST = "declared_lost"
"""The code of a submission of unknown fate that the user has given up."""
RESULT_GONE = "result_gone"
"""The code of a job whose result was paid for and cannot be fetched any more."""

# Codes of jobs that fail before anything of them is sent.
UNFIT = "unfit_result_of_another_job"
UNKNOWN_SEED = "unknown_seed"
UNKNOWN_TASK = "unknown_task"
UNKNOWN_CREATION = "unknown_creation"
NO_SUCH_OUTPUT = "no_such_output"
IMAGE_CHANGED = "image_changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortfall:
    """Why a result that was paid for is not here as it was asked for."""

    code: str
    """`ONLY_WATERMARKED` or `INCOMPLETE`."""
    message: str

    @classmethod
    def named(cls, code: str | None, message: str | None) -> Shortfall | None:
        """The shortfall with that code; None for any other code."""
        if code is None or code not in {ONLY_WATERMARKED, INCOMPLETE}:
            return None
        return cls(code=code, message=message or code)

    @property
    def error(self) -> JobError:
        """The same as the ledger has it, with the success."""
        return JobError(
            code=self.code, message=self.message, class_=ErrorClass.PROVIDER, billed=Billed.YES
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Creation:
    """What an answer offers of one result beside its URL."""

    id: str | None = None
    watermarked_url: str | None = None
    cover_url: str | None = None


class Fate(enum.Enum):
    """What became of a submission, by the table in `providers.fates`."""

    NOT_SENT = "not sent"
    """It did not arrive: send again."""
    WRONG_ADDRESS = "wrong address"
    """The address does not take submissions: this provider stops."""
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
    """The seed that the provider reports."""
    credits: int | None = None
    error: JobError | None = None
    too_many_tasks: bool = False
    """With `Fate.BUSY`: there are too many tasks in flight (not: too many requests)."""
    retry_after_s: float | None = None
    trace_id: str | None = None
    task: TaskStatus | None = None
    """With `Fate.SUBMITTED`: the end of the task, where the answer is the result."""


class TaskState(enum.Enum):
    """The state of a task, as its provider reports it."""

    WAITING = "waiting"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    GONE = "gone"
    """The provider does not know it (any more, or yet)."""
    UNKNOWN = "unknown"
    """The answer does not show it: ask again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskStatus:
    """What the answer to a status request reports of one task."""

    task_id: str
    state: TaskState
    seed: int | None = None
    credits: int | None = None
    usage: Mapping[str, Any] = field(default_factory=dict)
    urls: tuple[str, ...] = ()
    """Every result, in order."""
    creations: tuple[Creation, ...] = ()
    """What else is offered of each of `urls`; empty where the answer cannot show it."""
    shortfall: Shortfall | None = None
    """With `TaskState.UNKNOWN`: the task is done, and `urls` are all that is offered of it yet."""
    error: JobError | None = None
    tag: str | None = None
    """The text of the operation's tag parameter, where the answer returns it."""
    shows_tag: bool = False
    """Whether the answer has a text, or null, at its place: a tag that is None was never sent."""
    retry_after_s: float | None = None
    detail: str = ""
    """With `TaskState.UNKNOWN` or `GONE`: what the answer was, for the user."""
    fatal: bool = False
    """The request was refused because of its key: do not ask again."""
    throttled: bool = False
    """The provider reports too many requests."""
