"""Operations that nobody has written code for: from their files to their results."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.builders import as_data_uri, image_bytes, write_file
from tests.commands.conftest import Project
from tests.commands.stand_in import StandIn, install, ran, standing_in
from tests.made_up import ONE_TEXT, SEGMENTS, SUBJECTS, whole

PICTURE = image_bytes()
SENT = as_data_uri(PICTURE)

MANIFEST = """
version: 1
run: {poll_rate: 100}
vars: {kind: thing, len: 3.0}
jobs:
  - {id: look, operation: vidu/reference2image, model: viduq2, prompt: a boat}
  - id: cast
    operation: vidu/subjects
    model: m1
    subjects:
      - {name: girl, images: [refs/girl.png, "https://a.example/girl.png"]}
      - {name: boat, images: ["${{ jobs.look.output }}"], kind: "${{ vars.kind }}"}
  - {id: one, operation: vidu/one, start_image: refs/girl.png}
  - id: chain
    operation: vidu/segments
    start_image: "${{ jobs.look.output }}"
    image_settings:
      - {key_image: refs/girl.png, duration: "${{ vars.len }}"}
      - {key_image: "${{ jobs.look.url }}", duration: null}
"""


@pytest.fixture
def vidu(project: Project) -> Iterator[StandIn]:
    shapes = {"vidu/subjects": SUBJECTS, "vidu/one": ONE_TEXT, "vidu/segments": SEGMENTS}
    install(project, {name: _of_pictures(whole(shape)) for name, shape in shapes.items()})
    write_file(project.folder, "refs/girl.png", PICTURE)
    project.write(MANIFEST)
    with standing_in(project) as vidu:
        yield vidu


def _of_pictures(schema: dict[str, dict[str, object]]) -> dict[str, dict[str, object]]:
    return {**schema, "x-operation": {**schema["x-operation"], "makes": "image"}}


def test_images_are_sent_from_anywhere_in_the_parameters(project: Project, vidu: StandIn) -> None:
    assert ran(project, "spring.yaml").code == 0
    assert body_with(vidu, "subjects") == {
        "model": "m1",
        "subjects": [
            {"name": "girl", "images": [SENT, "https://a.example/girl.png"]},
            {"name": "boat", "images": [SENT], "kind": "thing"},
        ],
    }
    assert body_with(vidu, "image_settings") == {
        "start_image": SENT,
        "image_settings": [
            {"key_image": SENT, "duration": 3},
            {"key_image": f"{vidu.url}/file/1"},
        ],
    }
    assert {"start_image": SENT} in vidu.bodies


def test_a_second_run_of_such_operations_pays_for_nothing(project: Project, vidu: StandIn) -> None:
    assert ran(project, "spring.yaml").code == 0
    # Defaults written out are the same requests.
    text = MANIFEST.replace("duration: null", "duration: 5").replace(
        "girl.png]", "girl.png], weight: 2"
    )
    assert text.count("duration: 5") == 1
    project.write(text)
    again = ran(project, "spring.yaml")
    assert (again.code, len(vidu.bodies)) == (0, 4)
    assert all(row["reused"] for row in project.rows().values())


@pytest.mark.usefixtures("vidu")
def test_results_name_the_images_where_they_were(project: Project) -> None:
    assert ran(project, "spring.yaml").code == 0
    parameters = {name: row["parameters"] for name, row in project.rows().items()}
    assert parameters["one"] == {"start_image": "refs/girl.png"}
    assert parameters["cast"]["subjects"] == [
        {"name": "girl", "images": ["refs/girl.png", "https://a.example/girl.png"]},
        {"name": "boat", "images": ["${{ jobs['look'].output }}"], "kind": "thing"},
    ]


@pytest.mark.usefixtures("vidu")
def test_a_plan_names_what_changed_inside_a_list(project: Project) -> None:
    assert ran(project, "spring.yaml").code == 0
    text = MANIFEST.replace("girl, images: [refs", "lady, images: [refs").replace(
        ', "https', "]} #"
    )
    project.write(text.replace("key_image: refs/girl.png", "key_image: refs/boy.png"))
    write_file(project.folder, "refs/boy.png", image_bytes(size=(200, 200)))
    plan = ran(project, "plan", "spring.yaml").out
    assert "changed: subjects[0].name girl -> lady, subjects[0].images[1] removed" in plan
    assert "changed: image_settings[0].key_image " in plan


@pytest.mark.usefixtures("vidu")
def test_an_image_inside_a_list_is_reported_where_it_is(project: Project) -> None:
    project.write(MANIFEST.replace("key_image: refs/girl.png", "key_image: refs/gril.png"))
    write_file(project.folder, "refs/girl.png", image_bytes(size=(90, 90)))
    checked = ran(project, "validate", "spring.yaml")
    assert checked.code == 3
    small = "refs/girl.png is 90x90 pixels, but at least 100x100 are needed"
    assert [line for line in checked.err.splitlines() if line.startswith("spring.yaml")] == [
        f'spring.yaml:11:31: error: job "cast": {small}',
        f'spring.yaml:13:49: error: job "one": {small}',
        'spring.yaml:18:21: error: job "chain": refs/gril.png does not exist',
    ]


def body_with(vidu: StandIn, name: str) -> dict[str, Any]:
    """The only submission that has this key."""
    (body,) = (body for body in vidu.bodies if name in body)
    return body
