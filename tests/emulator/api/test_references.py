from __future__ import annotations

import base64
import io

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from runner.emulator.api.errors import ApiError
from runner.emulator.api.references import Source, receive
from tests.builders import as_data_uri, image_bytes

URL = "https://example.com/cat.png"


def named(text: str) -> Source:
    return Source(name="images[0]", text=text)


def refusal(source: str) -> ApiError:
    with pytest.raises(ApiError) as caught:
        receive([named(source)], lambda _: None)
    return caught.value


@pytest.mark.parametrize("kind", ["png", "jpeg", "jpg", "webp"])
def test_documented_formats_are_accepted(kind: str) -> None:
    content = image_bytes(kind.replace("jpg", "jpeg"))
    [(image, received)] = receive([named(as_data_uri(content, f"image/{kind}"))], lambda _: None)
    assert received == content
    assert image.media_type == f"image/{kind.replace('jpg', 'jpeg')}"
    assert (image.url, image.width, image.height) == ("", 128, 128)


@pytest.mark.parametrize("size", [(128, 128), (128, 511), (511, 128), (4000, 1001)])
def test_documented_sizes_are_accepted(size: tuple[int, int]) -> None:
    [(image, _)] = receive([named(as_data_uri(image_bytes(size=size)))], lambda _: None)
    assert (image.width, image.height) == size


@pytest.mark.parametrize("size", [(127, 128), (128, 127), (512, 128), (128, 512), (128, 900)])
def test_small_and_narrow_images_are_refused(size: tuple[int, int]) -> None:
    error = refusal(as_data_uri(image_bytes(size=size)))
    assert error.reason == "PageSizeOutOfRange"
    assert f"images[0] is {size[0]}x{size[1]}" in error.message


@pytest.mark.parametrize(
    "source",
    [
        "data:image/png;base64,@@@@",
        "data:image/png;base64,iVBORw0KGg",
        "data:image/png;base64,",
        "data:image/png;base64,图",
        "data:image/png,iVBORw0KGgo=",
        "data:;base64,iVBORw0KGgo=",
        "data:image/gif;base64,R0lGODlhAQABAAAAACw=",
        "data:text/plain;base64,aGVsbG8=",
        "data:image/png;base64," + base64.b64encode(b"hello" * 50).decode(),
        "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\nrest").decode(),
        "data:image/jpeg;base64," + base64.b64encode(b"\xff\xd8\xff\xe0").decode(),
        "data:image/webp;base64," + base64.b64encode(b"RIFF1234WEBPVP8 ").decode(),
        "data:",
    ],
)
def test_data_without_an_image_is_refused(source: str) -> None:
    assert refusal(source).reason == "ImageFormatInvalid"


def test_an_image_is_what_it_declares() -> None:
    error = refusal(as_data_uri(image_bytes("jpeg"), "image/png"))
    assert error.reason == "ImageFormatInvalid"
    assert error.message == "images[0] is image/jpeg, not image/png as it declares"


@pytest.mark.parametrize("source", ["", "cat.png", "file:///etc/passwd", "iVBORw0KGgo="])
def test_other_texts_are_refused(source: str) -> None:
    assert refusal(source).reason == "FieldInvalid"


def test_a_url_outside_the_emulator_is_not_fetched() -> None:
    [(image, content)] = receive([named(URL)], lambda _: None)
    assert (image.url, image.sha256, content) == (URL, "", None)


def test_a_file_of_the_emulator_is_checked_too() -> None:
    with pytest.raises(ApiError, match="at least 128x128"):
        receive([named(URL)], lambda _: image_bytes(size=(64, 64)))


def test_metadata_of_a_png_is_not_unpacked() -> None:
    info = PngInfo()
    info.add_text("workflow", "x" * (3 << 20), zip=True)
    out = io.BytesIO()
    Image.new("RGB", (300, 200)).save(out, "PNG", pnginfo=info)
    source = "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()
    ((reference, _),) = receive([named(source)], lambda _: None)
    assert (reference.width, reference.height) == (300, 200)
