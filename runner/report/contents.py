"""Contents: the records of a gallery, as its page gets them; `data` is their JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from runner.model.operations import MediaKind

Form: TypeAlias = Literal["folder", "copy", "embed"]
"""In place, with copies of the originals, or one file."""
Gone: TypeAlias = Literal["missing", "changed", "unreadable", "outside"]
"""Why a file cannot be shown: not there, not the one of the results, not a medium, or in a place
outside the folder of the results manifest."""
Grouping: TypeAlias = Literal["operation", "tag", "axis"]

VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class GalleryFile:
    """A file of a job; None for what is not known or not there."""

    kind: MediaKind
    name: str
    bytes: int
    src: str | None = None
    """Percent-encoded, relative to the page."""
    thumb: str | None = None
    """Like `src`, or a data URI."""
    preview: str | None = None
    width: int | None = None
    """Pixels as shown: a rotation is applied."""
    height: int | None = None
    seconds: float | None = None
    frames_per_second: float | None = None
    has_sound: bool | None = None
    peaks: Sequence[int] = ()
    """Of a sound, 0 to 100, at equal distances."""
    gone: Gone | None = None
    role: str | None = None
    """What it is beside the result itself: cover, watermarked."""

    def data(self) -> dict[str, Any]:
        """Its JSON."""
        return _known(
            kind=self.kind,
            src=self.src,
            thumb=self.thumb,
            preview=self.preview,
            w=self.width,
            h=self.height,
            seconds=self.seconds,
            fps=self.frames_per_second,
            sound=self.has_sound,
            bytes=self.bytes,
            name=self.name,
            peaks=list(self.peaks),
            gone=self.gone,
            role=self.role,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFailure:
    """Why a job has no result."""

    code: str
    message: str
    class_: str
    billed: str
    """yes, no or unknown."""
    advice: str | None = None

    def data(self) -> dict[str, Any]:
        """Its JSON."""
        return _known(
            code=self.code,
            message=self.message,
            **{"class": self.class_},
            billed=self.billed,
            advice=self.advice,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class GalleryJob:
    """A job and what became of it."""

    id: str
    stack: str
    """The same for all takes of one entry and variant."""
    take: int | None = None
    operation: str
    makes: MediaKind
    state: str
    """succeeded, failed, ambiguous, pending, skipped, or removed from the manifest."""
    reason: str | None = None
    reused: bool = False
    prompt: str | None = None
    model: str | None = None
    parameters: Mapping[str, Any]
    """What else was asked for."""
    tags: Sequence[str] = ()
    axes: Mapping[str, str]
    """Name to value, of its matrix and its row."""
    seed: int | None = None
    cost: Mapping[str, Any] | None = None
    """What it cost by unit: {"credits": 6}."""
    estimate: Mapping[str, Any] | None = None
    task: str | None = None
    fingerprint: str
    attempts: int = 0
    submitted_s: float | None = None
    """Seconds of the epoch."""
    finished_s: float | None = None
    failure: JobFailure | None = None
    warnings: Sequence[Mapping[str, str]] = ()
    """Each with code and message."""
    labels: Sequence[str] = ()
    made_from: Sequence[str] = ()
    """Ids of the jobs whose results it uses."""
    used_by: Sequence[str] = ()
    files: Sequence[GalleryFile] = ()

    def data(self) -> dict[str, Any]:
        """Its JSON."""
        times = [self.submitted_s, self.finished_s]
        return _known(
            id=self.id,
            stack=self.stack,
            take=self.take,
            op=self.operation,
            makes=self.makes,
            state=self.state,
            reason=self.reason,
            reused=self.reused or None,
            prompt=self.prompt,
            model=self.model,
            params=self.parameters,
            tags=list(self.tags),
            axes=self.axes,
            seed=self.seed,
            cost=self.cost,
            estimate=self.estimate,
            task=self.task,
            fp=self.fingerprint,
            attempts=self.attempts,
            at=times if any(each is not None for each in times) else None,
            error=self.failure and self.failure.data(),
            warnings=list(self.warnings),
            labels=list(self.labels),
            **{"from": list(self.made_from)},
            into=list(self.used_by),
            files=[file.data() for file in self.files],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """A name by which jobs differ, with its values, both in the manifest's order."""

    name: str
    values: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewer:
    """The marks of one file."""

    name: str
    marks: Mapping[str, Mapping[str, Any]]
    """Job id to its fingerprint, mark, stars and note."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Charts:
    """SVG elements as text; empty where there is nothing to draw."""

    timeline: str = ""
    """When each job waited, was made and was fetched."""
    in_flight: str = ""
    """Tasks in flight over time."""
    money: str = ""
    """Credits and yuan over time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CostRow:
    """What the jobs with one operation, tag or value of an axis cost together."""

    by: Grouping
    axis: str | None = None
    """The axis whose value it is."""
    name: str
    """The operation, the tag or the value."""
    jobs: int
    succeeded: int
    credits: int | float
    cny: int | float


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """The run that wrote the results; None for what is not known."""

    id: str | None = None
    tool: str | None = None
    started: str | None = None
    """UTC, RFC 3339."""
    finished: str | None = None
    exit: int | None = None

    def data(self) -> dict[str, Any]:
        """Its JSON; a run that goes on has null for its end."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, kw_only=True)
class Gallery:
    """Everything that a page shows."""

    name: str
    """The manifest's title, otherwise its stem."""
    stem: str
    key: str
    """Under which a browser keeps what is not saved yet."""
    emulated: bool = False
    running: bool = False
    """The run goes on, or was interrupted."""
    run: RunFacts
    totals: Mapping[str, int | float]
    """As in the results manifest."""
    form: Form
    notes: Sequence[str] = ()
    """What is to be said in the head."""
    axes: Sequence[Axis] = ()
    reviewers: Sequence[Reviewer] = ()
    marks_file: str
    jobs: Sequence[GalleryJob]
    """In the manifest's order, then those that were removed from it."""
    charts: Charts
    costs: Sequence[CostRow] = ()

    def data(self) -> dict[str, Any]:
        """The JSON that the script of the page reads; charts and costs are in the page itself."""
        return {
            "version": VERSION,
            "name": self.name,
            "stem": self.stem,
            "key": self.key,
            "emulated": self.emulated,
            "running": self.running,
            "run": self.run.data(),
            "totals": dict(self.totals),
            "form": self.form,
            "notes": list(self.notes),
            "axes": [{"name": axis.name, "values": list(axis.values)} for axis in self.axes],
            "reviewers": [
                {"name": each.name, "marks": dict(each.marks)} for each in self.reviewers
            ],
            "marks_file": self.marks_file,
            "jobs": [job.data() for job in self.jobs],
        }


def _known(**values: Any) -> dict[str, Any]:
    """The values without null, [] and {}: thousands of jobs would repeat them."""
    return {
        name: value for name, value in values.items() if value is not None and value not in _EMPTY
    }


_EMPTY: tuple[Any, ...] = ([], {})
