"""Of the body with subjects; what the two bodies share is in `tests/emulator/api`."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.media import image
from tests.emulator.operations.modelverse.conftest import URL, named, refusal

OPERATION = "subjects"


def subject(**changes: Any) -> dict[str, Any]:
    values = {"id": "cat", "images": [URL], "voice_id": "", **changes}
    return {"input.subjects": [{name: values[name] for name in values if values[name] is not None}]}


ACCEPTED: list[dict[str, Any]] = [
    {},
    subject(images=[URL, image(), URL]),
    subject(voice_id=None),
    subject(voice_id="professional_host"),
    subject(name="unknown fields are ignored"),
    {"input.subjects": [{"id": str(n), "images": [URL]} for n in range(7)]},
    {"input.prompt": "猫" * 2000},
    *({"parameters.duration": seconds} for seconds in (1, 10)),
    *({"parameters.aspect_ratio": ratio} for ratio in ("16:9", "9:16", "4:3", "3:4", "1:1")),
    *(
        {"parameters.resolution": name, "parameters.duration": 10}
        for name in ("540p", "720p", "1080p")
    ),
    {"parameters.movement_amplitude": "auto"},
    {"parameters.bgm": True, "parameters.audio": True, "parameters.seed": 7},
]
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"model": "viduq1"}, "model must be one of viduq2"),
    ({"input.subjects": None}, "input.subjects or input.images is missing"),
    ({"input.images": [URL]}, "input.subjects and input.images: only one of them is allowed"),
    ({"input.subjects": []}, "input.subjects must have 1 to 7 items, not 0"),
    (
        {"input.subjects": [{"id": str(n), "images": [URL]} for n in range(8)]},
        "input.subjects must have 1 to 7 items, not 8",
    ),
    ({"input.subjects": {"id": "cat", "images": [URL]}}, "must be an array of objects"),
    ({"input.subjects": [URL]}, "input.subjects[0] must be an object"),
    (subject(id=None), "input.subjects[0].id is missing"),
    (subject(id=""), "input.subjects[0].id is missing"),
    (subject(id=5), "input.subjects[0].id must be a string"),
    (subject(id=None, name="cat"), "input.subjects[0].id is missing"),  # as Vidu calls it
    (subject(images=None), "input.subjects[0].images is missing"),
    (subject(images=[]), "input.subjects[0].images must have 1 to 3 items, not 0"),
    (subject(images=[URL] * 4), "input.subjects[0].images must have 1 to 3 items, not 4"),
    (subject(images=URL), "input.subjects[0].images must be an array of strings"),
    (subject(images=[URL, "cat.png"]), "input.subjects[0].images[1] must be an http(s) URL"),
    (subject(images=[image(127, 128)]), "input.subjects[0].images[0] is 127x128"),
    (subject(images=[image(512, 128)]), "input.subjects[0].images[0] is 512x128, the ratio"),
    (subject(voice_id=5), "input.subjects[0].voice_id must be a string"),
    ({"input.prompt": None}, "input.prompt is missing"),
    ({"input.prompt": "x" * 2001}, "at most 2000"),
    ({"parameters.duration": 11}, "parameters.duration must be from 1 to 10"),
    ({"parameters.aspect_ratio": "21:9"}, "parameters.aspect_ratio must be one of"),
    ({"parameters.resolution": "360p"}, "parameters.resolution must be one of"),
    ({"parameters.movement_amplitude": "large"}, "parameters.movement_amplitude must be one of"),
    ({"parameters.audio": "true"}, "parameters.audio must be a boolean"),
    ({"parameters.bgm": 1}, "parameters.bgm must be a boolean"),
]


@pytest.mark.parametrize("changes", ACCEPTED, ids=named)
def test_what_the_page_allows_is_accepted(submit: Any, changes: dict[str, Any]) -> None:
    answer = submit(changes)
    assert answer.status == 200, answer.json


@pytest.mark.parametrize(("changes", "message"), REFUSED, ids=named)
def test_what_the_page_forbids_is_refused(
    submit: Any, changes: dict[str, Any], message: str
) -> None:
    assert message in refusal(submit(changes))


def test_the_old_body_knows_no_audio(submit: Any) -> None:
    changes = {"parameters.audio": "unknown fields are ignored"}
    assert submit(changes, "reference2video").status == 200
