"""Image pairs: compares the first of two images of a request with the last one.

Where an image is there, by its pixels; where another job makes it, by the ratio that the job asks
for, so that a misfit shows before it is paid for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from runner.media.sources import label
from runner.model.jobs import Draft, JobMedia, Media
from runner.model.names import name_of
from runner.model.operations import Operation
from runner.model.values import Deferred, JobOutput, ValuePath
from runner.operations import defaults_of
from runner.validation.diagnostics import Finding

ASPECT_RATIO = "aspect_ratio"
"""The parameter by which operations are asked for a ratio, as `16:9`."""
_RATIO = re.compile(r"([1-9]\d*):([1-9]\d*)")


def check_pairs(operation: Operation, images: JobMedia) -> Iterator[Finding]:
    """Whether the first of two images is about as large as the last one."""
    for path, first, last, limits in _pairs(operation, images):
        if isinstance(first, Media) and isinstance(last, Media):
            yield from _check_pair(path, first, last, limits)


def _pairs(
    operation: Operation, images: JobMedia
) -> Iterator[tuple[ValuePath, Media | Deferred, Media | Deferred, tuple[float, float]]]:
    """The path of the last image of each pair, the two images, and their limits."""
    for name, limits in operation.media.items():
        if limits.first_to_last is None:
            continue
        for paths in _paths(name, limits.first, images):
            match [images.get(path) for path in paths]:
                case [Media() | Deferred() as first, Media() | Deferred() as last]:
                    yield paths[1], first, last, limits.first_to_last


def _paths(name: str, first: str | None, images: JobMedia) -> Iterable[list[ValuePath]]:
    """The paths of each list of images, or those of the parameters `first` and `name`."""
    if first is not None:
        return [[(first,), (name,)]]
    lists: dict[ValuePath, list[ValuePath]] = {}
    for path in images:
        if name_of(path) == name:
            lists.setdefault(path[:-1], []).append(path)
    return lists.values()


def _check_pair(
    path: ValuePath, first: Media, last: Media, limits: tuple[float, float]
) -> Iterator[Finding]:
    """Whether the first image is about as large as the last one, which is at `path`."""
    if not (first.width and first.height and last.width and last.height):  # of a URL
        return
    least, most = limits
    # One division each: that of 4 by 5 is exactly the 0.8 of the limits.
    pixels = (first.width * first.height) / (last.width * last.height)
    ratio = (first.width * last.height) / (first.height * last.width)
    off = [
        f"{value:.3g} times the {what}"
        for what, value in (("pixels", pixels), ("ratio", ratio))
        if not least <= value <= most
    ]
    if off:
        # Which of the two counts is not documented: one that is close may be the one.
        is_sure = len(off) == 2
        yield Finding(
            path=path,
            message=f"{label(first.source)} is {first.width}x{first.height} pixels,"
            f" {label(last.source)} {last.width}x{last.height}: the first has"
            f" {' and '.join(off)} of the last; {least:g} to {most:g} times"
            f" {'are' if is_sure else 'may be'} required",
            hint="crop or scale one of them to the size of the other",
            warning=not is_sure,
        )


# ------------------------------------------------------------------- images that jobs will make


def check_future_pairs(
    drafts: Iterable[Draft], operations: Mapping[str, Operation], images: Mapping[str, JobMedia]
) -> list[tuple[Draft, list[Finding]]]:
    """Warnings about pairs in which another job makes an image, with the drafts that have them.

    `images`: job id to its images, of the jobs that are valid so far.
    """
    linked = [draft for draft in drafts if draft.needs and draft.id in images]
    if not linked:
        return []
    makers = {draft.id: (draft, operations[draft.operation]) for draft in drafts}
    checked = [
        (draft, list(_check_future(makers[draft.id][1], images[draft.id], makers)))
        for draft in linked
    ]
    return [(draft, findings) for draft, findings in checked if findings]


_Makers: TypeAlias = Mapping[str, tuple[Draft, Operation]]
"""Id of each job to the job and its operation."""


def _check_future(operation: Operation, images: JobMedia, makers: _Makers) -> Iterator[Finding]:
    for path, first, last, (least, most) in _pairs(operation, images):
        if isinstance(first, Media) and isinstance(last, Media):
            continue
        one, other = _shape(first, makers), _shape(last, makers)
        if one is None or other is None:
            continue
        # One division: that of 4 by 5 is exactly the 0.8 of the limits.
        ratio = (one.width * other.height) / (one.height * other.width)
        if not least <= ratio <= most:
            yield Finding(
                path=path,
                message=f"{one.text}, {other.text}: the first has {ratio:.3g} times the ratio of"
                f" the last; {least:g} to {most:g} times may be required",
                hint=f"ask for the same {ASPECT_RATIO}, or crop the other image to it",
                warning=True,
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """The shape of an image, and how messages describe it."""

    text: str
    width: int
    height: int
    """Pixels, or the two numbers of a ratio."""


def _shape(image: Media | Deferred, makers: _Makers) -> _Shape | None:
    """The shape of an image that is there, or that a job is asked for; None where unknown."""
    if isinstance(image, Media):
        if not (image.width and image.height):
            return None
        text = f"{label(image.source)} is {image.width}x{image.height} pixels"
        return _Shape(text=text, width=image.width, height=image.height)
    match image.parts:
        case (JobOutput(attribute="output" | "url" | "cover", index=0) as part,) if (
            part.job in makers
        ):
            return _asked_shape(*makers[part.job])
    return None


def _asked_shape(maker: Draft, operation: Operation) -> _Shape | None:
    given = {**defaults_of(operation, maker.parameters), **maker.parameters}
    found = _RATIO.fullmatch(str(given.get(ASPECT_RATIO)))
    if found is None:
        return None
    text = f'job "{maker.id}" makes {found[0]}'
    return _Shape(text=text, width=int(found[1]), height=int(found[2]))
