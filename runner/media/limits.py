"""Media limits: compares one image, video or sound with what its parameter accepts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from runner.media.types import (
    AS_AUDIO,
    by_extension,
    describe_type,
    kind_of,
    short_name,
    with_article,
)
from runner.model.jobs import Media
from runner.model.operations import MediaLimits


class Excess(NamedTuple):
    """A limit that a medium exceeds."""

    message: str
    """It continues the name of the medium."""
    hint: str | None = None
    is_doubtful: bool = False
    """Whether a provider may accept it all the same."""


def check_limits(media: Media, limits: MediaLimits, *, items: int = 1) -> Iterator[Excess]:
    """Every limit that the medium exceeds.

    `items`: how many the list has that it is in. What is not known is not checked: of a URL only
    its name is.
    """
    if media.media_type is None:
        yield from _name(media.source, limits)
        return
    if media.sha256 is None:  # it goes by its URL, and its file was measured
        limits = replace(limits, max_inline_bytes=None)
    if unfit := check_file(media.media_type, media.size_bytes or 0, limits):
        yield unfit
    if media.media_type not in limits.media_types:
        return
    # As stored: a rotation swaps the sides, which changes neither the shorter one nor the ratio.
    if media.width is not None and media.height is not None:
        yield from _pixels(media.width, media.height, limits)
    if media.seconds is not None:
        yield from _seconds(media.seconds, limits, items)
    if media.frames_per_second is not None:
        yield from _frames(media.frames_per_second, limits)
    if media.codec and limits.codecs and media.codec not in limits.codecs:
        yield Excess(f"is encoded as {media.codec}; {_only(limits.codecs)}")


def check_file(media_type: str, size_bytes: int, limits: MediaLimits) -> Excess | None:
    """What is wrong with a file of that type and size, whatever is in it."""
    if media_type not in limits.media_types:
        return Excess(f"is {_described(media_type, limits)}; {accepted(limits)}")
    return _size(size_bytes, limits)


def _name(url: str, limits: MediaLimits) -> Iterator[Excess]:
    """A doubt about a URL that ends like a file of another kind."""
    named = by_extension(url.partition("?")[0].partition("#")[0])
    if named is None or named in limits.media_types or AS_AUDIO.get(named) in limits.media_types:
        return
    kind = kind_of(named)
    if kind is not None and kind != limits.kind:
        what = f"ends like the name of {with_article(kind)}"
        yield Excess(f"{what}, but {accepted(limits)}", is_doubtful=True)


def is_unmeasured(media: Media, limits: MediaLimits) -> bool:
    """Whether there are limits that only PyAV could have compared with the medium."""
    if limits.kind == "image" or media.codec is not None:
        return False
    if media.media_type not in limits.media_types:  # a URL, or not worth measuring
        return False
    return any(
        limit not in (None, ())
        for limit in (
            *(limits.min_s, limits.max_s, limits.exclusive_min_s, limits.exclusive_max_s),
            *(limits.min_fps, limits.max_fps, limits.exclusive_max_fps, limits.codecs),
            *(limits.min_width, limits.max_width, limits.min_height, limits.max_height),
            *(limits.max_ratio, limits.exclusive_max_ratio),
        )
    )


def _described(media_type: str, limits: MediaLimits) -> str:
    """The type with its article, and its kind where another one is needed."""
    kind, text = kind_of(media_type), describe_type(media_type)
    return text if kind is None or kind == limits.kind else f"{text}, {with_article(kind)}"


def accepted(limits: MediaLimits) -> str:
    """`png, jpeg or webp are accepted`."""
    return _only([short_name(each) for each in limits.media_types])


def _only(words: Sequence[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} or {last} are accepted" if others else f"only {last} is accepted"


def _size(size: int, limits: MediaLimits) -> Excess | None:
    # The documents' "50M" is read as MiB, so that nothing they may allow is rejected.
    most, inline = limits.max_bytes, limits.max_inline_bytes
    if most is not None and size > most:
        return Excess(f"has {size:,} bytes; at most {_mib(most)} are accepted")
    if inline is not None and size > inline:
        by_url = f", with up to {_mib(most)}" if most else ""
        return Excess(
            f"has {size:,} bytes; at most {_mib(inline)} can be sent inside a request",
            f"give its URL{by_url}" if "url" in limits.forms else None,
        )
    return None


def _mib(size: int) -> str:
    return f"{size:,} ({size / 2**20:g} MiB)"


# ------------------------------------------------------------------------------------------ pixels


def _pixels(width: int, height: int, limits: MediaLimits) -> Iterator[Excess]:
    size = f"is {width}x{height} pixels"
    if width < (limits.min_width or 0) or height < (limits.min_height or 0):
        yield Excess(f"{size}, but at least {_sides(limits.min_width, limits.min_height)} needed")
    if width > (limits.max_width or width) or height > (limits.max_height or height):
        yield Excess(f"{size}; at most {_sides(limits.max_width, limits.max_height)} accepted")
    yield from _ratio(size, width, height, limits)


def _sides(width: int | None, height: int | None) -> str:
    if width and height:
        return f"{width}x{height} are"
    return f"{width or height} pixels of {'width' if width else 'height'} are"


def _ratio(size: str, width: int, height: int, limits: MediaLimits) -> Iterator[Excess]:
    longer, shorter = max(width, height), min(width, height)
    if not shorter:
        return
    most, below = limits.max_ratio, limits.exclusive_max_ratio
    if below is not None and longer >= below * shorter:
        bound = f"below {below:g}:1" if width > height else f"above 1:{below:g}"
    elif most is not None and longer > most * shorter:
        bound = f"at most {most:g}:1" if width > height else f"at least 1:{most:g}"
    else:
        return
    ratio = f"{longer / shorter:.4g}"
    shape = f"{ratio}:1" if width > height else f"1:{ratio}"
    yield Excess(f"{size} ({shape}); the ratio must be {bound}")


# -------------------------------------------------------------------------------- seconds, frames


def _seconds(seconds: float, limits: MediaLimits, items: int) -> Iterator[Excess]:
    length = f"is {_number(seconds)} s long"
    least, most = _of_count(limits.min_s, items), _of_count(limits.max_s, items)
    among = f"with {items} of them " if items > 1 and len(limits.max_s) > 1 else ""
    if most is not None and seconds > most:
        yield _nearly(seconds, most, f"{length}; {among}at most {most:g} s are accepted")
    if least is not None and seconds < least:
        yield _nearly(seconds, least, f"{length}; at least {least:g} s are needed")
    if limits.exclusive_max_s is not None and seconds >= limits.exclusive_max_s:
        yield Excess(f"{length}; it must be shorter than {limits.exclusive_max_s:g} s")
    if limits.exclusive_min_s is not None and seconds <= limits.exclusive_min_s:
        yield Excess(f"{length}; it must be longer than {limits.exclusive_min_s:g} s")


def _frames(rate: float, limits: MediaLimits) -> Iterator[Excess]:
    frames = f"has {_number(rate)} frames a second"
    if limits.max_fps is not None and rate > limits.max_fps:
        yield _nearly(rate, limits.max_fps, f"{frames}; at most {limits.max_fps:g} are accepted")
    if limits.min_fps is not None and rate < limits.min_fps:
        yield _nearly(rate, limits.min_fps, f"{frames}; at least {limits.min_fps:g} are needed")
    if limits.exclusive_max_fps is not None and rate >= limits.exclusive_max_fps:
        yield Excess(f"{frames}; fewer than {limits.exclusive_max_fps:g} are accepted")


def _of_count(limits: Sequence[float], items: int) -> float | None:
    return limits[min(max(items, 1), len(limits)) - 1] if limits else None


def _nearly(value: float, limit: float, message: str) -> Excess:
    # A clip of "5 s" has 121 frames, which is 5.04 s, and "24 frames a second" may be 23.98:
    # whether a provider counts the fraction is not documented anywhere.
    is_close = abs(value - limit) < 0.5
    doubt = ", if the provider counts the fraction" if is_close else ""
    return Excess(message + doubt, is_doubtful=is_close)


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
