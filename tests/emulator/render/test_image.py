from __future__ import annotations

import hashlib
import io

import pytest
from PIL import Image

from runner.emulator.render.image import Copies, Painter
from runner.emulator.render.text import FontSet, system_fonts
from runner.emulator.state.tasks import Order, Reference
from runner.emulator.tables import pixels_of
from tests.builders import emulated_order as order

PLAIN = FontSet()


def no_copy(_: str) -> bytes | None:
    return None


def picture(
    asked: Order, copies: Copies = no_copy, fonts: FontSet = PLAIN, **options: bool
) -> bytes:
    return Painter(copies=copies, fonts=fonts).picture(asked, **options)


def opened(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


@pytest.mark.parametrize("ratio", ["16:9", "9:16", "21:9"])
def test_a_picture_has_the_size_asked_for(ratio: str) -> None:
    asked = order(aspect_ratio=ratio)
    assert opened(picture(asked)).size == pixels_of(asked)


def test_a_picture_carries_prompt_and_seed() -> None:
    image = opened(picture(order(prompt="猫")))
    assert image.info["prompt"] == "猫"
    assert image.info["seed"] == "7"


def test_only_the_same_order_gives_the_same_bytes() -> None:
    base = picture(order())
    assert picture(order()) == base
    for change in ({"seed": 8}, {"prompt": "a dog"}, {"model": "viduq1"}):
        assert picture(order(**change)) != base
    assert picture(order(payload="tag", callback_url="http://a/")) == base


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
    assert opened(picture(asked, no_copy, fonts)).size == (540, 960)


def test_references_are_shown_as_thumbnails() -> None:
    out = io.BytesIO()
    Image.new("RGB", (300, 200), "#ff00fe").save(out, "PNG")
    name = hashlib.sha256(out.getvalue()).hexdigest()
    known = Reference(sha256=name, media_type="image/png", width=300, height=200)
    copies = {name: out.getvalue()}
    whole = opened(picture(order(images=(known,)), copies.get))
    assert (255, 0, 254) in {color for _, color in whole.getcolors(1 << 24) or []}


@pytest.mark.parametrize("count", [1, 3, 7])
def test_a_reference_without_a_copy_is_a_labelled_tile(count: int) -> None:
    far = Reference(url="https://example.com/pictures/cat.png?x=1")
    gone = Reference(sha256="0" * 64, media_type="image/png", width=200, height=200)
    for image in (far, gone):
        whole = opened(picture(order(images=(image,) * count)))
        assert (0x46, 0x56, 0x6A) in {color for _, color in whole.getcolors(1 << 24) or []}


@pytest.mark.parametrize("broken", [b"\x89PNG\r\n\x1a\n", b"", b"RIFF"])
def test_a_reference_with_a_broken_body_is_a_tile(broken: bytes) -> None:
    image = Reference(sha256="0" * 64, media_type="image/png", width=200, height=200)
    whole = opened(picture(order(images=(image,)), lambda _: broken))
    assert whole.size == (1920, 1080)


def test_a_transparent_reference_stands_on_white() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (200, 200), (0, 0, 0, 0)).save(out, "WEBP", lossless=True)
    image = Reference(sha256="0" * 64, media_type="image/webp", width=200, height=200)
    content = out.getvalue()
    drawn = picture(order(images=(image,)), lambda _: content)
    assert (255, 255, 255) in {color for _, color in opened(drawn).getcolors(1 << 24) or []}


def test_covers_are_small_and_watermarks_show() -> None:
    assert opened(Painter(copies=no_copy, fonts=PLAIN).cover(order())).size == (480, 270)
    assert picture(order(), watermark=True) != picture(order())
