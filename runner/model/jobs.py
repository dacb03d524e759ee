"""Records of what a manifest asks for: drafts, jobs and their images."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from runner.errors import Diagnostic, Location
from runner.model.values import Deferred, Parameters, ValuePath


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of a `foreach` file."""

    path: str
    line: int
    """Line in that file on which the row starts, from 1."""
    number: int
    """The row's own, from 1: those without text do not count."""
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One job after defaults, variables, matrix, rows and takes; not yet checked."""

    entry: int
    """Index under `jobs` in the manifest."""
    id: str
    operation: str
    parameters: Parameters
    """As the manifest has them: a seed that it leaves out is absent."""
    base: Path
    """The folder from which relative image paths start: the manifest's, also for cells of rows."""
    needs: tuple[str, ...] = ()
    """Ids of the jobs whose results this one uses, in order of appearance."""
    take: int = 1
    has_takes: bool = False
    """Whether its entry has `takes`, even if it is one; then the id ends in the take's number."""
    tags: tuple[str, ...] = ()
    matrix: Mapping[str, Any] | None = None
    row: Row | None = None

    @property
    def stem(self) -> str:
        """The id without the number of its take: what `.picked` names."""
        return self.id.rpartition(".")[0] if self.has_takes else self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """An image, a video or a sound of a job's request."""

    source: str
    """As the manifest names it: a path, an http(s) URL or a data URI."""
    path: Path | None
    """The local file; None for URLs and data URIs."""
    sha256: str | None
    """Hex digest of the content; None for URLs, whose content is not known."""
    media_type: str | None
    size_bytes: int | None
    width: int | None = None
    """Pixels as stored (a rotation is not applied); None where they are not known."""
    height: int | None = None
    seconds: float | None = None
    """To a hundredth; this and what follows is None for images, and where PyAV is missing."""
    frames_per_second: float | None = None
    codec: str | None = None
    """Of the pictures of a video, or of the sound of an audio file."""
    name: str | None = None
    """What messages call it; None where that is `source`."""


JobMedia: TypeAlias = Mapping[ValuePath, Media | Deferred]
"""The images of a request by their paths in its parameters: `("images", 0)`, `("start_image",)`.

`Deferred` is what another job makes. Those of one list are in order.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One request: a checked draft with its seed and its fingerprint."""

    draft: Draft
    parameters: Parameters
    """The draft's, with the seed drawn where it was absent."""
    media: JobMedia
    fingerprint: str
    """Hex SHA-256 that two jobs share only if they ask for the same thing."""
    undecided: Diagnostic | None = None
    """What the user has to decide before it may be submitted: the picture that it starts from is
    not picked, or rejected."""

    @property
    def id(self) -> str:
        """The job's id, unique in its manifest."""
        return self.draft.id

    @property
    def operation(self) -> str:
        """The name of the operation it asks for."""
        return self.draft.operation

    @property
    def provider(self) -> str:
        """The name of the operation's provider."""
        return self.operation.partition("/")[0]


class DocumentLocator(Protocol):
    """Finds where a value is written in a manifest (`documents.Document.locate`)."""

    def __call__(self, path: ValuePath, /, *, key: bool = False) -> Location:
        """The location of the value, or of its key, at a path from the root."""


class DraftLocator(Protocol):
    """Finds where a draft's value is written: job, default, variable, row or matrix."""

    def __call__(self, draft: Draft, path: ValuePath, /, *, key: bool = False) -> Location:
        """The location of the value, or of its key, at `path` inside the parameters.

        The empty path is the job itself; ("id",) its id.
        """


JOB_KEYS = ("id", "operation", "matrix", "foreach", "takes", "tags", "description")
"""A job's own keys; all others are parameters of its operation, except the user's `x-` keys."""

MAX_JOBS = 1_000_000
"""The most jobs of one manifest: far more than any real batch, far fewer than fill the memory."""
