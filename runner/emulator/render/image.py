"""Pictures: draws an order as a background under a card that shows the request."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlsplit

from PIL import Image, ImageDraw, ImageOps, PngImagePlugin

from runner.emulator.api.images import open_image
from runner.emulator.render.background import (
    Background,
    Continued,
    Film,
    Frames,
    KeyFrames,
    Scene,
    Shots,
)
from runner.emulator.render.parts import (
    caption_of,
    has_card,
    is_cut,
    is_extended,
    is_of_video,
    original_s,
    shot_at,
    stops_of,
)
from runner.emulator.render.text import FontSet, TextBlock, fit
from runner.emulator.state.tasks import Order, Reference
from runner.emulator.tables import pixels_of

if TYPE_CHECKING:
    from runner.emulator.render.footage import Footage

Copies: TypeAlias = Callable[[str], bytes | None]
"""Maps the `content_key` of a reference to its content; to None if there is no copy."""

_WHITE, _GREY = "#ffffff", "#c9d2dc"
_CARD = (14, 18, 30, 178)
_DENSE_CARD = (14, 18, 30, 255)  # over an image, which may be a picture with a card itself
_TOP_RIGHT = 2
_MOST_DECODED_PIXELS = 40_000_000  # a larger reference gets a tile in place of a thumbnail


@dataclass(frozen=True, slots=True, kw_only=True)
class Painter:
    """Draws orders. The same order gives the same bytes on the same machine."""

    copies: Copies
    fonts: FontSet

    def picture(self, order: Order, *, watermark: bool = False) -> bytes:
        """The PNG of an order, with a watermark top right if asked for."""
        frame = self._frame(order)
        if watermark:
            self.mark(frame, _TOP_RIGHT)
        return _encode(frame, order)

    def mark(self, frame: Image.Image, corner: int) -> None:
        """Draw a watermark in a corner: 1 top left, 2 top right, 3 bottom right, 4 bottom left."""
        size = max(12, min(frame.size) // 30)
        text = TextBlock(lines=("emulated watermark",), size=size, fonts=self.fonts)
        right, bottom = frame.width - size - round(text.width), frame.height - 2 * size
        at = (right if corner in {2, 3} else size, size if corner in {1, 2} else bottom)
        text.draw(frame, at, _WHITE)

    def cover(self, order: Order) -> bytes:
        """A small PNG of the same picture."""
        return _encode(ImageOps.contain(self._frame(order), (480, 480)), order)

    def _frame(self, order: Order) -> Image.Image:
        frame = self.background(order, pixels_of(order)).paint()
        if has_card(order):
            card, at = self.card(order, frame.size)
            frame.paste(card, at, card)
        self.caption(frame, caption_of(order, 0), is_wide=is_of_video(order))
        return frame

    def caption(self, frame: Image.Image, text: str, *, is_wide: bool = False) -> None:
        """Write a line in a band top left, if there is anything to write.

        A wide band covers that of the video which is shown, whatever is written there.
        """
        if not text:
            return
        size = max(12, min(frame.size) // 26)
        block = fit(text, (frame.width - 4 * size, 2 * size), [size], self.fonts)
        right = frame.width - size if is_wide else round(block.width) + 3 * size
        box = (size, size, right, block.line_height + 2 * size)
        ImageDraw.Draw(frame).rectangle(box, fill=_CARD[:3])
        block.draw(frame, (2 * size, round(1.5 * size)), _WHITE)

    def background(self, order: Order, size: tuple[int, int], overscan: int = 0) -> Background:
        """What is behind the card: the images or the video that a video is made of, or a scene."""
        if is_of_video(order):
            return self._video_background(order, size)
        if is_cut(order):
            side = max(size)
            media = order.images
            shown = [self._decoded(each, side) or self._tile(each, side) for each in media]
            return Shots([ImageOps.fit(image, size) for image in shown], partial(shot_at, order))
        if order.passes_images:
            found = [self._decoded(image, max(size)) for image in order.images]
            seen = [
                (ImageOps.fit(image, size), stop)
                for image, stop in zip(found, stops_of(order), strict=True)
                if image is not None
            ]
            if seen:
                images, stops = zip(*seen, strict=True)
                return KeyFrames(images, stops)
        return Scene(order, size, overscan)

    def _video_background(self, order: Order, size: tuple[int, int]) -> Background:
        """The video that a video is made of, with its extension if it has one."""
        frames = self._frames(order, size)
        if not is_extended(order):
            return Film(frames)
        last = self._decoded(order.images[0], max(size)) if order.images else None
        end = ImageOps.fit(last, size) if last is not None else None
        return Continued(frames, original_s(order) / order.duration_s, end)

    def _frames(self, order: Order, size: tuple[int, int]) -> Frames:
        """The frames of the video that a video is made of; a tile if it is not here."""
        video = order.videos[-1]
        footage = self._footage(video, size)
        if footage is None:
            tile = ImageOps.fit(self._tile(video, max(size)), size)
            return lambda _: tile.copy()
        return lambda progress: footage.at(progress * order.duration_s)

    def _footage(self, video: Reference, size: tuple[int, int] | None = None) -> Footage | None:
        """The frames of a video; None if there is no copy, or one without a frame."""
        content = self.copies(video.content_key) if video.content_key else None
        if content is None:
            return None
        try:  # late: PyAV is an extra, and pictures do without it
            from runner.emulator.render.footage import Footage

            return Footage(content, size)
        except (ImportError, ValueError):
            return None

    def card(self, order: Order, size: tuple[int, int]) -> tuple[Image.Image, tuple[int, int]]:
        """The translucent panel at the foot of a frame of `size`, and where to paste it.

        It has thumbnails, the prompt and a line of facts. Mode RGBA. Over a video it is the lower
        half, because there is the card of that video.
        """
        short, is_half = min(size), is_of_video(order)
        margin, pad = 0 if is_half else round(short * 0.04), round(short * 0.03)
        inner = size[0] - 2 * margin - 2 * pad
        thumbs = self._thumbnails(order, inner, round(short * (0.2 if is_half else 0.13)))
        above = thumbs[0].height + pad if thumbs else 0
        facts = self._facts(order, inner, short)
        room = round(size[1] * 0.62) - facts.line_height - above
        sizes = [max(9, round(short / part)) for part in (22, 26, 31, 37, 44, 52, 60)]
        text = fit(order.written_prompt, (inner, room), sizes, self.fonts)
        needed = pad + above + text.height + pad // 3 + facts.line_height + pad
        height = max(needed, size[1] // 2) if is_half else needed
        card = Image.new("RGBA", (size[0] - 2 * margin, height))
        box = (0, 0, card.width - 1, height - 1)
        is_over_media = order.passes_images or is_cut(order) or not order.aspect_ratio
        colour = _DENSE_CARD if is_over_media else _CARD
        radius = 0 if is_half else round(short * 0.02)
        ImageDraw.Draw(card).rounded_rectangle(box, radius, fill=colour)
        for number, thumb in enumerate(thumbs):
            card.paste(thumb, (pad + number * round(thumb.width * 1.1), pad))
        text.draw(card, (pad, pad + above), _WHITE)
        facts.draw(card, (pad, height - pad - facts.line_height), _GREY)
        return card, (margin, size[1] - margin - height)

    def _facts(self, order: Order, width: int, short: int) -> TextBlock:
        parts = [f"seed {order.seed}", order.model, order.aspect_ratio, order.resolution]
        if order.is_video:
            parts.append(f"{order.duration_s} s")
        line = "  ·  ".join(part for part in (*parts, *order.shown, "emulated") if part)
        preferred = TextBlock(lines=(line,), size=round(short / 38), fonts=self.fonts)
        # Narrow frames get smaller letters, so that the line stays on the card.
        size = min(preferred.size, int(preferred.size * width / max(1.0, preferred.width)))
        return replace(preferred, size=max(9, size))

    def _thumbnails(self, order: Order, width: int, height: int) -> list[Image.Image]:
        """One framed square for each image and video, small enough for all to stand in a row."""
        media = (*order.images, *order.videos)
        side = min(height, round(width / max(1, len(media)) / 1.12))
        edge = max(2, side // 40)
        inside = (side - 2 * edge, side - 2 * edge)
        shown = (self._decoded(medium, side) or self._tile(medium, side) for medium in media)
        return [ImageOps.expand(ImageOps.fit(image, inside), edge, _WHITE) for image in shown]

    def _decoded(self, image: Reference, side: int) -> Image.Image | None:
        """The image on white, of a video the first frame.

        None if there is no copy, or one that is too large or broken.
        """
        if image.media_type.startswith("video/"):
            footage = self._footage(image)
            return footage.at(0) if footage else None
        content = self.copies(image.content_key) if image.content_key else None
        if content is None:
            return None
        try:
            with open_image(content, image.media_type) as found:
                found.draft("RGB", (side, side))
                if found.width * found.height > _MOST_DECODED_PIXELS:
                    return None
                if not found.has_transparency_data:
                    return found.convert("RGB")
                whole = found.convert("RGBA")
        except (OSError, SyntaxError, ValueError, EOFError):  # its head was valid, its body is not
            return None
        return Image.alpha_composite(Image.new("RGBA", whole.size, _WHITE), whole).convert("RGB")

    def _tile(self, image: Reference, side: int) -> Image.Image:
        """A tile with host and name of a URL: the emulator fetches nothing from outside."""
        parts = urlsplit(image.url) if image.url else None
        label = f"{parts.hostname} {parts.path.rsplit('/', 1)[-1]}" if parts else "reference"
        tile = Image.new("RGB", (side, side), "#46566a")
        pad = side // 10
        box, sizes = (side - 2 * pad, side - 2 * pad), [max(7, side // n) for n in (6, 8, 10, 12)]
        fit(label, box, sizes, self.fonts).draw(tile, (pad, pad), _WHITE)
        return tile


def _encode(frame: Image.Image, order: Order) -> bytes:
    """A PNG that contains prompt and seed as text, compressed quickly rather than well."""
    info = PngImagePlugin.PngInfo()  # without any time, so that equal orders give equal bytes
    info.add_itxt("prompt", order.written_prompt)
    info.add_text("seed", str(order.seed))
    info.add_text("Software", "vidu-run emulator")
    out = io.BytesIO()
    frame.save(out, "PNG", compress_level=2, pnginfo=info)
    return out.getvalue()
