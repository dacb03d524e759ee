"""Veo 3.1 at ModelVerse: text to video, from and to frames where they are given."""

from __future__ import annotations

from runner.emulator.operations.kinds import Choice, Flag, Text
from runner.emulator.operations.modelverse.inline import InlineImage
from runner.emulator.operations.modelverse.shared import ANY_IMAGE, resolutions, table, whole

VEO = table(
    "veo-3.1",
    models=("veo-3.1-generate-001", "veo-3.1-fast-generate-001"),
    given={
        "prompt": Text(default=None),
        "negative_prompt": Text(),
        # No URLs, and no limits but the formats.
        "image": InlineImage(limits=ANY_IMAGE),
        "last_frame": InlineImage(limits=ANY_IMAGE),
    },
    parameters={
        "resolution": resolutions("720p", "1080p"),
        "duration": whole((4, 6, 8), 8),
        "aspect_ratio": Choice(among=("16:9", "9:16"), default="16:9"),  # an "int" on the page
        "generate_audio": Flag(default=None),
        "person_generation": Choice(among=("allow_adult", "dont_allow"), default="allow_adult"),
    },
    sound_field="generate_audio",
    is_from_images=True,
)
