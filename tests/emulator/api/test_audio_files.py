from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.emulator.api.audio_files import (
    AAC,
    M4A,
    MP3,
    WAV,
    BrokenSoundError,
    seconds_of_sound,
    sound_type_of,
)
from tests.emulator.media import sound_bytes

FORMS = {"mp3": MP3, "adts": AAC, "wav": WAV, "ipod": M4A}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("rate", [24_000, 44_100])
@pytest.mark.parametrize("seconds", [0.5, 10])
def test_a_sound_is_measured_by_its_headers(form: str, rate: int, seconds: float) -> None:
    content = sound_bytes(form, seconds=seconds, rate=rate)
    media_type = sound_type_of(content)
    assert media_type == FORMS[form]
    # Encoders fill up the first and the last frame.
    assert seconds_of_sound(content, media_type) == pytest.approx(seconds, abs=0.12)


def test_a_tag_before_a_sound_is_skipped() -> None:
    tag = b"ID3\x04\x00\x00" + bytes([0, 0, 2, 8]) + bytes(2 * 128 + 8)
    plain = sound_bytes("adts")
    assert sound_type_of(tag + plain) == AAC
    assert seconds_of_sound(tag + plain, AAC) == seconds_of_sound(plain, AAC)


@pytest.mark.parametrize(
    "content", [b"", b"\xff", b"hello world", b"OggS\x00\x02", sound_bytes("ogg", seconds=1)]
)
def test_other_files_are_no_sounds(content: bytes) -> None:
    assert sound_type_of(content) is None


@pytest.mark.parametrize("form", FORMS)
def test_a_head_alone_is_broken(form: str) -> None:
    with pytest.raises(BrokenSoundError):
        seconds_of_sound(sound_bytes(form)[:24], FORMS[form])


@given(
    head=st.sampled_from([sound_bytes(form, seconds=0.1) for form in FORMS]),
    cut=st.integers(0, 400),
    rest=st.binary(max_size=60),
)
def test_damaged_sounds_are_measured_or_broken(head: bytes, cut: int, rest: bytes) -> None:
    content = head[:cut] + rest
    for media_type in FORMS.values():
        with suppress(BrokenSoundError):  # and nothing else
            assert seconds_of_sound(content, media_type) >= 0
