from __future__ import annotations

from typing import Any

import pytest

from tests.validation.operation_file.builders import messages, only, picture


def limited(**changes: Any) -> dict[str, Any]:
    """The made-up file with these limits of its images, an ellipsis for those to leave out."""
    limits = picture()["x-operation"]["media"]["images"] | changes
    kept = {key: value for key, value in limits.items() if value is not ...}
    return picture("x-operation", "media", "images", to=kept)


def clips(**changes: Any) -> dict[str, Any]:
    """The same with videos, without limits of pixels."""
    return limited(kind="video", media_types=["video/mp4"], **changes)


def test_the_sizes_of_two_images_need_a_range() -> None:
    (message,) = messages(limited(first_to_last=[1.25, 0.8]))
    assert message == "the range [1.25, 0.8] is empty: write [least, most]"


@pytest.mark.parametrize(
    ("media_type", "message", "hint"),
    [
        ("image/jpg", 'no file has the type "image/jpg"', 'did you mean "image/jpeg"?'),
        ("image/pgn", 'no file has the type "image/pgn"', 'did you mean "image/png"?'),
        ("video/mp4", '"video/mp4" is not the type of an image', None),
    ],
)
def test_types_are_those_of_files_of_that_kind(
    media_type: str, message: str, hint: str | None
) -> None:
    found, advice = only(limited(media_types=["image/png", media_type]))
    assert found == message
    assert hint is None or advice == hint


def test_a_type_by_another_name_leads_to_the_one_used_here() -> None:
    _, hint = only(
        limited(
            kind="audio",
            media_types=["audio/mp3"],
            min_width=...,
            min_height=...,
            exclusive_max_ratio=...,
        )
    )
    assert hint == 'did you mean "audio/mpeg"?'


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        (limited(max_s=5), "an image has no max_s"),
        (limited(codecs=["h264"]), "an image has no codecs"),
        (clips(first_to_last=[0.8, 1.25]), "a video has no first_to_last"),
    ],
)
def test_limits_that_a_kind_does_not_have(schema: dict[str, Any], message: str) -> None:
    assert messages(schema) == [message]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"min_s": 5, "max_s": [8, 4]}, "min_s 5 is above max_s 4: nothing is accepted"),
        ({"min_fps": 60, "max_fps": 24}, "min_fps 60 is above max_fps 24: nothing is accepted"),
        (
            {"max_bytes": 10, "max_inline_bytes": 20},
            "max_inline_bytes 20 is above max_bytes 10: nothing is accepted",
        ),
    ],
)
def test_a_range_that_accepts_nothing(changes: dict[str, Any], message: str) -> None:
    assert messages(clips(**changes)) == [message]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"forms": ["base64"], "as": {"a": "base64", "b": "media_type"}}, None),
        ({"as": {"a": "base64"}}, '`as` holds "base64", so that must be the only one of `forms`'),
        ({"as": {"a": "media_type"}}, "`as` needs one key that holds the medium itself"),
        (
            {"forms": ["url"], "as": {"a": "url", "b": "media_type"}},
            "the media type of what is behind a URL is not known",
        ),
        (
            {"forms": ["url"], "max_inline_bytes": 9},
            "max_inline_bytes has no effect: all is sent by URL",
        ),
    ],
)
def test_forms_fit_the_object_that_holds_them(changes: dict[str, Any], message: str | None) -> None:
    assert messages(limited(**changes)) == ([message] if message else [])


def test_a_misspelt_form_is_reported() -> None:
    message, _ = only(limited(forms=["uri"]))
    assert message.startswith('unknown x-operation.media.images.forms[0] "uri"')


def of_two_frames(**limits: Any) -> dict[str, Any]:
    """The made-up file with a last image, `note`, that is compared with a first one."""
    media = picture()["x-operation"]["media"]
    return picture("x-operation", "media", to={**media, "note": {**media["images"], **limits}})


def test_the_first_of_two_images_may_be_another_parameter() -> None:
    assert messages(of_two_frames(first_to_last=[0.8, 1.25], first="images")) == []


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (
            {"first_to_last": [0.8, 1.25], "first": "image"},
            '"image" is not another one of the media',
        ),
        (
            {"first_to_last": [0.8, 1.25], "first": "note"},
            '"note" is not another one of the media',
        ),
        ({"first": "images"}, "first has no effect without first_to_last"),
    ],
)
def test_the_first_image_is_another_one(limits: Any, message: str) -> None:
    assert messages(of_two_frames(**limits)) == [message]
