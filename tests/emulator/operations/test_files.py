"""Limits of the files that a request names, where these are on the emulator itself."""

from __future__ import annotations

import io
from types import ModuleType
from typing import Any

import pytest
from PIL import Image

from runner.emulator.api.errors import ApiError
from runner.emulator.api.fields import Fields
from runner.emulator.api.references import receive
from runner.emulator.operations import reading
from runner.emulator.operations.vidu import OPERATIONS
from runner.emulator.state.tasks import Order
from tests.emulator.media import sound_bytes, video_bytes
from tests.emulator.operations.cases import audio_clone, image2dance, lip_sync, one_click_mv
from tests.emulator.operations.cases.shared import IMAGE_FORMAT, INVALID, SIZE, VIDEO_FORMAT

_URLS = {
    name: f"https://example.com/{name}"
    for name in (
        *("video_url", "audio_url", "image_url"),
        *("ref_photo_url", "lip_ref_url", "prompt_audio_url"),
    )
}


def read(page: ModuleType, files: dict[str, bytes]) -> Order:
    """The order of the sample of a page whose fields name these files."""
    changes: dict[str, Any] = {name: _URLS[name] for name in files}
    if page is lip_sync and "audio_url" in files:
        changes["text"] = ""
    if "lip_ref_url" in files:
        changes["lip_sync"] = True
    if "prompt_audio_url" in files:
        changes["prompt_text"] = "Hello."
    contents = {_URLS[name]: content for name, content in files.items()}
    return reading.read(
        OPERATIONS[page.OPERATION],
        Fields(values={**page.SAMPLE, **changes}),
        lambda sources: [found for found, _ in receive(sources, contents.get)],
    )


def picture(width: int, height: int, form: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(out, form)
    return out.getvalue()


def film(width: int, height: int, form: str = "mp4", codec: str = "libx264", **more: Any) -> bytes:
    return video_bytes(form, (width, height), codec=codec, **{"seconds": 5, "fps": 2, **more})


def sound(seconds: float, form: str = "mp3") -> bytes:
    return sound_bytes(form, seconds=seconds, rate=16_000)


@pytest.mark.parametrize(
    ("page", "files"),
    [
        *((lip_sync, {"video_url": film(360, 640, form)}) for form in ("mp4", "mov", "avi")),
        (lip_sync, {"video_url": film(4096, 360, seconds=1, fps=1)}),
        *(
            (lip_sync, {"audio_url": sound(2, form)})
            for form in ("mp3", "wav", "ipod", "adts", "ogg")
        ),
        (lip_sync, {"audio_url": sound(599)}),
        *(
            (lip_sync, {"ref_photo_url": picture(192, 4096, form)})
            for form in ("PNG", "JPEG", "BMP", "WEBP")
        ),
        *((image2dance, {"image_url": picture(*size)}) for size in ((200, 600), (4096, 1400))),
        (image2dance, {"image_url": picture(300, 300, "BMP")}),
        *(
            (image2dance, {"video_url": film(200, 600, form, "mpeg4")})
            for form in ("mp4", "mov", "avi")
        ),
        *((image2dance, {"video_url": film(200, 200, seconds=s, fps=1)}) for s in (2, 30)),
        *(
            (audio_clone, {"audio_url": sound(seconds, form)})
            for seconds, form in ((10, "mp3"), (300, "mp3"), (10, "ipod"), (10, "wav"))
        ),
        (audio_clone, {"prompt_audio_url": sound(7)}),
        *((one_click_mv, {"lip_ref_url": picture(*size)}) for size in ((100, 200), (4096, 2048))),
        (one_click_mv, {"lip_ref_url": picture(100, 100, "BMP")}),
    ],
)
def test_files_within_their_limits_are_taken(page: ModuleType, files: dict[str, bytes]) -> None:
    assert read(page, files).operation == page.OPERATION


@pytest.mark.parametrize(
    ("page", "files", "reason", "message"),
    [
        (lip_sync, {"video_url": film(358, 640)}, SIZE, "at least 360x360"),
        (lip_sync, {"video_url": film(4098, 360, seconds=1, fps=1)}, SIZE, "at most 4096x4096"),
        (lip_sync, {"video_url": film(360, 360, seconds=0.5)}, INVALID, "1 to 600 s"),
        *(
            (lip_sync, {"video_url": film(360, 360, form, "mpeg4")}, VIDEO_FORMAT, "H.264")
            for form in ("mp4", "avi")
        ),
        (lip_sync, {"video_url": film(360, 360, "matroska")}, VIDEO_FORMAT, "mp4, mov or avi"),
        (lip_sync, {"audio_url": sound(0.5)}, INVALID, "1 to 600 s"),
        (lip_sync, {"audio_url": sound(601)}, INVALID, "1 to 600 s"),
        (lip_sync, {"ref_photo_url": picture(191, 300)}, SIZE, "at least 192x192"),
        (lip_sync, {"ref_photo_url": picture(4097, 300)}, SIZE, "at most 4096x4096"),
        (
            lip_sync,
            {"ref_photo_url": picture(300, 300) + bytes(10 * 1024 * 1024)},
            SIZE,
            "at most 10485760",
        ),
        (lip_sync, {"ref_photo_url": picture(300, 300, "GIF")}, IMAGE_FORMAT, "bmp or webp"),
        (image2dance, {"image_url": picture(199, 300)}, SIZE, "at least 200x200"),
        (image2dance, {"image_url": picture(601, 200)}, SIZE, "between 1:3 and 3:1"),
        (image2dance, {"image_url": picture(4097, 2000)}, SIZE, "at most 4096x4096"),
        (
            image2dance,
            {"image_url": picture(300, 300) + bytes(15 * 1024 * 1024)},
            SIZE,
            "at most 15728640",
        ),
        (image2dance, {"video_url": film(198, 300)}, SIZE, "at least 200x200"),
        (image2dance, {"video_url": film(2050, 1000)}, SIZE, "at most 2048x2048"),
        (image2dance, {"video_url": film(602, 200)}, SIZE, "between 1:3 and 3:1"),
        (image2dance, {"video_url": film(200, 200, seconds=1)}, INVALID, "2 to 30 s"),
        (image2dance, {"video_url": film(200, 200, seconds=31, fps=1)}, INVALID, "2 to 30 s"),
        (audio_clone, {"audio_url": sound(9)}, INVALID, "10 to 300 s"),
        (audio_clone, {"audio_url": sound(301)}, INVALID, "10 to 300 s"),
        (audio_clone, {"audio_url": sound(10, "adts")}, INVALID, "mp3, m4a or wav"),
        (
            audio_clone,
            {"audio_url": sound(10) + bytes(20 * 1024 * 1024)},
            SIZE,
            "at most 20971520",
        ),
        (audio_clone, {"prompt_audio_url": sound(9)}, INVALID, "0 to 8 s"),
        (one_click_mv, {"lip_ref_url": picture(100, 201)}, SIZE, "between 1:2 and 2:1"),
        (one_click_mv, {"lip_ref_url": picture(4097, 2100)}, SIZE, "at most 4096x4096"),
        (one_click_mv, {"audio_url": sound(9)}, INVALID, "10 to 300 s"),
    ],
)
def test_files_beyond_their_limits_are_refused(
    page: ModuleType, files: dict[str, bytes], reason: str, message: str
) -> None:
    with pytest.raises(ApiError) as caught:
        read(page, files)
    assert caught.value.reason == reason
    assert message in caught.value.message
