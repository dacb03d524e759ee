"""Footage: the frames of a video that another one is made of."""

from __future__ import annotations

import io
from collections.abc import Iterator

import av
from PIL import Image


class Footage:
    """The frames of a video, each brought to one size; asked for in the order of their times."""

    def __init__(self, content: bytes, size: tuple[int, int] | None = None):
        """With `size` in pixels, or that of the video; raises ValueError for what has no frame."""
        self._size = size
        self._frames = _frames(content)
        first = next(self._frames, None)
        if first is None:
            raise ValueError("the video has no frame that can be decoded")
        self._shown, self._next = first, next(self._frames, None)
        self._image: Image.Image | None = None
        """Of the frame that is shown."""

    def at(self, seconds: float) -> Image.Image:
        """The frame that is seen then; the last one goes on after the end."""
        while self._next is not None and (self._next.time or 0) <= seconds + 1e-6:
            self._shown, self._next = self._next, next(self._frames, None)
            self._image = None
        if self._image is None:
            width, height = self._size or (self._shown.width, self._shown.height)
            self._image = self._shown.to_image(width=width, height=height)  # type: ignore[no-untyped-call]
        return self._image.copy()


def _frames(content: bytes) -> Iterator[av.VideoFrame]:
    try:
        with av.open(io.BytesIO(content), "r") as container:
            if container.streams.video:
                yield from container.decode(container.streams.video[0])
    except (av.error.FFmpegError, ValueError):  # the frames before the damage are shown
        return
