"""Results that are not what was paid for are kept, recorded and reported; nothing fails by it."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from runner.engine.download import check
from runner.media import streams
from runner.media.results import Measured, measure_result
from runner.operations import schema_folder
from tests.commands.conftest import Project
from tests.commands.process import until
from tests.commands.serving import forget, serving

CLIP = """version: 1
defaults: {operation: vidu/text2video, model: viduq2, duration: 2, resolution: 540p}
jobs:
  - {id: a, prompt: a red boat, seed: 7, aspect_ratio: "16:9", bgm: true}
"""
PICTURE = '  - {id: a, prompt: a red boat, seed: 7, aspect_ratio: "16:9"}\n'
SCHEMA = json.loads((schema_folder() / "results.schema.json").read_text())


def other(**values: Any) -> dict[str, Any]:
    return {"fault": "other_result", **values}


def warned(project: Project) -> dict[str, str]:
    """Code to message of the only row's warnings, in a valid results manifest."""
    jsonschema.validate(project.results(), SCHEMA)
    (row,) = project.rows().values()
    assert row["state"] == "succeeded"
    assert all((project.folder / file["path"]).is_file() for file in row["files"])
    return {each["code"]: each["message"] for each in row.get("warnings", [])}


@pytest.mark.parametrize(
    ("fault", "code", "message"),
    [
        (other(seconds=1), "wrong_duration", "1 s instead of 2 s"),
        (other(silent=True), "missing_sound", "there is no sound, which bgm asks for"),
        ({"on": "files", "fault": "cut_file"}, "truncated_file", "the file ends too early"),
    ],
)
def test_a_video_that_is_not_as_asked_for_is_reported(
    project: Project, fault: dict[str, Any], code: str, message: str
) -> None:
    project.write(CLIP)
    with serving(project, time_scale=0, faults=[fault]):
        ran = project.run("spring.yaml")
    assert ran.code == 0
    assert warned(project) == {code: message}
    shown = f'  warning   spring.yaml:4: {code.replace("_", " ")} in job "a": {message}'
    assert shown in ran.err.splitlines()


@pytest.mark.parametrize(
    ("fault", "codes"),
    [
        (other(aspect_ratio="1:1"), {"wrong_shape"}),
        ({"on": "files", "fault": "cut_file"}, {"truncated_file"}),
        ({"on": "files", "fault": "cut_file", "bytes": 20}, {"truncated_file"}),
    ],
)
def test_a_picture_that_is_not_as_asked_for_is_reported(
    project: Project, fault: dict[str, Any], codes: set[str]
) -> None:
    project.jobs(PICTURE)
    with serving(project, time_scale=0, faults=[fault]):
        assert project.run("spring.yaml").code == 0
    assert set(warned(project)) == codes


def test_half_of_a_sound_is_reported(project: Project) -> None:
    speech = {
        "operation": "vidu/audio-tts",
        "text": "Spring is here.",
        "voice_setting_voice_id": "male-qn-qingse",
    }
    project.write(f"version: 1\njobs: [{json.dumps({'id': 'a', **speech})}]\n")
    with serving(project, time_scale=0, faults=[{"on": "files", "fault": "cut_file"}]):
        assert project.run("spring.yaml").code == 0
    assert warned(project) == {"truncated_file": "the file ends too early"}


def test_what_is_as_asked_for_has_its_facts_and_no_warning(project: Project) -> None:
    project.write(CLIP)
    with serving(project, time_scale=0):
        ran = project.run("spring.yaml")
    assert warned(project) == {}
    assert "warning" not in ran.err
    (file,) = project.rows()["a"]["files"]
    assert file["duration"] == 2
    assert file["width"] > file["height"] > 0
    assert "labels" not in project.rows()["a"]


def test_one_line_tells_of_all_jobs_with_the_same_warning(project: Project) -> None:
    project.jobs("  - {id: a, takes: 5, prompt: a red boat}\n")
    with serving(project, time_scale=0, faults=[other(aspect_ratio="1:1")]):
        ran = project.run("spring.yaml")
    (line,) = [line for line in ran.err.splitlines() if "warning" in line]
    assert 'wrong shape in 5 jobs ("a.1", "a.2", "a.3" and 2 more): ' in line
    assert ran.code == 0


def test_marks_of_generated_content_are_listed(project: Project) -> None:
    project.jobs(PICTURE)
    marks = {"on": "files", "fault": "marks", "marks": ["c2pa", "aigc"]}
    with serving(project, time_scale=0, faults=[marks]):
        project.run("spring.yaml")
    assert warned(project) == {}
    assert project.rows()["a"]["labels"] == ["aigc", "c2pa"]


@pytest.fixture
def labelled_and_short(project: Project) -> Project:
    """A project whose only video is labelled, and shorter than it was asked for."""
    project.write(CLIP)
    marks = {"on": "files", "fault": "marks", "marks": ["aigc", "iptc"]}
    with serving(project, time_scale=0, faults=[other(seconds=1), marks]):
        project.run("spring.yaml")
    assert project.rows()["a"]["labels"] == ["aigc", "iptc"]
    return project


def test_a_later_run_reports_the_same_and_measures_nothing(
    labelled_and_short: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = labelled_and_short
    before = (project.folder / "spring.results.yaml").read_bytes()
    monkeypatch.setattr(streams, "is_available", lambda: pytest.fail("measured again"))
    ran = project.run("spring.yaml")
    assert (ran.code, "1 s instead of 2 s" in ran.err) == (0, True)
    assert (project.folder / "spring.results.yaml").read_bytes() == before


def test_the_results_alone_tell_a_fresh_clone_the_same(labelled_and_short: Project) -> None:
    project = labelled_and_short
    before = (project.folder / "spring.results.yaml").read_bytes()
    forget(project)
    ran = project.run("spring.yaml")
    assert (ran.code, "1 s instead of 2 s" in ran.err) == (0, True)
    assert (project.folder / "spring.results.yaml").read_bytes() == before


def test_a_renamed_job_keeps_facts_labels_and_warnings(labelled_and_short: Project) -> None:
    project = labelled_and_short
    row = project.rows()["a"]
    project.write(CLIP.replace("id: a", "id: b"))
    assert project.run("spring.yaml").code == 0
    again = project.rows()["b"]
    assert (again["warnings"], again["labels"]) == (row["warnings"], row["labels"])
    assert again["files"][0]["duration"] == 1


def test_fetch_replaces_a_damaged_file(project: Project, tmp_path: Path) -> None:
    project.jobs(PICTURE)
    kept = tmp_path / "emulator"
    cut = {"on": "files", "fault": "cut_file"}
    with serving(project, time_scale=0, state_dir=kept, faults=[cut]):
        ran = project.run("spring.yaml")
    assert "to fetch damaged files again at no cost: vidu-run fetch spring.yaml" in ran.err
    with serving(project, time_scale=0, state_dir=kept) as served:
        assert project.run("fetch", "spring.yaml").code == 0
        assert served.outcomes() == {"accepted": 1}
    assert warned(project) == {}


def test_fetch_keeps_a_damaged_file_if_the_task_is_gone(project: Project) -> None:
    project.jobs(PICTURE)
    with serving(project, time_scale=0, faults=[{"on": "files", "fault": "cut_file"}]):
        project.run("spring.yaml")
    with serving(project):
        assert project.run("fetch", "spring.yaml").code == 0
    assert set(warned(project)) == {"truncated_file"}


def test_without_pyav_videos_are_not_checked_and_one_line_says_so(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write(CLIP)
    monkeypatch.setattr(streams, "is_available", lambda: False)
    with serving(project, time_scale=0, faults=[other(seconds=1, silent=True)]):
        ran = project.run("spring.yaml")
    assert ran.code == 0
    assert warned(project) == {}
    lines = [line for line in ran.err.splitlines() if "PyAV" in line]
    why = "1 file with video or sound, because PyAV is missing"
    assert lines == [f'  unchecked {why}: pip install "vidu-run[media]"']


def test_what_cannot_be_measured_is_kept_and_reported(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(path: Path, _media_type: str) -> Measured:
        raise PermissionError(13, "Permission denied", str(path))

    project.jobs(PICTURE)
    monkeypatch.setattr(check, "measure_result", broken)
    with serving(project, time_scale=0):
        ran = project.run("spring.yaml", "--progress", "plain")
    assert ran.code == 0
    assert warned(project) == {}
    assert "its file was fetched, but not checked: PermissionError" in ran.err
    assert "width" not in project.rows()["a"]["files"][0]


def test_a_file_that_is_being_measured_holds_no_place_in_flight(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.jobs("  - {id: a, takes: 2, prompt: a red boat}\n")
    with serving(project, time_scale=0) as served:

        def slow(path: Path, media_type: str) -> Measured:
            until(lambda: served.outcomes()["accepted"] == 2)
            return measure_result(path, media_type)

        monkeypatch.setattr(check, "measure_result", slow)
        ran = project.run("spring.yaml", "--concurrency", "1")
    assert ran.code == 0
    assert [row["files"][0]["width"] > 0 for row in project.rows().values()] == [True, True]


def test_a_file_that_takes_too_long_to_measure_is_kept(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.jobs(PICTURE)
    released = threading.Event()

    def hanging(path: Path, media_type: str) -> Measured:
        released.wait(30)
        return measure_result(path, media_type)

    monkeypatch.setattr(check, "measure_result", hanging)
    monkeypatch.setattr(check, "LIMIT_S", 0.2)
    with serving(project, time_scale=0):
        timer = threading.Timer(2, released.set)  # the thread itself cannot be ended
        timer.start()
        ran = project.run("spring.yaml", "--progress", "plain")
        timer.cancel()
    released.set()
    assert ran.code == 0
    assert "its file was fetched, but not checked: nothing for 0 s" in ran.err
    assert "width" not in project.rows()["a"]["files"][0]


def test_status_tells_of_a_result_that_is_not_as_asked_for(labelled_and_short: Project) -> None:
    ran = labelled_and_short.run("status", "spring.yaml")
    assert ran.code == 0
    assert "1 s instead of 2 s" in ran.out
