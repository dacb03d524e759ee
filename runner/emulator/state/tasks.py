"""Tasks: what was ordered, and the task made of it, whose state follows from the clock."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

_CANCELLED = "UserCancelled"  # as in the vendor's public documentation
# No code is published for a task that the provider cancels: the nearest of the documented ones.
_EXPIRED = "Canceled"
_NEVER_NS = 4 * 10**18  # in the year 2096; the journal has no infinity in its JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """One image, video or sound of an order."""

    name: str = ""
    """The full name of its field in the request."""
    url: str = ""
    """As in the request; empty for a data URI."""
    sha256: str = ""
    """Digest of the content, under which a copy is kept; empty where only a URL or id is known."""
    creation: str = ""
    """The id of the creation that it is, where the request names it so."""
    task_id: str = ""
    """The task that made that creation."""
    media_type: str = ""
    width: int = 0
    """Pixels; 0 where it is not known."""
    height: int = 0
    seconds: float = 0
    """Of a video; 0 where it is not known."""

    @property
    def content_key(self) -> str:
        """What its content can be looked up by, the same for the same content; may be empty."""
        return self.sha256 or self.task_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A checked request: what the result looks like, and what the answers return."""

    api: str
    """"vidu" or "modelverse"."""
    model: str
    prompt: str
    seed: int
    """Never 0 once it is part of a task."""
    aspect_ratio: str
    """Empty where the first image decides, because the video begins with it."""
    resolution: str
    operation: str = "reference2image"
    """Its name in the tables of its API."""
    images: tuple[Reference, ...] = ()
    """Wherever they stand in the request, in its order."""
    videos: tuple[Reference, ...] = ()
    sounds: tuple[Reference, ...] = ()
    duration_s: int = 0
    """Length of the video; 0 for a picture."""
    sound_s: float = 0
    """Length of a result that is a sound; 0 for any other."""
    bgm: bool = False
    """Whether music is heard."""
    audio: bool = False
    """Whether speech and sounds are heard."""
    is_from_images: bool = False
    """Whether the video passes through its images although it has a ratio."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """The other fields of the request, as answers repeat them."""
    shown: tuple[str, ...] = ()
    """What the result shows of them."""
    payload: str = ""
    callback_url: str = ""
    is_synchronous: bool = False
    """Whether the answer to the submission is the result."""
    key_id: str = ""
    """What rows of the list name the key by that it came with."""
    err_code: str = ""
    """Why its task is going to fail; empty when it is not."""

    @property
    def is_video(self) -> bool:
        """Whether a video is asked for rather than a picture."""
        return self.duration_s > 0

    @property
    def is_sound(self) -> bool:
        """Whether a sound is asked for."""
        return self.sound_s > 0

    @property
    def passes_images(self) -> bool:
        """Whether its images are frames of the video, rather than what it refers to."""
        return self.is_video and (self.is_from_images or not self.aspect_ratio)

    @property
    def is_off_peak(self) -> bool:
        """Whether it is made when the provider has nothing else to do, for half the price."""
        return bool(self.details.get("off_peak")) or self.details.get("service_tier") == "flex"

    @property
    def lifetime_s(self) -> float | None:
        """How long the provider tries before it gives the task up; None where that has no limit."""
        found: float | None = self.details.get("execution_expires_after")
        return found

    @property
    def external_id(self) -> str:
        """The user's own id for the task; empty without one."""
        found: str = self.details.get("external_task_id", "")
        return found

    @property
    def takes_place(self) -> bool:
        """Whether the account works on it in its turn: off peak, it waits for itself alone."""
        return not (self.is_off_peak or self.is_synchronous)

    @property
    def written_prompt(self) -> str:
        """The prompt that the result follows: with `is_rec`, it is not the user's."""
        return "(recommended prompt)" if self.details.get("is_rec") else self.prompt


class Phase(enum.StrEnum):
    """The states of a Vidu task."""

    CREATED = "created"
    QUEUEING = "queueing"
    PROCESSING = "processing"
    SUCCESS = "success"
    FAILED = "failed"

    @property
    def is_final(self) -> bool:
        """Whether the task has ended."""
        return self in {Phase.SUCCESS, Phase.FAILED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """An accepted order. All times are nanoseconds since 1970; they are fixed in advance."""

    id: str
    order: Order
    credits: int
    made_ns: int
    queued_ns: int
    started_ns: int
    done_ns: int
    ready_ns: int = 0
    """From when on it is worked on, unless all places are taken."""
    digest: str = ""
    """SHA-256 of the request body, for those who count submissions."""
    untagged: str = ""
    """The same for the body without `payload` and `callback_url`."""
    err_code: str = ""
    """Why it fails at `done_ns`; empty for success."""
    refunded: bool = True
    """Whether its credits come back when it fails."""
    delivered: Mapping[str, Any] = field(default_factory=dict)
    """Fields of the order in which the result differs from it."""

    @property
    def delivered_order(self) -> Order:
        """The order that the result follows; answers follow the one that was placed."""
        return replace(self.order, **self.delivered)

    @property
    def lost_credits(self) -> int:
        """What it costs if it fails."""
        return 0 if self.refunded else self.credits

    def phase(self, now_ns: int) -> Phase:
        """Its state at that moment; a clock that jumps back takes the state back too."""
        # The latest moment first: a cancelled task is done before it was due to start.
        if now_ns >= self.done_ns:
            return Phase.FAILED if self.err_code else Phase.SUCCESS
        if now_ns >= self.started_ns:
            return Phase.PROCESSING
        return Phase.QUEUEING if now_ns >= self.queued_ns else Phase.CREATED

    def progress(self, now_ns: int) -> int:
        """How far the work on it is, from 0 to 100."""
        if now_ns >= self.done_ns:
            return 100
        worked_ns = max(0, now_ns - self.started_ns)
        return min(99, 100 * worked_ns // max(1, self.done_ns - self.started_ns))

    def is_queued(self, now_ns: int) -> bool:
        """Whether it waits, or is going to wait, for a place."""
        return now_ns < self.started_ns and self.started_ns > self.ready_ns

    def moved(self, started_ns: int) -> Task:
        """The task that is worked on from another moment on, for as long."""
        done_ns = started_ns + self.done_ns - self.started_ns
        return replace(self, started_ns=started_ns, done_ns=done_ns)

    @property
    def takes_place(self) -> bool:
        """Whether it keeps another task waiting."""
        return self.order.takes_place and not self.never_starts

    @property
    def is_expired(self) -> bool:
        """Whether the provider gives it up before it starts."""
        return self.never_starts and self.err_code == _EXPIRED

    @property
    def never_starts(self) -> bool:
        """Whether nothing but a cancellation ends it."""
        return self.started_ns >= _NEVER_NS

    def cancelled(self, at_ns: int) -> Task:
        """The task after the user cancelled it."""
        return replace(self, done_ns=at_ns, err_code=_CANCELLED, refunded=True)

    def expired(self, after_s: float) -> Task:
        """The task that the provider cancels after that time, and that waits until then."""
        done_ns = self.made_ns + round(after_s * 1e9)
        return replace(self, started_ns=_NEVER_NS, done_ns=done_ns, err_code=_EXPIRED)

    def delivering(
        self, *, seconds: int | None, silent: bool, aspect_ratio: str | None, resolution: str | None
    ) -> Task:
        """The task whose result has another length, no sound, or another shape than was ordered."""
        delivered: dict[str, Any] = {"bgm": False, "audio": False} if silent else {}
        if aspect_ratio:
            delivered["aspect_ratio"] = aspect_ratio
        if resolution:
            delivered["resolution"] = resolution
        if seconds and self.order.is_video:
            delivered["duration_s"] = seconds
        elif seconds and self.order.is_sound:
            delivered["sound_s"] = seconds
        return replace(self, delivered=delivered)

    def stuck(self, phase: Phase) -> Task:
        """The task that never leaves a state before its end."""
        # Neither the moment at which it would leave that state nor a later one comes.
        moments = ("queued_ns", "started_ns", "done_ns")[list(Phase).index(phase) :]
        never: dict[str, Any] = dict.fromkeys(moments, _NEVER_NS)
        return replace(self, **never)


def from_record(record: Mapping[str, Any]) -> Task:
    """The task that `asdict` made `record` of; raises KeyError or TypeError for anything else."""
    order = dict(record["order"])
    for name in ("images", "videos", "sounds"):
        order[name] = tuple(Reference(**medium) for medium in order[name])
    order["shown"] = tuple(order.get("shown", ()))  # JSON has lists only
    return Task(**{**record, "order": Order(**order)})


def timestamp(ns: int) -> str:
    """RFC 3339 in UTC with nanoseconds, as in Vidu's sample answer."""
    second, fraction_ns = divmod(ns, 10**9)  # a datetime has microseconds only
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%S}.{fraction_ns:09d}Z"
