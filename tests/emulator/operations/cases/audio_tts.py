"""Cases of audio-tts."""

from __future__ import annotations

from tests.emulator.operations.cases.shared import INVALID, LACKING, Accepted, Changes, Refused

OPERATION = "audio-tts"
SAMPLE: Changes = {"text": "a text to read out", "voice_setting_voice_id": "male-qn-jingying"}
_EMOTIONS = ("happy", "sad", "angry", "fearful", "disgusted", "surprised", "calm")

ACCEPTED: Accepted = [
    *({"text": text} for text in ("x", "x" * 9999, "猫" * 9999, "two\nparagraphs", "a<#0.5#>b")),
    {"voice_setting_voice_id": "Chinese (Mandarin)_News_Anchor"},
    *({"voice_setting_speed": number} for number in (0.5, 1, 2)),
    *({"voice_setting_volume": number} for number in (0, 10)),
    *({"voice_setting_pitch": number} for number in (-12, 0, 12)),
    *({"voice_setting_emotion": name} for name in _EMOTIONS),
    *({"pronunciation_dict_tone": tones} for tones in ([], ["omg/oh my god", "处理/(chu3)(li3)"])),
    *({"payload": text} for text in ("", "tag", "p" * 1_048_576)),
    {"callback_url": "ignored", "model": "ignored"},
]
REFUSED: Refused = [
    *(({"text": value}, LACKING) for value in (None, "")),
    *(({"text": value}, INVALID) for value in ("x" * 10_000, 5, "<#1#>a", "a<#1#>", "a<#0#>b")),
    *(({"voice_setting_voice_id": value}, LACKING) for value in (None, "")),
    ({"voice_setting_voice_id": 5}, INVALID),
    *(({"voice_setting_speed": value}, INVALID) for value in (0.4, 2.1, "fast")),
    *(({"voice_setting_volume": value}, INVALID) for value in (-1, 11, 0.5)),
    *(({"voice_setting_pitch": value}, INVALID) for value in (-13, 13, 0.5)),
    *(({"voice_setting_emotion": value}, INVALID) for value in ("bored", "Happy", 1)),
    *(({"pronunciation_dict_tone": value}, INVALID) for value in ("a/b", [5])),
    ({"payload": "p" * 1_048_577}, INVALID),
    ({"payload": {"a": 1}}, INVALID),
]
