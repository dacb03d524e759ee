"""Operations whose results come in another form, end to end, in a process of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.commands.conftest import Project
from tests.commands.made_up import StandIn, make_up, run, sound, standing_in
from tests.commands.process import running, until

SPEECH = {
    "makes": "audio",
    "tag": "payload",
    "result": {"synchronous": True, "url": "file_url"},
}
QUIET = ("spring.yaml", "--progress", "none")
SUBMIT = "POST /ent/v2/speech"
AMBIGUOUS = 7


@pytest.fixture
def provider(project: Project) -> Iterator[StandIn]:
    """A provider of speech, whose answers are the results."""
    make_up(project, "speech", {"payload": {"type": "string"}}, **SPEECH)
    project.write("version: 1\njobs:\n  - {id: hello, operation: vidu/speech, text: Hello!}\n")
    with standing_in(project) as stand_in:
        stand_in.answers = {
            SUBMIT: lambda: {
                "task_id": "41",
                "state": "success",
                "file_url": f"{stand_in.url}/hello.wav",
                "credits": 3,
            },
            "GET /hello.wav": sound,
        }
        yield stand_in


def test_a_synchronous_result_is_fetched(project: Project, provider: StandIn) -> None:
    assert run(project, *QUIET).code == 0
    row = project.rows()["hello"]
    assert (row["state"], row["task_id"], row["credits"], row["seed"]) == (
        "succeeded",
        "41",
        3,
        None,
    )
    assert [(file["path"], file["media_type"]) for file in row["files"]] == [
        ("outputs/spring/hello.wav", "audio/wav")
    ]
    assert (project.folder / "outputs/spring/hello.wav").read_bytes() == sound()
    assert provider.asked == [SUBMIT, "GET /hello.wav"]


def test_a_synchronous_result_is_reused(project: Project, provider: StandIn) -> None:
    run(project, *QUIET)
    assert run(project, *QUIET).code == 0
    assert len(provider.posted) == 1


def test_a_synchronous_task_that_queues_is_asked_for(project: Project, provider: StandIn) -> None:
    provider.answers |= {
        SUBMIT: lambda: {"task_id": "41", "state": "queueing", "credits": 3},
        "GET /ent/v2/tasks/41/creations": lambda: {
            "id": "41",
            "state": "success",
            "creations": [{"id": "1", "url": f"{provider.url}/hello.wav"}],
        },
    }
    assert run(project, *QUIET).code == 0
    assert (len(provider.posted), provider.count("GET /hello.wav")) == (1, 1)


def test_a_synchronous_failure_fails_the_job(project: Project, provider: StandIn) -> None:
    provider.answers[SUBMIT] = lambda: {
        "task_id": "41",
        "state": "failed",
        "err_code": "AuditFailed",
        "credits": 0,
    }
    assert run(project, *QUIET).code == 1
    row = project.rows()["hello"]
    assert (row["state"], row["task_id"]) == ("failed", "41")
    assert (row["error"]["class"], row["error"]["billed"]) == ("policy", "no")


def test_a_synchronous_result_without_an_id_is_kept(project: Project, provider: StandIn) -> None:
    provider.answers[SUBMIT] = lambda: {"file_url": f"{provider.url}/hello.wav"}
    assert [run(project, *QUIET).code for _ in range(2)] == [0, 0]
    assert len(provider.posted) == 1
    assert project.rows()["hello"]["task_id"] is None


def test_killed_before_the_answer_it_is_found_and_not_paid_twice(
    project: Project, provider: StandIn
) -> None:
    answer = provider.answers[SUBMIT]
    provider.answers[SUBMIT] = provider.hang
    with running(project, *QUIET) as process:
        until(lambda: bool(provider.posted))
        process.kill()
    tag = provider.posted[0]["payload"]
    provider.answers |= {
        SUBMIT: answer,
        "GET /ent/v2/tasks": lambda: {
            "tasks": [provider.row("41", payload=tag)],
            "next_page_token": "",
        },
        "GET /ent/v2/tasks/41/creations": lambda: {
            "id": "41",
            "state": "success",
            "file_url": f"{provider.url}/hello.wav",
            "payload": tag,
            "credits": 3,
        },
    }
    assert run(project, *QUIET).code == 0
    assert len(provider.posted) == 1
    assert project.rows()["hello"]["task_id"] == "41"


def test_a_list_without_such_tasks_proves_no_absence(project: Project, provider: StandIn) -> None:
    provider.answers |= {
        SUBMIT: lambda: 500,
        "GET /ent/v2/tasks": lambda: {"tasks": [], "next_page_token": ""},
    }
    assert run(project, *QUIET).code == AMBIGUOUS
    assert run(project, *QUIET).code == AMBIGUOUS
    assert len(provider.posted) == 1
    assert "not seen to show tasks of this operation" in project.rows()["hello"]["reason"]


def test_killed_before_the_file_the_recorded_url_is_used(
    project: Project, provider: StandIn
) -> None:
    provider.answers["GET /hello.wav"] = provider.hang
    with running(project, *QUIET) as process:
        until(lambda: provider.count("GET /hello.wav") > 0)
        process.kill()
    provider.answers["GET /hello.wav"] = sound
    assert run(project, *QUIET).code == 0
    assert len(provider.posted) == 1
    assert project.rows()["hello"]["files"]


def test_a_film_has_its_own_path_and_field_and_neither_seed_nor_tag(
    project: Project, provider: StandIn
) -> None:
    form = {"path": "/ent/v2/film/{id}", "url": "signed_url"}
    make_up(project, "film", makes="audio", result=form)
    project.write("version: 1\njobs:\n  - {id: film, operation: vidu/film, text: A walk.}\n")
    provider.answers |= {
        "POST /ent/v2/film": lambda: {"id": "77"},
        "GET /ent/v2/film/77": lambda: {
            "id": "77",
            "state": "success",
            "signed_url": f"{provider.url}/hello.wav",
        },
    }
    assert run(project, *QUIET).code == 0
    assert provider.posted == [{"text": "A walk."}]
    row = project.rows()["film"]
    assert (row["state"], row["task_id"], row["seed"]) == ("succeeded", "77", None)
    assert run(project, *QUIET).code == 0
    assert len(provider.posted) == 1


def test_a_lost_submission_without_a_tag_stays_undecided(
    project: Project, provider: StandIn
) -> None:
    make_up(project, "film", makes="audio", result={"path": "/ent/v2/film/{id}"})
    project.write("version: 1\njobs:\n  - {id: film, operation: vidu/film, text: A walk.}\n")
    provider.answers |= {
        "POST /ent/v2/film": lambda: 502,
        "GET /ent/v2/tasks": lambda: {"tasks": [], "next_page_token": ""},
    }
    assert [run(project, *QUIET).code for _ in range(2)] == [AMBIGUOUS, AMBIGUOUS]
    assert len(provider.posted) == 1
