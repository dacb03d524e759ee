"""Videos, sounds and URLs as inputs of an operation that nobody has written code for."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest

from tests.builders import as_data_uri, image_bytes, write_file
from tests.commands.conftest import Project
from tests.commands.stand_in import StandIn, install, ran, standing_in
from tests.made_up import Shape, whole
from tests.media.clips import audio_bytes, video_bytes

DUB = Shape(
    schema={
        "required": ["video"],
        "properties": {
            "video": {"type": "string"},
            "face": {"type": "string"},
            "scene_url": {"type": "string"},
            "voices": {"type": "array", "items": {"type": "string"}},
        },
    },
    right={"video": "clip.mp4"},
    operation={
        "makes": "image",
        "media": {
            "video": {
                "kind": "video",
                "media_types": ["video/mp4", "video/quicktime"],
                "max_inline_bytes": 20_000_000,
                "max_s": 3,
                "codecs": ["mpeg4"],
            },
            "face": {
                "kind": "image",
                "media_types": ["image/png"],
                "forms": ["base64"],
                "as": {"bytes": "base64", "mimeType": "media_type"},
            },
            "scene_url": {"kind": "image", "media_types": ["image/png"], "forms": ["url"]},
            "voices": {
                "kind": "audio",
                "media_types": ["audio/mpeg", "audio/wav"],
                "max_s": [5, 2],
            },
        },
    },
)
CLIP, FACE = video_bytes(seconds=2), image_bytes()
VOICE = audio_bytes("mp3", codec="libmp3lame", seconds=2)
MANIFEST = """
version: 1
run: {poll_rate: 100}
jobs:
  - {id: look, operation: vidu/reference2image, model: viduq2, prompt: a boat}
  - id: dub
    operation: vidu/dub
    video: clip.mp4
    face: face.png
    scene_url: "${{ jobs.look.output }}"
    voices: [voice.mp3, "https://a.example/b.mp3"]
"""


@pytest.fixture
def vidu(project: Project) -> Iterator[StandIn]:
    install(project, {"vidu/dub": whole(DUB)})
    write_file(project.folder, "clip.mp4", CLIP)
    write_file(project.folder, "face.png", FACE)
    write_file(project.folder, "voice.mp3", VOICE)
    project.write(MANIFEST)
    with standing_in(project) as vidu:
        yield vidu


def test_each_medium_is_sent_in_its_form_and_paid_for_once(project: Project, vidu: StandIn) -> None:
    assert ran(project, "spring.yaml").code == 0
    assert vidu.bodies[1] == {
        "video": as_data_uri(CLIP, "video/mp4"),
        "face": {"bytes": base64.b64encode(FACE).decode(), "mimeType": "image/png"},
        "scene_url": f"{vidu.url}/file/1",
        "voices": [as_data_uri(VOICE, "audio/mpeg"), "https://a.example/b.mp3"],
    }
    again = ran(project, "spring.yaml")
    assert (again.code, len(vidu.bodies)) == (0, 2)


@pytest.mark.usefixtures("vidu")
def test_what_does_not_fit_is_reported_where_it_is(project: Project) -> None:
    write_file(project.folder, "clip.mp4", video_bytes(seconds=4))
    write_file(project.folder, "voice.mp3", audio_bytes("mp3", codec="libmp3lame", seconds=3))
    text = MANIFEST.replace("${{ jobs.look.output }}", "face.png").replace(
        "face: face.png", "face: https://a.example/face.png"
    )
    project.write(text)
    checked = ran(project, "validate", "spring.yaml")
    assert checked.code == 3
    assert [line for line in checked.err.splitlines() if line.startswith("spring.yaml")] == [
        f'spring.yaml:{place}: error: job "dub": {message}'
        for place, message in (
            ("8:12", "clip.mp4 is 4 s long; at most 3 s are accepted"),
            ("9:11", "https://a.example/face.png is a URL; only files are accepted here"),
            ("10:16", "face.png is a local file; only URLs are accepted here"),
            ("11:14", "voice.mp3 is 3.05 s long; with 2 of them at most 2 s are accepted"),
        )
    ]


@pytest.mark.usefixtures("vidu")
def test_without_pyav_one_warning_names_the_extra(project: Project) -> None:
    write_file(project.folder, "clip.mp4", video_bytes(seconds=4))
    # As where a library of PyAV's is missing. Without PyAV it is the same, one step earlier.
    write_file(project.folder, ".site/av/__init__.py", b"raise ImportError('no PyAV here')")
    checked = ran(project, "validate", "spring.yaml")
    assert checked.code == 0
    warnings = [line for line in checked.err.splitlines() if "warning" in line]
    message = "without PyAV nothing but type and bytes of videos and sounds is checked"
    assert warnings == [f'spring.yaml:8:12: warning: job "dub": {message}']
    assert 'hint: pip install "vidu-run[media]"' in checked.err
