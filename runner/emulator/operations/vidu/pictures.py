"""Pictures, as the vendor's page describes them."""

from __future__ import annotations

from runner.emulator.operations import prices
from runner.emulator.operations.kinds import Choice, Media, Text
from runner.emulator.operations.language import Case, Operation
from runner.emulator.operations.vidu.shared import (
    PICTURE_PROMPT_LIMIT,
    TAGS,
)

# The document has "auto" for viduq2 only, but its sample shows it without any image, so it is
# accepted everywhere.
_RATIOS = ("16:9", "9:16", "1:1", "3:4", "4:3", "21:9", "2:3", "3:2", "auto")
REFERENCE2IMAGE = Operation(
    path="reference2image",
    makes="image",
    # The vendor's word for it is not published; those known are alike.
    row_type="reference2image",
    fields={
        "model": Choice(among=("viduq1", "viduq2")),
        "prompt": Text(default=None, most=PICTURE_PROMPT_LIMIT),
        "aspect_ratio": Choice(among=_RATIOS, default="16:9"),
        "resolution": Choice(among=("1080p", "2K", "4K"), default="1080p"),
        "images": Media(least=0, most=7),
        **TAGS,
    },
    cases=(
        Case(
            when={"model": ("viduq1",)},
            fields={
                "aspect_ratio": Choice(among=(*_RATIOS[:5], "auto"), default="16:9"),
                "resolution": Choice(among=("1080p",), default="1080p"),
                "images": Media(least=1, most=7),
            },
        ),
    ),
    no_effect={},
    prices=prices.PICTURES,
    answer=("model", "prompt", "images", "seed", "aspect_ratio", "callback_url"),
    constants={"cus_priority": 0, "watermark": False},
)
