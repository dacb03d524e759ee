"""Backgrounds: a landscape that a seed decides, or the images and videos that one is made of."""

from __future__ import annotations

import hashlib
import math
import random
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from PIL import Image, ImageChops, ImageDraw, ImageOps

from runner.emulator.state.tasks import Order

Colour: TypeAlias = tuple[int, ...]
"""Red, green and blue."""
Frames: TypeAlias = Callable[[float], Image.Image]
"""Maps the progress of the result, from 0 to 1 and in rising order, to a frame of a video."""

# Top of the sky, horizon, farthest hills, nearest hills, sun.
_PALETTES: tuple[tuple[Colour, Colour, Colour, Colour, Colour], ...] = (
    ((38, 70, 130), (250, 200, 160), (170, 150, 180), (36, 42, 78), (255, 236, 200)),
    ((16, 22, 54), (92, 84, 140), (70, 70, 120), (12, 16, 38), (240, 240, 228)),
    ((252, 142, 98), (255, 222, 158), (214, 120, 110), (74, 34, 66), (255, 250, 220)),
    ((122, 190, 220), (236, 244, 232), (150, 196, 190), (28, 86, 84), (255, 252, 236)),
    ((64, 40, 92), (242, 132, 130), (160, 84, 124), (38, 22, 58), (255, 214, 170)),
    ((180, 206, 214), (246, 238, 222), (178, 190, 178), (60, 84, 72), (252, 176, 120)),
    ((20, 52, 66), (124, 186, 160), (80, 138, 130), (10, 34, 42), (246, 240, 190)),
    ((248, 196, 180), (255, 240, 226), (226, 170, 160), (120, 66, 82), (255, 255, 246)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hills:
    """One range of hills."""

    colour: Colour
    mask: Image.Image
    """Mode L, as wide as the scene and its overscan, from the highest point to the bottom."""
    speed: float
    """Share of the overscan by which it moves in a video, 0 (far) to 1 (near)."""


class Scene:
    """The landscape behind the card, `overscan` pixels wider than the frame that moves past it.

    The order's seed decides what it looks like, and what else was asked for.
    """

    def __init__(self, order: Order, size: tuple[int, int], overscan: int = 0):
        dice = _dice_of(order)
        palette = _PALETTES[int(dice.random() * len(_PALETTES))]
        top, horizon, far, near, self.sun_colour = (_shifted(colour, dice) for colour in palette)
        self._overscan = overscan
        # Stretched at the end, much faster than every pixel; below 0.72 of the height are hills.
        gradient = Image.linear_gradient("L")
        self._sky = ImageOps.colorize(gradient, top, horizon, whitepoint=184).resize(size)
        if sum(top) < 260:  # night
            _draw_stars(self._sky, dice)
        self._sun = _sun(round(min(size) * (0.07 + 0.07 * dice.random())))
        across, down = 0.2 + 0.6 * dice.random(), 0.16 + 0.2 * dice.random()
        self._sun_left = round(size[0] * across) - self._sun.width // 2
        self._sun_top = round(size[1] * down) - self._sun.height // 2
        self._ranges = list(_ranges(dice, size, overscan, far, near))

    def paint(self, progress: float = 0.0) -> Image.Image:
        """One frame; with progress from 0 to 1 the hills pass and the sun rises."""
        frame = self._sky.copy()
        top = self._sun_top - round(frame.height * 0.1 * progress)
        frame.paste(self.sun_colour, (self._sun_left, top), self._sun)
        for hills in self._ranges:
            left = round(hills.speed * progress * self._overscan)
            mask = hills.mask.crop((left, 0, left + frame.width, hills.mask.height))
            frame.paste(hills.colour, (0, frame.height - mask.height), mask)
        return frame


class KeyFrames:
    """Images that turn into one another: the frames that a video has to pass."""

    sun_colour: Colour = (255, 255, 255)

    def __init__(self, images: Sequence[Image.Image], stops: Sequence[float]):
        """With the progress, from 0 to 1 and rising, at which each image is seen."""
        self._images, self._stops = images, stops

    def paint(self, progress: float = 0.0) -> Image.Image:
        """One frame, with progress from 0 to 1."""
        passed = bisect_right(self._stops, progress)
        if passed in {0, len(self._stops)}:  # before the first or after the last one, it stays
            return self._images[min(passed, len(self._images) - 1)].copy()
        start, end = self._stops[passed - 1 : passed + 1]
        share = (progress - start) / (end - start)
        return Image.blend(self._images[passed - 1], self._images[passed], share)


class Shots:
    """Images one after another."""

    sun_colour: Colour = (255, 255, 255)

    def __init__(self, images: Sequence[Image.Image], shot_at: Callable[[float], int]):
        """With the number of the image that is seen at a progress from 0 to 1."""
        self._images, self._shot_at = images, shot_at

    def paint(self, progress: float = 0.0) -> Image.Image:
        """One frame, with progress from 0 to 1."""
        return self._images[self._shot_at(progress)].copy()


class Continued:
    """A video, and what follows its last frame: a way to the last image, or into the picture."""

    sun_colour: Colour = (255, 255, 255)

    def __init__(self, original: Frames, share: float, last: Image.Image | None):
        """`share`: the progress, from 0 to 1, at which the original ends."""
        self._original, self._share, self._last = original, share, last
        self._end: Image.Image | None = None
        """The last frame of the original, once it has been seen."""

    def paint(self, progress: float = 0.0) -> Image.Image:
        """One frame, with progress from 0 to 1, in rising order."""
        if progress < self._share:
            return self._original(progress)
        if self._end is None:
            self._end = self._original(self._share)
        beyond = (progress - self._share) / (1 - self._share) if self._share < 1 else 1.0
        if self._last is not None:
            return Image.blend(self._end, self._last, beyond)
        width, height = self._end.size
        left, top = width * 0.12 * beyond, height * 0.12 * beyond
        return self._end.resize(self._end.size, box=(left, top, width - left, height - top))


class Film:
    """A video as it is."""

    sun_colour: Colour = (255, 255, 255)

    def __init__(self, original: Frames):
        self._original = original

    def paint(self, progress: float = 0.0) -> Image.Image:
        """One frame, with progress from 0 to 1, in rising order."""
        return self._original(progress)


Background: TypeAlias = Scene | KeyFrames | Shots | Continued | Film
"""What stands behind the card."""


def _dice_of(order: Order) -> random.Random:
    # By content: the same image has another URL each time, and still gives the same picture.
    references = (*order.images, *order.videos, *order.sounds)
    media = " ".join(medium.content_key or medium.url for medium in references)
    request = f"{order.seed}\n{order.model}\n{order.written_prompt}\n{media}"
    seed = hashlib.sha256(request.encode()).hexdigest()
    return random.Random(seed)  # noqa: S311 - a picture has to come out the same again


def _shifted(colour: Colour, dice: random.Random) -> Colour:
    return tuple(min(255, max(0, round(c + 24 * (dice.random() - 0.5)))) for c in colour)


def _mixed(start: Colour, end: Colour, share: float) -> Colour:
    return tuple(round(a + (b - a) * share) for a, b in zip(start, end, strict=True))


def _draw_stars(sky: Image.Image, dice: random.Random) -> None:
    draw = ImageDraw.Draw(sky)
    unit = min(sky.size) / 900
    for _ in range(90):
        x, y = dice.random() * sky.width, dice.random() ** 1.5 * sky.height * 0.5
        radius = unit * (0.6 + dice.random())
        draw.circle((x, y), radius, fill=(232, 232, 244))


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
) -> Iterator[Hills]:
    count, is_sharp = 4 + int(dice.random() * 2), dice.random() < 0.5
    for number in range(count):
        share = number / (count - 1)  # 0 for the farthest range, 1 for the nearest
        ridge = _ridge(dice, size, share, _zigzag if is_sharp and share < 0.7 else math.sin)
        line = [(x * 2, ridge(x) * 2) for x in range(0, size[0] + overscan + 5, 5)]
        # Drawn at twice the size for smooth edges, and cut at the top of the ridge to paste fast.
        mask = Image.new("L", ((size[0] + overscan) * 2, size[1] * 2))
        corners = [(line[-1][0], mask.height), (0, mask.height)]
        ImageDraw.Draw(mask).polygon([*line, *corners], fill=255)
        top = max(0, int(min(y for _, y in line)) // 2)
        mask = mask.reduce(2).crop((0, top, size[0] + overscan, size[1]))
        yield Hills(colour=_mixed(far, near, share), mask=mask, speed=0.15 + 0.85 * share**1.5)


def _zigzag(x: float) -> float:
    return 1 - 2 * abs(x / math.pi % 2 - 1)


def _ridge(
    dice: random.Random, size: tuple[int, int], share: float, wave: Callable[[float], float]
) -> Callable[[float], float]:
    """The height of a ridge, in pixels from the top, by its horizontal position."""
    base, scale = size[1] * (0.46 + 0.34 * share), size[1] * (1.15 - 0.5 * share)
    waves = [  # the higher, the longer: height, frequency and phase
        (0.09 / (n + 0.6), (n + 0.5 + dice.random()) * 5 / max(size), 7 * dice.random())
        for n in range(5)
    ]
    return lambda x: base - scale * sum(high * wave(x * pace + at) for high, pace, at in waves)
