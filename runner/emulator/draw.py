"""An order to its picture: a landscape from the seed under a card with what was asked for."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import urlsplit

from PIL import Image, ImageDraw, ImageOps, PngImagePlugin

from runner.emulator import scene
from runner.emulator.lettering import Setting, fit, width_of, write
from runner.emulator.references import open_image
from runner.emulator.tables import pixels_of
from runner.emulator.tasks import Order, Reference
from runner.emulator.typefaces import Typefaces

Copies: TypeAlias = Callable[[str], bytes | None]
"""Digest of a reference image to its content; None where it is gone."""

_WHITE, _GREY = "#ffffff", "#c9d2dc"
_CARD = (14, 18, 30, 178)
_LARGEST_DECODED = 40_000_000
"""Pixels: a reference above is told in words rather than decoded for a thumbnail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """The part of a picture that tells: transparent around it, as large as the picture."""

    image: Image.Image
    """Mode RGBA, only the region that has something on it."""
    at: tuple[int, int]


def picture(order: Order, copies: Copies, faces: Typefaces, *, watermark: bool = False) -> bytes:
    """The PNG of an order: the same order gives the same bytes on the same machine."""
    frame = scene.paint(scene.make(scene_seed(order), pixels_of(order)))
    stamp(frame, card(order, frame.size, copies, faces))
    if watermark:
        _mark(frame, faces)
    return encode(frame, order)


def cover(order: Order, copies: Copies, faces: Typefaces) -> bytes:
    """A small PNG of the same picture."""
    with Image.open(io.BytesIO(picture(order, copies, faces))) as whole:
        return encode(ImageOps.contain(whole, (480, 480)), order)


def scene_seed(order: Order) -> str:
    """What the landscape follows: the seed first, and what else was asked for."""
    images = " ".join(image.sha256 or image.url for image in order.images)
    asked = f"{order.seed}\n{order.model}\n{order.prompt}\n{images}"
    return hashlib.sha256(asked.encode()).hexdigest()


def encode(frame: Image.Image, order: Order) -> bytes:
    """A PNG that carries prompt and seed as text, compressed quickly rather than well."""
    notes = PngImagePlugin.PngInfo()
    notes.add_itxt("prompt", order.prompt)
    notes.add_text("seed", str(order.seed))
    notes.add_text("Software", "vidu-run emulator")
    out = io.BytesIO()
    frame.save(out, "PNG", compress_level=2, pnginfo=notes)
    return out.getvalue()


def stamp(frame: Image.Image, card: Card) -> None:
    """Lay a card over a frame."""
    frame.paste(card.image.convert("RGB"), card.at, card.image.getchannel("A"))


def card(order: Order, size: tuple[int, int], copies: Copies, faces: Typefaces) -> Card:
    """Thumbnails, the prompt and a line of facts, at the foot of a frame of `size`."""
    short = min(size)
    margin, pad = round(short * 0.04), round(short * 0.03)
    inner = size[0] - 2 * margin - 2 * pad
    thumbs = _thumbnails(order.images, inner, round(short * 0.13), copies, faces)
    facts = _facts(order, inner, short, faces)
    room = round(size[1] * 0.62) - facts.step - (thumbs[0].height + pad if thumbs else 0)
    sizes = [max(9, round(short / part)) for part in (22, 26, 31, 37, 44, 52, 60)]
    text = fit(order.prompt, (inner, room), sizes, faces)
    above = thumbs[0].height + pad if thumbs else 0
    height = 2 * pad + above + text.height + pad // 3 + facts.step
    image = Image.new("RGBA", (size[0] - 2 * margin, height))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((0, 0, image.width - 1, height - 1), round(short * 0.02), fill=_CARD)
    _row(image, thumbs, (pad, pad))
    write(draw, (pad, pad + above), text, _WHITE, faces)
    write(draw, (pad, pad + above + text.height + pad // 3), facts, _GREY, faces)
    return Card(image=image, at=(margin, size[1] - margin - height))


def _facts(order: Order, width: int, short: int, faces: Typefaces) -> Setting:
    parts = [f"seed {order.seed}", order.model, order.aspect_ratio, order.resolution]
    if order.is_video:
        parts.append(f"{order.duration_s} s")
    line = "  ·  ".join([*parts, "emulated"])
    wanted = round(short / 38)
    size = min(wanted, int(wanted * width / max(1.0, width_of(line, wanted, faces))))
    return Setting(lines=(line,), size=max(9, size))


def _row(image: Image.Image, thumbs: Sequence[Image.Image], at: tuple[int, int]) -> None:
    x = at[0]
    for thumb in thumbs:
        image.paste(thumb, (x, at[1]))
        x += round(thumb.width * 1.1)


def _thumbnails(
    images: Sequence[Reference], width: int, height: int, copies: Copies, faces: Typefaces
) -> list[Image.Image]:
    """One framed thumbnail an image, all of one height, small enough to stand in one row."""
    if not images:
        return []
    side = min(height, round(width / len(images) / 1.12))
    return [_thumbnail(image, side, copies, faces) for image in images]


def _thumbnail(image: Reference, side: int, copies: Copies, faces: Typefaces) -> Image.Image:
    edge = max(2, side // 40)
    shown = _decoded(image, side, copies) or _placeholder(image, side, faces)
    square = ImageOps.fit(shown, (side - 2 * edge, side - 2 * edge))
    return ImageOps.expand(square, edge, _WHITE)


def _decoded(image: Reference, side: int, copies: Copies) -> Image.Image | None:
    content = copies(image.sha256) if image.sha256 else None
    if content is None:
        return None
    try:
        with open_image(content, image.media_type) as found:
            found.draft("RGB", (side, side))
            if found.width * found.height > _LARGEST_DECODED:
                return None
            return _flat(found)
    except (OSError, SyntaxError, ValueError, EOFError):
        return None  # its head was good, its body is not: told in words


def _flat(image: Image.Image) -> Image.Image:
    """The image on white where it is transparent."""
    if not image.has_transparency_data:
        return image.convert("RGB")
    whole = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", whole.size, _WHITE), whole).convert("RGB")


def _placeholder(image: Reference, side: int, faces: Typefaces) -> Image.Image:
    """A tile with the host and the name: the emulator fetches nothing from outside."""
    parts = urlsplit(image.url) if image.url else None
    label = f"{parts.hostname} {parts.path.rsplit('/', 1)[-1]}" if parts else "reference image"
    tile = Image.new("RGB", (side, side), "#46566a")
    draw = ImageDraw.Draw(tile)
    pad = side // 10
    box = (side - 2 * pad, side - 2 * pad)
    text = fit(label, box, [max(7, side // part) for part in (6, 8, 10, 12)], faces)
    write(draw, (pad, pad), text, _WHITE, faces)
    return tile


def _mark(frame: Image.Image, faces: Typefaces) -> None:
    """The watermark of `watermarked_url`, top right."""
    text = Setting(lines=("emulated watermark",), size=max(12, min(frame.size) // 30))
    margin = text.size
    x = frame.width - margin - round(width_of(text.lines[0], text.size, faces))
    write(ImageDraw.Draw(frame), (x, margin), text, _WHITE, faces)
