"""Cases of audio-clone: each accepted one has a voice of its own, because an id is taken once."""

from __future__ import annotations

from tests.emulator.media import video
from tests.emulator.operations.cases.shared import INVALID, LACKING, Accepted, Changes, Refused

SOUND = "https://example.com/voice.mp3"
OPERATION = "audio-clone"
SAMPLE: Changes = {"audio_url": SOUND, "voice_id": "narrator-0", "text": "this is my voice"}
_PROMPTED = {"prompt_audio_url": SOUND, "prompt_text": "Hello."}

ACCEPTED: Accepted = [
    *({"voice_id": voice} for voice in ("abcdefgh", "A1234567", "a-_-_-_9", "x" * 256)),
    *({"voice_id": f"text-{n:04}", "text": "x" * n} for n in (1, 1000)),
    {"voice_id": "prompted-1", **_PROMPTED},
    {"voice_id": "prompted-2", **_PROMPTED, "prompt_text": "你好。"},
    *({"voice_id": f"tagged-{n}0", "payload": "p" * n} for n in (0, 1_048_576)),
]
REFUSED: Refused = [
    *(({"audio_url": value}, LACKING) for value in (None, "")),
    *(({"audio_url": value}, INVALID) for value in ("voice.mp3", [SOUND], video())),
    *(({"voice_id": value}, LACKING) for value in (None, "")),
    *(({"voice_id": value}, INVALID) for value in ("vidu01", "x" * 257, "1bcdefgh", "-bcdefgh")),
    *(({"voice_id": value}, INVALID) for value in ("abcdefg-", "abcdefg_", "abc defg", "abcdefgé")),
    *(({"text": value}, LACKING) for value in (None, "")),
    *(({"text": value}, INVALID) for value in ("x" * 1001, 5)),
    ({"prompt_audio_url": SOUND}, LACKING),
    ({"prompt_text": "Hello."}, LACKING),
    ({**_PROMPTED, "prompt_text": "Hello"}, INVALID),
    ({**_PROMPTED, "prompt_audio_url": "voice.mp3"}, INVALID),
    ({"payload": "p" * 1_048_577}, INVALID),
]
