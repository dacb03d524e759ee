"""Prices: the vendor's price tables in credits, by model and resolution (read 2026-08).

Where sources disagree, at 9 and 10 s of viduq2, it is the larger price.
"""

from __future__ import annotations

from runner.emulator.operations.language import (
    ASecond,
    ByName,
    Flat,
    ForEach,
    ForEvery,
    If,
    Price,
    Prices,
    Steps,
    Sum,
)


def _by_seconds(*credits_: int) -> Steps:
    """Credits of 1 s, 2 s and so on."""
    return Steps(field="duration", steps=dict(enumerate(credits_, 1)))


def _at(seconds: dict[int, int]) -> Steps:
    """Credits of the only lengths that there are."""
    return Steps(field="duration", steps=seconds)


# ------------------------------------------------------------------- q3, a second, sound included

_Q3: Prices = {
    ("viduq3-pro", "540p"): ASecond(usual=9, off_peak=5),
    ("viduq3-pro", "720p"): ASecond(usual=20, off_peak=10),
    ("viduq3-pro", "1080p"): ASecond(usual=24, off_peak=12),
    ("viduq3-turbo", "540p"): ASecond(usual=7, off_peak=4),
    ("viduq3-turbo", "720p"): ASecond(usual=12, off_peak=6),
    ("viduq3-turbo", "1080p"): ASecond(usual=13, off_peak=7),
    # img2video only.
    ("viduq3-pro-fast", "720p"): ASecond(usual=12, off_peak=6),
    ("viduq3-pro-fast", "1080p"): ASecond(usual=15, off_peak=8),
}

# Known from third parties only, off peak from nobody: half, as everywhere. img2video only.
_Q4: Prices = {
    ("viduq4-preview", "540p"): ASecond(usual=9, off_peak=5),
    ("viduq4-preview", "720p"): ASecond(usual=19, off_peak=10),
    ("viduq4-preview", "1080p"): ASecond(usual=24, off_peak=12),
    ("viduq4-preview", "2K"): ASecond(usual=38, off_peak=19),
    ("viduq4-preview", "4K"): ASecond(usual=78, off_peak=39),
}

# -------------------------------------------------------------------------- q2, a task, by seconds

_Q2_TEXT: Prices = {
    ("viduq2", "540p"): _by_seconds(10, 12, 14, 16, 18, 20, 22, 24, 44, 64),
    ("viduq2", "720p"): _by_seconds(15, 20, 25, 30, 35, 40, 45, 50, 70, 90),
    ("viduq2", "1080p"): _by_seconds(20, 30, 40, 50, 60, 70, 80, 90, 110, 130),
}
_Q2_IMAGES: Prices = {
    ("viduq2-turbo", "540p"): _by_seconds(6, 8, 10, 12, 14, 16, 18, 20, 40, 60),
    ("viduq2-turbo", "720p"): _by_seconds(8, 10, 20, 30, 40, 50, 60, 70, 90, 110),
    ("viduq2-turbo", "1080p"): _by_seconds(35, 45, 55, 65, 75, 85, 95, 105, 125, 145),
    ("viduq2-pro", "540p"): _by_seconds(8, 10, 15, 20, 25, 30, 35, 40, 60, 80),
    ("viduq2-pro", "720p"): _by_seconds(15, 25, 35, 45, 55, 65, 75, 85, 105, 125),
    ("viduq2-pro", "1080p"): _by_seconds(55, 70, 85, 100, 115, 130, 145, 160, 180, 200),
    ("viduq2-pro-fast", "720p"): _by_seconds(8, 10, 12, 14, 16, 18, 20, 22, 24, 26),
    ("viduq2-pro-fast", "1080p"): _by_seconds(16, 20, 24, 28, 32, 36, 40, 44, 48, 52),
}

# --------------------------------------------------------------------------- q1 and 2.0, a task

_Q1: Prices = {
    ("viduq1", "1080p"): _at({5: 80}),
    ("viduq1-classic", "1080p"): _at({5: 80}),
}
_V20: Prices = {
    ("vidu2.0", "360p"): _at({4: 20}),
    ("vidu2.0", "720p"): _at({4: 40, 8: 100}),
    ("vidu2.0", "1080p"): _at({4: 100}),
}

TEXT_TO_VIDEO: Prices = {**_Q3, **_Q2_TEXT, **_Q1}
IMAGES_TO_VIDEO: Prices = {**_Q4, **_Q3, **_Q2_IMAGES, **_Q1, **_V20}
"""Of img2video and start-end2video."""

# -------------------------------------------------------------------------- videos from references

_Q3_REFERENCES: Prices = {
    # Not sold off peak.
    ("viduq3-mix", "720p"): ASecond(usual=24, off_peak=12),
    ("viduq3-mix", "1080p"): ASecond(usual=29, off_peak=15),
    ("viduq3-turbo", "540p"): ASecond(usual=4, off_peak=2),
    ("viduq3-turbo", "720p"): ASecond(usual=10, off_peak=5),
    ("viduq3-turbo", "1080p"): ASecond(usual=13, off_peak=7),
    ("viduq3", "540p"): ASecond(usual=7, off_peak=4),
    ("viduq3", "720p"): ASecond(usual=12, off_peak=6),
    ("viduq3", "1080p"): ASecond(usual=15, off_peak=7),
}
# Not published: those of viduq3-mix, with which they share the resolutions.
_MAPPED: Prices = {
    (model, resolution): _Q3_REFERENCES["viduq3-mix", resolution]
    for model in ("viduq3-drama", "viduq3-ad")
    for resolution in ("720p", "1080p")
}
_Q2_REFERENCES: Prices = {
    ("viduq2", "540p"): _by_seconds(15, 20, 25, 30, 35, 40, 45, 50, 70, 90),
    ("viduq2", "720p"): _by_seconds(25, 30, 35, 40, 45, 50, 55, 60, 80, 100),
    ("viduq2", "1080p"): _by_seconds(75, 85, 95, 105, 115, 125, 135, 145, 165, 185),
    ("viduq2-pro", "540p"): _by_seconds(20, 25, 30, 35, 40, 45, 50, 55, 60, 65),
    ("viduq2-pro", "720p"): _by_seconds(30, 35, 40, 45, 50, 55, 60, 65, 70, 75),
    ("viduq2-pro", "1080p"): _by_seconds(85, 95, 105, 115, 125, 135, 145, 155, 165, 175),
}
REFERENCES_TO_VIDEO: Prices = {
    **_Q4,
    **_Q3_REFERENCES,
    **_MAPPED,
    **_Q2_REFERENCES,
    ("viduq1", "1080p"): _at({5: 80}),
    ("vidu2.0", "360p"): _at({4: 80}),
    ("vidu2.0", "720p"): _at({4: 80}),
}
"""Of reference2video, with either body."""

# ----------------------------------------------------------------------------- videos from videos

EXTENSIONS: Prices = {
    ("viduq2-turbo", "540p"): _by_seconds(10, 12, 14, 16, 18, 20, 22),
    ("viduq2-turbo", "720p"): _by_seconds(15, 20, 25, 30, 35, 40, 45),
    ("viduq2-turbo", "1080p"): _by_seconds(40, 50, 60, 70, 80, 90, 100),
    ("viduq2-pro", "540p"): _by_seconds(15, 20, 25, 30, 35, 40, 45),
    ("viduq2-pro", "720p"): _by_seconds(30, 40, 50, 60, 70, 80, 90),
    ("viduq2-pro", "1080p"): _by_seconds(60, 75, 90, 105, 120, 135, 150),
}
SEGMENTS: Prices = {
    form: ForEach(field="image_settings", price=price) for form, price in EXTENSIONS.items()
}
UPSCALING: Prices = {
    ("", "1080p"): ASecond(usual=10, off_peak=5),
    ("", "2K"): ASecond(usual=20, off_peak=10),
    ("", "4K"): ASecond(usual=40, off_peak=20),
    ("", "8K"): ASecond(usual=160, off_peak=80),
}

# ---------------------------------------------------------------------------------- people, speech

# How a part of 5 s or of 500 characters is charged is not said: as a whole.
_SYNCHRONIZED: Price = ForEvery(field="duration", step=5, price=20)
_SPOKEN: Price = ForEvery(field="text", step=500, price=10)
LIP_SYNC: Prices = {("", "720p"): _SYNCHRONIZED}
DANCES: Prices = {("", ""): ASecond(usual=10, off_peak=5)}
# Known from the international host, through third parties.
_PERSONS = {"viduq2-turbo": 120, "viduq2-pro": 200}
PERSONS: Prices = {
    (model, resolution): Sum(
        parts=(Flat(price=price), _SYNCHRONIZED, If(when={"audio_url": ("",)}, price=_SPOKEN))
    )
    for model, price in _PERSONS.items()
    for resolution in ("540p", "720p", "1080p")
}
SPEECH: Prices = {("", ""): _SPOKEN}
VOICES: Prices = {("", ""): Sum(parts=(Flat(price=300), _SPOKEN))}
# "Below 5 s" and "below 10 s": what 5 s and 10 s cost is not said.
SOUNDS: Prices = {("audio1.0", ""): Steps(field="duration", steps={2: 10, 5: 20})}

# ----------------------------------------------------------------------------------- whole films


def _for_quality(*, standard: int, high: int | None) -> Price:
    parts = [If(when={"quality": ("standard",)}, price=_each_second(standard))]
    if high is not None:
        parts.append(If(when={"quality": ("high",)}, price=_each_second(high)))
    return Sum(parts=(*parts, If(when={"lip_sync": (True,)}, price=_each_second(4))))


def _each_second(credits_: int) -> ASecond:
    return ASecond(usual=credits_, off_peak=credits_)  # films are not sold off peak


MUSIC_VIDEOS: Prices = {
    ("", "540p"): _for_quality(standard=6, high=None),
    ("", "720p"): _for_quality(standard=8, high=24),
    ("", "1080p"): _for_quality(standard=10, high=29),
}
FILMS: Prices = {("", "1080p"): _each_second(40)}
REPLICAS: Prices = {
    ("", "540p"): _each_second(12),
    ("", "720p"): _each_second(16),
    ("", "1080p"): _each_second(20),
}

# ------------------------------------------------------- templates, not published as text: guesses

_DEARER = {"lunar_newyear": 60, "dynasty_dress": 60, "dreamy_wedding": 60, "live_photo": 100}
_A_STORY: Price = Steps(field="images", steps={1: 200})
TEMPLATES: Prices = {("", "720p"): ByName(field="template", usual=40, others=_DEARER)}
STORIES: Prices = {("", "720p"): _A_STORY}

# ---------------------------------------------------------- pictures, by the number of references

PICTURES: Prices = {
    ("viduq2", "1080p"): Steps(field="images", steps={0: 6, 1: 8, 4: 10}),
    ("viduq2", "2K"): Steps(field="images", steps={0: 8, 1: 12, 4: 16}),
    ("viduq2", "4K"): Steps(field="images", steps={0: 10, 1: 20, 4: 30}),
    ("viduq1", "1080p"): Steps(field="images", steps={1: 20}),
}
