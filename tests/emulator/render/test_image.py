from __future__ import annotations

import hashlib
import io
from typing import Any

import pytest
from PIL import Image

from runner.emulator.render.image import cover, picture
from runner.emulator.render.text import FontSet, system_fonts
from runner.emulator.state.tasks import Order, Reference
from runner.emulator.tables import pixels_of

PLAIN = FontSet()


def order(**changes: Any) -> Order:
    fields: dict[str, Any] = {
        "api": "vidu",
        "model": "viduq2",
        "prompt": "a cat on a window sill",
        "seed": 7,
        "aspect_ratio": "16:9",
        "resolution": "1080p",
    }
    return Order(**(fields | changes))


def nothing(_: str) -> bytes | None:
    return None


def opened(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


@pytest.mark.parametrize(
    ("ratio", "resolution", "size"),
    [
        ("16:9", "1080p", (1920, 1080)),
        ("9:16", "1080p", (1080, 1920)),
        ("1:1", "1080p", (1080, 1080)),
        ("3:4", "1080p", (1080, 1440)),
        ("4:3", "1080p", (1440, 1080)),
        ("21:9", "1080p", (2520, 1080)),
        ("2:3", "1080p", (1080, 1620)),
        ("3:2", "1080p", (1620, 1080)),
        ("auto", "1080p", (1920, 1080)),
        ("16:9", "2K", (2560, 1440)),
        ("16:9", "4K", (3840, 2160)),
        ("1:1", "4K", (2160, 2160)),
        ("16:9", "540p", (960, 540)),
        ("3:4", "720p", (720, 960)),
    ],
)
def test_each_shape_has_its_pixels(ratio: str, resolution: str, size: tuple[int, int]) -> None:
    assert pixels_of(order(aspect_ratio=ratio, resolution=resolution)) == size


def test_auto_takes_the_ratio_of_the_first_image() -> None:
    first = Reference(sha256="a", media_type="image/png", width=300, height=400)
    unknown = Reference(url="https://example.com/cat.png")
    assert pixels_of(order(aspect_ratio="auto", images=(first, unknown))) == (1080, 1440)
    assert pixels_of(order(aspect_ratio="auto", images=(unknown, first))) == (1920, 1080)


@pytest.mark.parametrize("ratio", ["16:9", "9:16", "21:9"])
def test_a_picture_has_the_size_asked_for(ratio: str) -> None:
    asked = order(aspect_ratio=ratio)
    assert opened(picture(asked, nothing, PLAIN)).size == pixels_of(asked)


def test_a_picture_carries_prompt_and_seed() -> None:
    image = opened(picture(order(prompt="猫"), nothing, PLAIN))
    assert image.info["prompt"] == "猫"
    assert image.info["seed"] == "7"


def test_the_same_order_gives_the_same_bytes_and_each_change_others() -> None:
    base = picture(order(), nothing, PLAIN)
    assert picture(order(), nothing, PLAIN) == base
    for change in ({"seed": 8}, {"prompt": "a dog"}, {"model": "viduq1"}):
        assert picture(order(**change), nothing, PLAIN) != base
    assert picture(order(payload="tag", callback_url="http://a/"), nothing, PLAIN) == base


@pytest.mark.parametrize(
    "prompt",
    [
        "猫" * 2000,
        "word " * 400,
        "x" * 2000,
        "\n\t\x00\x1b[31m",
        "مرحبا 👩‍👩‍👧 ไทย",
        "\u202e reversed",
        " ",
    ],
    ids=lambda prompt: repr(prompt[:12]),
)
@pytest.mark.parametrize("fonts", [PLAIN, system_fonts()], ids=["plain", "system"])
def test_any_prompt_can_be_drawn(prompt: str, fonts: FontSet) -> None:
    asked = order(prompt=prompt, aspect_ratio="9:16", resolution="540p")
    assert opened(picture(asked, nothing, fonts)).size == (540, 960)


def test_references_are_shown_as_thumbnails() -> None:
    out = io.BytesIO()
    Image.new("RGB", (300, 200), "#ff00fe").save(out, "PNG")
    name = hashlib.sha256(out.getvalue()).hexdigest()
    known = Reference(sha256=name, media_type="image/png", width=300, height=200)
    copies = {name: out.getvalue()}
    whole = opened(picture(order(images=(known,)), copies.get, PLAIN))
    assert (255, 0, 254) in {color for _, color in whole.getcolors(1 << 24) or []}


@pytest.mark.parametrize("count", [1, 3, 7])
def test_what_cannot_be_shown_is_a_labelled_tile(count: int) -> None:
    far = Reference(url="https://example.com/pictures/cat.png?x=1")
    gone = Reference(sha256="0" * 64, media_type="image/png", width=200, height=200)
    for image in (far, gone):
        whole = opened(picture(order(images=(image,) * count), nothing, PLAIN))
        assert (0x46, 0x56, 0x6A) in {color for _, color in whole.getcolors(1 << 24) or []}


@pytest.mark.parametrize("broken", [b"\x89PNG\r\n\x1a\n", b"", b"RIFF"])
def test_a_reference_with_a_broken_body_is_a_tile(broken: bytes) -> None:
    image = Reference(sha256="0" * 64, media_type="image/png", width=200, height=200)
    whole = opened(picture(order(images=(image,)), lambda _: broken, PLAIN))
    assert whole.size == (1920, 1080)


def test_a_transparent_reference_stands_on_white() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (200, 200), (0, 0, 0, 0)).save(out, "WEBP", lossless=True)
    image = Reference(sha256="0" * 64, media_type="image/webp", width=200, height=200)
    content = out.getvalue()
    drawn = picture(order(images=(image,)), lambda _: content, PLAIN)
    assert (255, 255, 255) in {color for _, color in opened(drawn).getcolors(1 << 24) or []}


def test_covers_are_small_and_watermarks_show() -> None:
    assert opened(cover(order(), nothing, PLAIN)).size == (480, 270)
    assert picture(order(), nothing, PLAIN, watermark=True) != picture(order(), nothing, PLAIN)
