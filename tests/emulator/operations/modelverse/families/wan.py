"""Cases of Wan 2.5 and 2.6."""

from __future__ import annotations

from tests.builders import as_data_uri
from tests.emulator.media import image, sound_bytes
from tests.emulator.operations.modelverse.families.shared import (
    SOUND_URL,
    URL,
    Accepted,
    Refused,
    lacking,
    wrong_flags,
    wrong_names,
    wrong_numbers,
    wrong_texts,
)

_TEXT = {"prompt": "a cat on a window sill"}
SAMPLES = {
    "wan2.5-i2v": {
        "model": "Wan-AI/Wan2.5-I2V",
        "input": {**_TEXT, "first_frame_url": URL},
        "parameters": {"resolution": "480p"},
    },
    "wan2.5-t2v": {
        "model": "Wan-AI/Wan2.5-T2V",
        "input": _TEXT,
        "parameters": {"size": "832x480"},
    },
    "wan2.6-i2v": {
        "model": "Wan-AI/Wan2.6-I2V",
        "input": {**_TEXT, "img_url": URL},
        "parameters": {},
    },
    "wan2.6-t2v": {
        "model": "Wan-AI/Wan2.6-T2V",
        "input": _TEXT,
        "parameters": {"size": "1280x720"},
    },
}
_OLD, _NEW = ("wan2.5-i2v", "wan2.5-t2v"), ("wan2.6-i2v", "wan2.6-t2v")
_ALL = (*_OLD, *_NEW)
_SOUND = as_data_uri(sound_bytes(seconds=2), "audio/mpeg")

ACCEPTED: Accepted = [
    *((name, {"input.prompt": "猫" * 5000}) for name in _ALL),
    *((name, {"input.negative_prompt": text}) for name in _ALL for text in ("", "dogs")),
    *((name, {"input.audio_url": url}) for name in _ALL for url in ("", SOUND_URL, _SOUND)),
    *((name, {"parameters.duration": seconds}) for name in _OLD for seconds in (5, 10)),
    *((name, {"parameters.duration": seconds}) for name in _NEW for seconds in (5, 10, 15)),
    *((name, {"parameters.seed": seed}) for name in _OLD for seed in (-1, 0, 2**31 - 1)),
    *(("wan2.6-t2v", {"parameters.seed": seed}) for seed in (0, 2**31 - 1)),
    *(("wan2.6-i2v", {"parameters.seed": seed}) for seed in (0, 2**32 - 1)),
    *(("wan2.5-i2v", {"parameters.resolution": p}) for p in ("480p", "720p", "1080p")),
    *(("wan2.6-i2v", {"parameters.resolution": p}) for p in (None, "720P", "1080P")),
    *(
        ("wan2.5-t2v", {"parameters.size": size})
        for size in ("832x480", "480x832", "1280x720", "720x1280", "1920x1080", "1080x1920")
    ),
    *(
        ("wan2.6-t2v", {"parameters.size": size})
        for size in ("1280x720", "720x1280", "1920x1080", "1080x1920")
    ),
    *(("wan2.5-i2v", {"parameters.enable_prompt_expansion": flag}) for flag in (True, False)),
    *(
        (name, {"parameters.prompt_extend": flag})
        for name in ("wan2.5-t2v", *_NEW)
        for flag in (True, False)
    ),
    *((name, {"parameters.shot_type": type_}) for name in _NEW for type_ in ("single", "multi")),
    *(
        (name, {"parameters.shot_type": "multi", "parameters.prompt_extend": False})
        for name in _NEW
    ),
    # No limits of images are stated.
    *(("wan2.6-i2v", {"input.img_url": image(*size)}) for size in ((20, 20), (500, 20))),
    *((name, {"parameters.vidu_type": "unknown fields are ignored"}) for name in _ALL),
]
REFUSED: Refused = [
    *lacking(_ALL, "input.prompt"),
    *wrong_texts(_ALL, "input.prompt"),
    *wrong_texts(_ALL, "input.negative_prompt"),
    *((name, {"input.audio_url": "song.mp3"}, "input.audio_url must be an http") for name in _ALL),
    *((name, {"input.audio_url": image()}, "input.audio_url must be mp3") for name in _ALL),
    *lacking(["wan2.5-i2v"], "input.first_frame_url"),
    *lacking(["wan2.6-i2v"], "input.img_url"),
    ("wan2.5-i2v", {"input.first_frame_url": image()}, "input.first_frame_url must be an http"),
    ("wan2.6-i2v", {"input.img_url": "cat.png"}, "input.img_url must be an http"),
    ("wan2.6-i2v", {"input.first_frame_url": URL, "input.img_url": None}, "input.img_url is miss"),
    *lacking(["wan2.5-i2v"], "parameters.resolution"),
    *lacking(["wan2.5-t2v", "wan2.6-t2v"], "parameters.size"),
    *wrong_names(["wan2.5-i2v"], "parameters.resolution", "480P", "540p", "1080P"),
    *wrong_names(["wan2.6-i2v"], "parameters.resolution", "720p", "480P"),
    *wrong_names(["wan2.5-t2v"], "parameters.size", "1280*720", "720p", "1024x1024"),
    *wrong_names(["wan2.6-t2v"], "parameters.size", "832x480", "480x832"),
    *wrong_numbers(_ALL, "parameters.duration"),
    *((name, {"parameters.duration": 6}, "must be one of 5, 10") for name in _ALL),
    *(
        (name, {"parameters.duration": value}, "must be from 5 to 10")
        for name in _OLD
        for value in (4, 15)
    ),
    *(
        (name, {"parameters.duration": value}, "must be from 5 to 15")
        for name in _NEW
        for value in (2, 16)
    ),
    *wrong_numbers(_ALL, "parameters.seed"),
    *(
        (name, {"parameters.seed": value}, "must be from -1 to 2147483647")
        for name in _OLD
        for value in (-2, 2**31)
    ),
    *(
        ("wan2.6-t2v", {"parameters.seed": value}, "must be from 0 to 2147483647")
        for value in (-1, 2**31)
    ),
    *(
        ("wan2.6-i2v", {"parameters.seed": value}, "must be from 0 to 4294967295")
        for value in (-1, 2**32)
    ),
    *wrong_flags(["wan2.5-i2v"], "parameters.enable_prompt_expansion"),
    *wrong_flags(["wan2.5-t2v", *_NEW], "parameters.prompt_extend"),
    *wrong_names(_NEW, "parameters.shot_type", "double"),
]
