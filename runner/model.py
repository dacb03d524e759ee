"""The records that travel through the program, and nothing that acts.

A manifest becomes drafts (expanded, unchecked), drafts become jobs (checked, with seed and
fingerprint), jobs a plan, the plan's entries outcomes. Providers speak in requests and replies.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias

from runner.errors import Place, Secret

Parameters: TypeAlias = Mapping[str, Any]
"""Parameter name (as the API document spells it) to JSON value, `Deferred` where another job's
result goes."""

Unit: TypeAlias = Literal["credits", "cny"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """A price. Vidu bills in credits, ModelVerse in yuan."""

    unit: Unit
    value: Decimal


# ---------------------------------------------------------------------------------- operations


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """Where one parameter travels in the request body."""

    path: tuple[str, ...]
    """Keys from the body's root, e.g. ("input", "prompt")."""
    type: Literal["json", "string"] = "json"
    """"string": numbers travel as their digits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaLimits:
    """What a provider accepts as an image of one parameter."""

    media_types: tuple[str, ...]
    max_bytes: int
    min_width: int
    min_height: int
    max_ratio: float
    """Longer side over shorter side must be below this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One thing a provider offers, as its schema file describes it."""

    name: str
    """`<provider>/<operation>`, e.g. "vidu/reference2image"."""
    title: str
    provider: str
    makes: Literal["image", "video"]
    method: str
    path: str
    media_type: str
    """Content type of the request body."""
    schema: Mapping[str, Any]
    """The whole JSON Schema (2020-12) of an expanded job's parameters."""
    wire: Mapping[str, Wire]
    constants: Mapping[tuple[str, ...], Any]
    """Body path to a value every request carries, e.g. ("parameters", "vidu_type")."""
    media: Mapping[str, MediaLimits]
    """The parameters that hold lists of images."""
    body_limit_bytes: int | None
    seed: str | None
    """The parameter that takes the seed."""
    seed_max: int
    tag: str | None
    """The parameter whose text the provider hands back, where the runner's tag may travel."""
    unhashed: frozenset[str]
    """Parameters without effect on what is made; no part of the fingerprint."""
    price: Mapping[str, Any] | None
    time: Mapping[str, Any] | None


# --------------------------------------------------------------------------------------- jobs


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOutput:
    """A part of another job's result: its first file, its n-th, its first URL or its seed."""

    job: str
    attribute: Literal["output", "url", "seed"]
    index: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Deferred:
    """A value that is known only when other jobs are done: texts and parts of their results.

    One part alone keeps the type of what it stands for; several make a text.
    """

    parts: tuple[str | JobOutput, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of a `foreach` file."""

    path: str
    line: int
    """Line in that file on which the row starts, from 1."""
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One job after defaults, variables, matrix, rows and takes; not yet checked."""

    entry: int
    """Index under `jobs` in the manifest."""
    id: str
    operation: str
    parameters: Parameters
    """Paths of images are absolute or relative to `base`; an absent seed is absent here."""
    base: Path
    """Folder that relative image paths start from: the manifest's, also for cells of rows."""
    needs: tuple[str, ...] = ()
    """Ids of the jobs whose results this one uses, in order of appearance."""
    take: int = 1
    tags: tuple[str, ...] = ()
    description: str | None = None
    matrix: Mapping[str, Any] | None = None
    row: Row | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """An image that goes with a job: where it is and what it is."""

    source: str
    """As the manifest names it: a path, an http(s) URL or a data URI."""
    path: Path | None
    """The local file; None for URLs and data URIs."""
    sha256: str | None
    """Hex digest of the content; None for URLs, whose content is not known."""
    media_type: str | None
    size_bytes: int | None
    width: int | None = None
    """Pixels as stored (an EXIF rotation is not applied); None where they are not known."""
    height: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One request, checked, with its seed drawn and its fingerprint taken."""

    draft: Draft
    parameters: Parameters
    """The draft's, with the seed drawn where it was absent."""
    media: Mapping[str, tuple[Media | Deferred, ...]]
    """Media parameter to its images, in order."""
    fingerprint: str
    """Hex SHA-256 that two jobs share only if they ask for the same thing."""

    @property
    def id(self) -> str:
        """The job's id, unique in its manifest."""
        return self.draft.id

    @property
    def operation(self) -> str:
        """The name of the operation it asks for."""
        return self.draft.operation


class PlaceOf(Protocol):
    """Tells where a draft's values come from: job, default, row, matrix."""

    def __call__(self, draft: Draft, path: tuple[str | int, ...], /, *, key: bool = False) -> Place:
        """The place of the value at `path` inside the parameters, or of its key as written.

        The empty path is the job's own place; ("id",) its id.
        """


# ----------------------------------------------------------------------------------- providers


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One way into one provider: address, key and its limits."""

    provider: str
    base_url: str
    """Without a trailing slash."""
    auth: Literal["token", "bearer", "raw"]
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
    trouble: str = ""
    """What went wrong on the way, in words; empty for `Reach.ANSWERED`."""


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


# -------------------------------------------------------------------------------- ledger, plan


class AttemptState(enum.StrEnum):
    """How far one submission of a job is."""

    INTENT = "intent"
    """It may be on its way; when the run that meant it is dead, its fate is unknown."""
    NOT_SENT = "not_sent"
    REFUSED = "refused"
    AMBIGUOUS = "ambiguous"
    SUBMITTED = "submitted"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """All that is known when a submission is about to leave."""

    manifest: str
    """What the ledger knows the manifest by: its path from the folder beside the ledger's."""
    job: str
    operation: str
    fingerprint: str
    request: Mapping[str, Any]
    """The request body's parameters, images as {"sha256": ...} or {"url": ...}."""
    seed: int | None
    provider: str
    base_url: str
    key_env: str
    tag: str
    """Random, 128 bits in hex."""
    estimate: Amount | None
    at: str
    """UTC, RFC 3339."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """A result on disk."""

    path: str
    """Relative to the results manifest."""
    sha256: str
    bytes: int
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One submission as the ledger knows it."""

    number: int
    """The ledger's own key for it."""
    run: str
    state: AttemptState
    intent: Intent
    ordinal: int = 1
    """Which submission of its fingerprint this is, from 1; those that were not sent don't count."""
    failures: int = 0
    """How many tasks of its fingerprint had failed up to and with this one; those that were
    cancelled don't count."""
    task_id: str | None = None
    seed: int | None = None
    credits: int | None = None
    cost: Amount | None = None
    usage: Mapping[str, Any] = field(default_factory=dict)
    urls: tuple[str, ...] = ()
    files: tuple[StoredFile, ...] = ()
    error: JobError | None = None
    trace_id: str | None = None
    submitted_at: str | None = None
    finished_at: str | None = None
    superseded_at: str | None = None


class Action(enum.StrEnum):
    """What a run will do for a job."""

    SUBMIT = "submit"
    ATTACH = "attach"
    """Its task is under way: poll and fetch."""
    FETCH = "fetch"
    """It is done and paid for, a file is missing: fetch only."""
    REUSE = "reuse"
    """Everything is there."""
    DECIDE = "decide"
    """An earlier submission's fate is unknown."""
    SHARE = "share"
    """Another job of this manifest asks for the very same: its result is used."""
    SKIP = "skip"
    """Not selected, or it failed before in a way that this request will again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A row of an earlier results manifest: this request was paid for, or may have been."""

    job: str
    """The id it had."""
    fingerprint: str
    state: State
    """`State.SUCCEEDED`, `State.PENDING` with its task still to be collected, or
    `State.AMBIGUOUS`, about which nothing is known but that it may have been paid for."""
    task_id: str | None
    seed: int | None
    credits: int | None
    estimated: Amount | None
    actual: Amount | None
    usage: Mapping[str, Any]
    urls: tuple[str, ...]
    files: tuple[StoredFile, ...]
    attempts: int
    submitted_at: str | None
    finished_at: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """One parameter that a job asks for otherwise than the last time."""

    name: str
    """The parameter, `images[0]` for one of several images, `operation` for the operation."""
    before: Any
    """None where it was absent and the document states no default; images by their digest or
    URL."""
    after: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanEntry:
    """What will happen to one job, and why."""

    job: Job
    action: Action
    reason: str
    attempt: Attempt | None = None
    """The earlier submission that ATTACH, FETCH, REUSE, DECIDE and SKIP speak of."""
    evidence: Evidence | None = None
    """Where the ledger knows nothing (`attempt` is None): what ATTACH, FETCH, REUSE and SKIP rest
    on instead."""
    share: str | None = None
    """With `Action.SHARE`: the id of the job that makes it."""
    estimate: Amount | None = None
    """None where no price is known."""
    expected_s: float | None = None
    """How long the task should take; None where nothing is known."""
    changes: Sequence[Changed] = ()
    """What the job asks for otherwise than the last time; empty where it is new or the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Every job of the manifest in its order."""

    entries: Sequence[PlanEntry]


# ------------------------------------------------------------------------------------ outcomes


class State(enum.StrEnum):
    """How a job ended, as the results manifest says it."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    AMBIGUOUS = "ambiguous"
    PENDING = "pending"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The end of one job in one run."""

    job: Job
    state: State
    reason: str | None = None
    """Why pending, skipped or reused."""
    task_id: str | None = None
    seed: int | None = None
    credits: int | None = None
    estimated: Amount | None = None
    actual: Amount | None = None
    at_risk: Amount | None = None
    usage: Mapping[str, Any] = field(default_factory=dict)
    urls: tuple[str, ...] = ()
    files: tuple[StoredFile, ...] = ()
    reused: bool = False
    attempts: int = 0
    submitted_at: str | None = None
    finished_at: str | None = None
    error: JobError | None = None
    sent: Mapping[str, Any] | None = None
    """The request's parameters with other jobs' results put in, as the ledger keeps them; None
    where nothing was sent."""
    elsewhere: bool = False
    """Another run, beside this one, made the task: what it costs is that run's."""


# -------------------------------------------------------------------------------------- events


class Step(enum.StrEnum):
    """What an event tells."""

    SUBMITTED = "submitted"
    RETRYING = "retrying"
    NOTICED = "noticed"
    """The end of a task was noticed; its place is free."""
    FETCHED = "fetched"
    ENDED = "ended"
    INTERRUPTED = "interrupted"
    """The run was asked to stop; no job's event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something an onlooker may want to see."""

    step: Step
    job: str
    text: str = ""
    outcome: Outcome | None = None
    """With `Step.ENDED`."""


class Observer(Protocol):
    """Anything that looks on at a run: a bar, plain lines, NDJSON, a recorder."""

    def start(self, plan: Plan) -> None:
        """Take note of what is about to happen."""

    def event(self, event: Event) -> None:
        """Take note of one event; must not block."""

    def stop(self) -> None:
        """Take note that there will be no more events."""
