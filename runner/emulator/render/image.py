"""An order to its picture: a landscape from the seed under a card with what was asked for."""

from __future__ import annotations

import hashlib
import io
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import urlsplit

from PIL import Image, ImageChops, ImageDraw, ImageOps, PngImagePlugin

from runner.emulator.api.references import open_image
from runner.emulator.render.fonts import FontSet
from runner.emulator.render.text import Setting, fit, width_of, write
from runner.emulator.state.tasks import Order, Reference
from runner.emulator.tables import pixels_of

Colour: TypeAlias = tuple[int, int, int]

_MOODS: tuple[tuple[Colour, Colour, Colour, Colour, Colour], ...] = (
    ((38, 70, 130), (250, 200, 160), (170, 150, 180), (36, 42, 78), (255, 236, 200)),
    ((16, 22, 54), (92, 84, 140), (70, 70, 120), (12, 16, 38), (240, 240, 228)),
    ((252, 142, 98), (255, 222, 158), (214, 120, 110), (74, 34, 66), (255, 250, 220)),
    ((122, 190, 220), (236, 244, 232), (150, 196, 190), (28, 86, 84), (255, 252, 236)),
    ((64, 40, 92), (242, 132, 130), (160, 84, 124), (38, 22, 58), (255, 214, 170)),
    ((180, 206, 214), (246, 238, 222), (178, 190, 178), (60, 84, 72), (252, 176, 120)),
    ((20, 52, 66), (124, 186, 160), (80, 138, 130), (10, 34, 42), (246, 240, 190)),
    ((248, 196, 180), (255, 240, 226), (226, 170, 160), (120, 66, 82), (255, 255, 246)),
)
"""Top of the sky, horizon, farthest hills, nearest hills, sun."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """One range of hills."""

    colour: Colour
    mask: Image.Image
    """Mode L, as wide as the scene and its overscan, from `top` to the bottom."""
    top: int
    pace: float
    """How far it moves while the whole overscan goes by, 0 (far) to 1 (near)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """All that is behind the text."""

    sky: Image.Image
    sun: Image.Image
    """Mode L: the disc and its halo, as strong as they shine."""
    sun_colour: Colour
    sun_at: tuple[int, int]
    """Its centre."""
    ranges: tuple[Range, ...]


def make(seed: str, size: tuple[int, int], overscan: int = 0) -> Scene:
    """The scene of a seed, `overscan` pixels wider than the frame so that it can move past it."""
    dice = random.Random(seed)  # noqa: S311 - a picture has to come out the same again
    top, horizon, far, near, sun = (
        _shifted(colour, dice) for colour in _MOODS[int(dice.random() * len(_MOODS))]
    )
    width, height = size
    sky = _sky(size, top, horizon)
    if sum(top) < 260:
        _stars(sky, dice)
    return Scene(
        sky=sky,
        sun=_sun(round(min(size) * (0.07 + 0.07 * dice.random()))),
        sun_colour=sun,
        sun_at=(
            round(width * (0.2 + 0.6 * dice.random())),
            round(height * (0.16 + 0.2 * dice.random())),
        ),
        ranges=tuple(_ranges(dice, size, overscan, far, near)),
    )


def paint(scene: Scene, moved: float = 0.0, overscan: int = 0, rise: int = 0) -> Image.Image:
    """The scene after the share `moved` of the overscan went by and the sun rose some pixels."""
    frame = scene.sky.copy()
    corner = (
        scene.sun_at[0] - scene.sun.width // 2,
        scene.sun_at[1] - scene.sun.height // 2 - rise,
    )
    frame.paste(scene.sun_colour, (*corner, *_far_corner(corner, scene.sun.size)), scene.sun)
    for hills in scene.ranges:
        left = round(hills.pace * moved * overscan)
        mask = hills.mask.crop((left, 0, left + frame.width, hills.mask.height))
        frame.paste(hills.colour, (0, hills.top, frame.width, hills.top + mask.height), mask)
    return frame


def _far_corner(corner: tuple[int, int], size: tuple[int, int]) -> tuple[int, int]:
    return corner[0] + size[0], corner[1] + size[1]


def _shifted(colour: Colour, dice: random.Random) -> Colour:
    red, green, blue = (min(255, max(0, round(c + 24 * (dice.random() - 0.5)))) for c in colour)
    return red, green, blue


def _mixed(one: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _sky(size: tuple[int, int], top: Colour, horizon: Colour) -> Image.Image:
    column = Image.new("RGB", (1, size[1]))
    reach = size[1] * 0.72
    column.putdata([_mixed(top, horizon, min(1.0, y / reach)) for y in range(size[1])])
    return column.resize(size, Image.Resampling.NEAREST)


def _stars(sky: Image.Image, dice: random.Random) -> None:
    draw = ImageDraw.Draw(sky)
    unit = min(sky.size) / 900
    for _ in range(90):
        x, y = dice.random() * sky.width, dice.random() ** 1.5 * sky.height * 0.5
        reach = unit * (0.6 + dice.random())
        draw.ellipse((x - reach, y - reach, x + reach, y + reach), fill=(232, 232, 244))


def _sun(radius: int) -> Image.Image:
    """A disc of `radius` pixels in a halo four times as wide."""
    side = radius * 8
    halo = ImageChops.invert(Image.radial_gradient("L")).resize((side, side))
    faint = halo.point([0] * 75 + [round((n - 75) ** 1.6 / 45) for n in range(75, 256)])
    disc = Image.new("L", (side * 2, side * 2))
    ImageDraw.Draw(disc).circle((side, side), radius * 2, fill=255)
    return ImageChops.lighter(faint, disc.reduce(2))


def _ranges(
    dice: random.Random, size: tuple[int, int], overscan: int, far: Colour, near: Colour
) -> list[Range]:
    count = 4 + int(dice.random() * 2)
    sharp = dice.random() < 0.5
    made = []
    for number in range(count):
        share = number / (count - 1)
        ridge = _ridge(dice, size, share, sharp=sharp and share < 0.7)
        mask, top = _mask(ridge, (size[0] + overscan, size[1]))
        colour = _mixed(far, near, share)
        made.append(Range(colour=colour, mask=mask, top=top, pace=0.15 + 0.85 * share**1.5))
    return made


def _ridge(
    dice: random.Random, size: tuple[int, int], share: float, *, sharp: bool
) -> Callable[[float], float]:
    """Height of the ridge line, in pixels from the top, for a place on it."""
    base = size[1] * (0.46 + 0.34 * share)
    waves = [
        (size[1] * 0.09 / (n + 0.6), (n + 0.5 + dice.random()) * 5 / max(size), 7 * dice.random())
        for n in range(5)
    ]

    def at(x: float) -> float:
        turns = (high * _wave(x * pace + phase, sharp=sharp) for high, pace, phase in waves)
        return base - sum(turns) * (1.15 - 0.5 * share)

    return at


def _wave(x: float, *, sharp: bool) -> float:
    return 1 - 2 * abs(x / math.pi % 2 - 1) if sharp else math.sin(x)


def _mask(ridge: Callable[[float], float], size: tuple[int, int]) -> tuple[Image.Image, int]:
    """Everything below the ridge, drawn at twice the size for smooth edges."""
    width, height = size
    line = [(x * 2, ridge(x) * 2) for x in range(0, width + 5, 5)]
    top = max(0, int(min(y for _, y in line)) // 2)
    mask = Image.new("L", (width * 2, (height - top) * 2))
    bottom = mask.height
    outline = [(0, bottom), *((x, y - top * 2) for x, y in line), (width * 2 + 10, bottom)]
    ImageDraw.Draw(mask).polygon(outline, fill=255)
    return mask.reduce(2), top


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


def picture(order: Order, copies: Copies, faces: FontSet, *, watermark: bool = False) -> bytes:
    """The PNG of an order: the same order gives the same bytes on the same machine."""
    frame = paint(make(scene_seed(order), pixels_of(order)))
    stamp(frame, card(order, frame.size, copies, faces))
    if watermark:
        _mark(frame, faces)
    return encode(frame, order)


def cover(order: Order, copies: Copies, faces: FontSet) -> bytes:
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


def card(order: Order, size: tuple[int, int], copies: Copies, faces: FontSet) -> Card:
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


def _facts(order: Order, width: int, short: int, faces: FontSet) -> Setting:
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
    images: Sequence[Reference], width: int, height: int, copies: Copies, faces: FontSet
) -> list[Image.Image]:
    """One framed thumbnail an image, all of one height, small enough to stand in one row."""
    if not images:
        return []
    side = min(height, round(width / len(images) / 1.12))
    return [_thumbnail(image, side, copies, faces) for image in images]


def _thumbnail(image: Reference, side: int, copies: Copies, faces: FontSet) -> Image.Image:
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


def _placeholder(image: Reference, side: int, faces: FontSet) -> Image.Image:
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


def _mark(frame: Image.Image, faces: FontSet) -> None:
    """The watermark of `watermarked_url`, top right."""
    text = Setting(lines=("emulated watermark",), size=max(12, min(frame.size) // 30))
    margin = text.size
    x = frame.width - margin - round(width_of(text.lines[0], text.size, faces))
    write(ImageDraw.Draw(frame), (x, margin), text, _WHITE, faces)
