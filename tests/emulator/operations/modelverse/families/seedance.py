"""Cases of Seedance 1.5 pro."""

from __future__ import annotations

from typing import Any

from tests.emulator.media import image
from tests.emulator.operations.modelverse.families.shared import (
    URL,
    Accepted,
    Refused,
    lacking,
    wrong_flags,
    wrong_names,
    wrong_numbers,
)

NAME = "seedance-1.5-pro"
TEXT = {"type": "text", "text": "a cat on a window sill"}
DRAFT = {"type": "draft_task", "draft_task": {"id": "123"}}
SAMPLES: dict[str, Any] = {
    NAME: {
        "model": "doubao-seedance-1-5-pro-251215",
        "input": {"content": [TEXT]},
        "parameters": {},
    }
}


def frame(role: str | None = None, url: Any = URL) -> dict[str, Any]:
    """An image of the content."""
    return {"type": "image_url", "image_url": {"url": url}, "role": role}


FIRST, LAST = frame("first_frame"), frame("last_frame")
_FLAGS = ("generate_audio", "draft", "camera_fixed", "watermark")

ACCEPTED: Accepted = [
    *(
        (NAME, {"input.content": content})
        for content in (
            [{**TEXT, "text": "猫" * 1000}],
            [FIRST],
            [frame()],
            [frame(""), TEXT],
            [TEXT, FIRST, LAST],
            [LAST, FIRST],
            [frame("first_frame", image(500, 20))],
            [DRAFT],
            [{**TEXT, "role": "of no meaning here"}],
        )
    ),
    *((NAME, {"parameters.resolution": p}) for p in ("480p", "720p", "1080p")),
    (NAME, {"parameters.resolution": "480p", "parameters.draft": True}),
    *(
        (NAME, {"parameters.ratio": ratio})
        for ratio in ("16:9", "4:3", "1:1", "3:4", "9:16", "21:9", "adaptive")
    ),
    *((NAME, {"parameters.duration": seconds}) for seconds in (4, 7, 12)),
    *((NAME, {"parameters.seed": seed}) for seed in (0, 2**31 - 1)),
    *((NAME, {f"parameters.{name}": flag}) for name in _FLAGS for flag in (True, False)),
    *((NAME, {"parameters.service_tier": tier}) for tier in ("default", "flex")),
    *((NAME, {"parameters.execution_expires_after": s}) for s in (3600, 259_200)),
    (NAME, {"input.prompt": "unknown fields are ignored"}),
]
REFUSED: Refused = [
    *lacking([NAME], "input.content", is_text=False),
    *(
        (NAME, {"input.content": content}, f"input.content{message}")
        for content, message in (
            ("a cat", " must be an array of objects"),
            ([], " must have 1 to 3 items, not 0"),
            ([TEXT, FIRST, LAST, LAST], " must have 1 to 3 items, not 4"),
            (["a cat"], "[0] must be an object"),
            ([{"text": "a cat"}], "[0].type is missing"),
            ([{**TEXT, "type": "video_url"}], "[0].type must be one of text, image_url"),
            ([{"type": "text"}], "[0].text is missing"),
            ([{**TEXT, "text": ""}], "[0].text is missing"),
            ([{**TEXT, "text": 5}], "[0].text must be a string"),
            ([TEXT, TEXT], " has 2 items of type text, at most 1 are allowed"),
            ([FIRST, LAST, frame()], " has 3 items of type image_url, at most 2 are allowed"),
            ([TEXT, {"type": "image_url"}], "[1].image_url is missing"),
            ([{**FIRST, "image_url": URL}], "[0].image_url must be an object"),
            ([{**FIRST, "image_url": {}}], "[0].image_url.url is missing"),
            ([TEXT, frame(url="cat.png")], "[1].image_url.url must be an http(s) URL or data:"),
            ([LAST, frame("first_frame", "cat.png")], "[1].image_url.url must be an http(s) URL"),
            ([frame("middle_frame")], "[0].role must be one of first_frame, last_frame"),
            *(
                (pair, ": of two images, one role must be first_frame, the other last_frame")
                for pair in ([frame(), frame()], [FIRST, frame()], [LAST, LAST], [FIRST, FIRST])
            ),
            ([TEXT, LAST], ": a last_frame needs a first_frame"),
            ([TEXT, DRAFT], ": a draft_task must be its only item"),
            ([{"type": "draft_task"}], "[0].draft_task is missing"),
            ([{"type": "draft_task", "draft_task": {}}], "[0].draft_task.id is missing"),
        )
    ),
    *wrong_names([NAME], "parameters.resolution", "540p", "720P"),
    *(
        (
            NAME,
            {"parameters.draft": True, "parameters.resolution": p},
            "parameters.resolution must be one of 480p",
        )
        for p in ("720p", "1080p")
    ),
    *wrong_names([NAME], "parameters.ratio", "2:1", "auto"),
    *wrong_numbers([NAME], "parameters.duration"),
    *((NAME, {"parameters.duration": value}, "must be from 4 to 12") for value in (3, 13)),
    *wrong_numbers([NAME], "parameters.seed"),
    *((NAME, {"parameters.seed": value}, "must be from 0 to") for value in (-1, 2**31)),
    *(refused for name in _FLAGS for refused in wrong_flags([NAME], f"parameters.{name}")),
    *wrong_names([NAME], "parameters.service_tier", "fast"),
    *wrong_numbers([NAME], "parameters.execution_expires_after"),
    *(
        (NAME, {"parameters.execution_expires_after": value}, "must be from 3600 to 259200")
        for value in (3599, 259_201)
    ),
]
