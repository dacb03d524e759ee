"""Media probe: videos and audio files, with PyAV and without it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from runner.hashing import SETTLED_NS, HashCache
from runner.media import streams
from runner.media.facts import Facts
from runner.media.probe import IMAGES, probe
from runner.media.sources import MediaError
from runner.media.types import EXTENSIONS
from runner.model.operations import MediaLimits
from tests.builders import as_data_uri, image_bytes, write_file
from tests.media.clips import audio_bytes, video_bytes

CLIPS = MediaLimits(kind="video", media_types=("video/mp4", "video/quicktime"))
SOUNDS = MediaLimits(kind="audio", media_types=("audio/mpeg", "audio/mp4"))
CLIP = video_bytes(seconds=2, size=(160, 96))


def probe_error(source: str, base: Path, limits: MediaLimits) -> tuple[str, str | None]:
    with pytest.raises(MediaError) as caught:
        probe(source, base, HashCache(), limits)
    return caught.value.message, caught.value.hint


@pytest.fixture
def without_pyav(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    # As `find_spec` answers where it is not installed.
    monkeypatch.setitem(__import__("sys").modules, "av", None)
    streams.is_available.cache_clear()
    yield
    streams.is_available.cache_clear()


def test_a_local_video_has_all_its_facts(tmp_path: Path) -> None:
    write_file(tmp_path, "clip.mp4", CLIP)
    found = probe("clip.mp4", tmp_path, HashCache(), CLIPS)
    assert (found.media_type, found.size_bytes) == ("video/mp4", len(CLIP))
    assert (found.width, found.height, found.seconds) == (160, 96, 2.0)
    assert (found.frames_per_second, found.codec) == (24.0, "mpeg4")


def test_a_data_uri_of_a_video_is_measured_like_a_file(tmp_path: Path) -> None:
    found = probe(as_data_uri(CLIP, "video/mp4"), tmp_path, HashCache(), CLIPS)
    assert (found.path, found.seconds, found.width) == (None, 2.0, 160)


@pytest.mark.parametrize("declared", ["audio/mp3", "audio/mpeg"])
def test_a_data_uri_may_name_a_type_as_documents_do(tmp_path: Path, declared: str) -> None:
    song = audio_bytes("mp3", codec="libmp3lame")
    found = probe(as_data_uri(song, declared), tmp_path, HashCache(), SOUNDS)
    assert found.media_type == "audio/mpeg"


@pytest.mark.usefixtures("without_pyav")
def test_without_pyav_only_type_and_bytes_are_known(tmp_path: Path) -> None:
    write_file(tmp_path, "clip.mp4", CLIP)
    found = probe("clip.mp4", tmp_path, HashCache(), CLIPS)
    assert (found.media_type, found.size_bytes) == ("video/mp4", len(CLIP))
    assert (found.seconds, found.codec) == (None, None)


@pytest.mark.usefixtures("without_pyav")
def test_without_pyav_a_container_may_hold_sound_alone(tmp_path: Path) -> None:
    write_file(tmp_path, "song.m4a", audio_bytes("mp4", codec="aac"))
    assert probe("song.m4a", tmp_path, HashCache(), SOUNDS).media_type == "audio/mp4"
    assert probe("song.m4a", tmp_path, HashCache(), CLIPS).media_type == "video/mp4"


def test_sound_in_a_container_of_videos_is_audio(tmp_path: Path) -> None:
    write_file(tmp_path, "song.m4a", audio_bytes("mp4", codec="aac"))
    found = probe("song.m4a", tmp_path, HashCache(), SOUNDS)
    assert (found.media_type, found.codec) == ("audio/mp4", "aac")
    message, _ = probe_error("song.m4a", tmp_path, CLIPS)
    assert message == "song.m4a is an MP4 with sound alone; a video is needed"


def test_a_video_is_no_sound_though_it_may_hold_one(tmp_path: Path) -> None:
    write_file(tmp_path, "clip.mp4", video_bytes(sound=True))
    assert probe("clip.mp4", tmp_path, HashCache(), SOUNDS).media_type == "video/mp4"


def test_a_video_in_the_place_of_an_image_is_not_measured(tmp_path: Path) -> None:
    write_file(tmp_path, "clip.mp4", CLIP)
    found = probe("clip.mp4", tmp_path, HashCache(), IMAGES)
    assert (found.media_type, found.seconds) == ("video/mp4", None)


def test_a_truncated_video_is_rejected(tmp_path: Path) -> None:
    write_file(tmp_path, "clip.mp4", CLIP[:-50])
    message = "is an MP4 without an end: is it truncated?"
    assert probe_error("clip.mp4", tmp_path, CLIPS)[0] == f"clip.mp4 {message}"
    assert probe_error(as_data_uri(CLIP[:-50], "video/mp4"), tmp_path, CLIPS)[0].endswith(message)


def test_a_damaged_video_is_rejected(tmp_path: Path) -> None:
    write_file(tmp_path, "clip.mp4", CLIP[:40] + bytes(len(CLIP) - 40))
    message, _ = probe_error("clip.mp4", tmp_path, CLIPS)
    assert message == "clip.mp4 is an MP4 that cannot be read: is it damaged?"


def test_a_file_that_is_no_video_is_named_so(tmp_path: Path) -> None:
    write_file(tmp_path, "clip.mp4", b"a note")
    assert probe_error("clip.mp4", tmp_path, CLIPS)[0] == "clip.mp4 is not a video"
    assert probe_error("clip.mp4", tmp_path, SOUNDS)[0] == "clip.mp4 is not an audio file"


def test_a_folder_is_not_a_video(tmp_path: Path) -> None:
    (tmp_path / "clips").mkdir()
    message, _ = probe_error("clips", tmp_path, CLIPS)
    assert message == "clips is a folder; a video file is needed"
    message, _ = probe_error("clips", tmp_path, SOUNDS)
    assert message == "clips is a folder; an audio file is needed"


def test_a_huge_file_is_rejected_without_being_read(tmp_path: Path) -> None:
    path = write_file(tmp_path, "film.mp4", CLIP)
    os.truncate(path, 1 << 40)  # takes no space on the disk
    limits = replace(CLIPS, max_bytes=100 << 20, max_inline_bytes=20 << 20)
    message, hint = probe_error("film.mp4", tmp_path, limits)
    assert message.startswith("film.mp4 has 1,099,511,627,776 bytes; at most 104,857,600")
    assert hint is None
    os.truncate(path, 30 << 20)
    message, hint = probe_error("film.mp4", tmp_path, limits)
    assert message.endswith("at most 20,971,520 (20 MiB) can be sent inside a request")
    assert hint == "give its URL, with up to 104,857,600 (100 MiB)"


def test_a_huge_file_of_a_wrong_type_is_reported_by_its_type(tmp_path: Path) -> None:
    os.truncate(write_file(tmp_path, "film.mp4", CLIP), 1 << 40)
    message, _ = probe_error("film.mp4", tmp_path, replace(IMAGES, max_bytes=50 << 20))
    assert message == "film.mp4 is an MP4, a video; png, jpeg or webp are accepted"


def test_a_bitmap_is_measured(tmp_path: Path) -> None:
    write_file(tmp_path, "cat.bmp", image_bytes("BMP", (300, 200)))
    limits = MediaLimits(kind="image", media_types=("image/bmp",))
    assert probe("cat.bmp", tmp_path, HashCache(), limits).width == 300


def clip_of(folder: Path, size: int) -> Path:
    """A video of that many bytes, in a box that players skip."""
    padding = size - len(CLIP)
    box = padding.to_bytes(4, "big") + b"free" + bytes(padding - 8)
    return write_file(folder, "clip.mp4", CLIP + box)


def test_the_facts_are_cached_with_the_digest(tmp_path: Path) -> None:
    clip_of(tmp_path, 100_000)
    hashes = HashCache(clock_ns=lambda: (1 << 62) + SETTLED_NS)
    first = probe("clip.mp4", tmp_path, hashes, CLIPS)
    (row,) = hashes._rows.values()
    assert Facts.of_note(row[2]) == Facts("video/mp4", 160, 96, 2.0, 24.0, "mpeg4")
    # Under another name, past the cache of this process.
    assert replace(probe("./clip.mp4", tmp_path, hashes, CLIPS), source="clip.mp4") == first


def test_facts_that_were_found_without_pyav_are_found_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip_of(tmp_path, 100_000)
    hashes = HashCache(clock_ns=lambda: (1 << 62) + SETTLED_NS)
    with monkeypatch.context() as patch:
        patch.setitem(__import__("sys").modules, "av", None)
        streams.is_available.cache_clear()
        assert probe("clip.mp4", tmp_path, hashes, CLIPS).seconds is None
    streams.is_available.cache_clear()
    assert probe("./clip.mp4", tmp_path, hashes, CLIPS).seconds == 2.0


@pytest.mark.parametrize("facts", [Facts("video/mp4"), Facts("image/png", 3, 4)])
def test_a_note_is_read_as_it_was_written(facts: Facts) -> None:
    assert Facts.of_note(facts.note()) == facts


def test_every_type_of_a_video_or_a_sound_has_a_format() -> None:
    measured = {each for each in EXTENSIONS if each.startswith(("video/", "audio/"))}
    assert measured <= streams._FORMATS.keys()
