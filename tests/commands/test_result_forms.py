"""Operations whose results come in another form, end to end, in a process of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from tests.builders import as_data_uri, image_bytes
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
INVALID, INCOMPLETE, AMBIGUOUS = 3, 6, 7


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


CLIP, MARKED, COVER = image_bytes(size=(64, 64)), image_bytes(size=(96, 96)), image_bytes()
ALL = "run: {keep: [url, watermarked_url, cover_url]}\n"
JOB = "jobs:\n  - {id: clip, operation: vidu/clip, text: A walk.}\n"


@pytest.fixture
def clips(project: Project, provider: StandIn) -> StandIn:
    """A provider that offers a version with its mark, and a cover, of each result."""
    make_up(project, "clip", makes="image")
    shown = {"id": "c1", "url": f"{provider.url}/clip"}
    shown |= {"watermarked_url": f"{provider.url}/marked", "cover_url": f"{provider.url}/cover"}
    provider.answers |= {
        "POST /ent/v2/clip": lambda: {"task_id": "51", "state": "created", "credits": 3},
        "GET /ent/v2/tasks/51/creations": lambda: {
            "id": "51",
            "state": "success",
            "creations": [shown],
        },
        "GET /clip": lambda: CLIP,
        "GET /marked": lambda: MARKED,
        "GET /cover": lambda: COVER,
    }
    return provider


KEPT = [
    ("outputs/spring/clip.png", None),
    ("outputs/spring/clip.watermarked.png", "watermarked"),
    ("outputs/spring/clip.cover.png", "cover"),
]


def _files(project: Project) -> list[tuple[str, str | None]]:
    return [(file["path"], file.get("kind")) for file in project.rows()["clip"]["files"]]


def test_everything_that_is_kept_is_fetched_beside_the_result(
    project: Project, clips: StandIn
) -> None:
    project.write(f"version: 1\n{ALL}{JOB}")
    assert run(project, *QUIET).code == 0
    assert _files(project) == KEPT
    contents = [(project.folder / path).read_bytes() for path, _ in KEPT]
    assert contents == [CLIP, MARKED, COVER]
    assert project.rows()["clip"]["creation_ids"] == ["c1"]
    before = len(clips.asked)
    assert run(project, *QUIET).code == 0
    assert len(clips.asked) == before


def test_fetch_collects_what_a_larger_keep_lacks(project: Project, clips: StandIn) -> None:
    project.write(f"version: 1\n{JOB}")
    assert run(project, *QUIET).code == 0
    assert _files(project) == KEPT[:1]
    project.write(f"version: 1\n{ALL}{JOB}")
    assert run(project, "fetch", *QUIET).code == 0
    assert _files(project) == KEPT
    assert (clips.count("GET /clip"), len(clips.posted)) == (1, 1)


def test_what_is_not_offered_is_asked_for_once(project: Project, clips: StandIn) -> None:
    clips.answers["GET /ent/v2/tasks/51/creations"] = lambda: {
        "id": "51",
        "state": "success",
        "creations": [{"id": "c1", "url": f"{clips.url}/clip"}],
    }
    project.write(f"version: 1\n{JOB}")
    run(project, *QUIET)
    project.write(f"version: 1\n{ALL}{JOB}")
    asked = []
    for _ in range(2):
        assert run(project, *QUIET).code == 0
        asked.append(clips.count("GET /ent/v2/tasks/51/creations"))
    assert asked[0] == asked[1]
    assert _files(project) == KEPT[:1]


def test_a_result_stays_where_its_cover_is_gone(project: Project, clips: StandIn) -> None:
    project.write(f"version: 1\n{JOB}")
    run(project, *QUIET)
    del clips.answers["GET /ent/v2/tasks/51/creations"]
    project.write(f"version: 1\n{ALL}{JOB}")
    assert run(project, *QUIET, "--timeout", "0.2s").code == 0
    assert _files(project) == KEPT[:1]


def test_a_cover_that_cannot_be_fetched_yet_is_pending(project: Project, clips: StandIn) -> None:
    clips.answers["GET /cover"] = lambda: 503
    project.write(f"version: 1\n{ALL}{JOB}")
    assert run(project, *QUIET, "--outage", "0.1s").code == INCOMPLETE
    row = project.rows()["clip"]
    assert (row["state"], _files(project)) == ("pending", KEPT[:1])
    clips.answers["GET /cover"] = lambda: COVER
    assert run(project, *QUIET).code == 0
    assert (_files(project), clips.count("GET /clip"), len(clips.posted)) == (KEPT, 1, 1)


def test_a_job_named_as_anothers_cover_is_an_error(project: Project, clips: StandIn) -> None:
    other = "  - {id: clip.cover, operation: vidu/clip, text: A run.}\n"
    project.write(f"version: 1\n{ALL}{JOB}{other}")
    ran = run(project, *QUIET)
    assert ran.code == INVALID
    assert 'its file is named as the cover file of job "clip"' in ran.err
    assert clips.posted == []


NEXT = """  - id: next
    operation: vidu/next
    text: after ${{ jobs.clip.task_id }}
    creation: ${{ jobs.clip.creation_id }}
    image: ${{ jobs.clip.cover }}
"""
PICTURE = {"kind": "image", "media_types": ["image/png"]}


@pytest.fixture
def followed(project: Project, clips: StandIn) -> StandIn:
    """The same, with an operation that goes on from a result by its id and its cover."""
    texts = {"creation": {"type": "string"}, "image": {"type": "string"}}
    make_up(project, "next", texts, makes="image", media={"image": PICTURE})
    clips.answers |= {
        "POST /ent/v2/next": lambda: {"task_id": "61", "state": "created", "credits": 3},
        "GET /ent/v2/tasks/61/creations": lambda: {
            "id": "61",
            "state": "success",
            "creations": [{"id": "d1", "url": f"{clips.url}/clip"}],
        },
    }
    return clips


def test_a_job_goes_on_from_ids_and_cover_of_another(project: Project, followed: StandIn) -> None:
    project.write(f"version: 1\n{JOB}{NEXT}")
    assert run(project, *QUIET).code == 0
    assert followed.posted[1] == {
        "text": "after 51",
        "creation": "c1",
        "image": f"{followed.url}/cover",
    }
    followed.posted.clear()
    assert run(project, *QUIET).code == 0
    assert followed.posted == []


def test_a_cover_that_is_kept_goes_inside_the_request(project: Project, followed: StandIn) -> None:
    project.write(f"version: 1\n{ALL}{JOB}{NEXT}")
    assert run(project, *QUIET).code == 0
    assert followed.posted[1]["image"] == as_data_uri(COVER)


def test_the_id_of_a_reused_result_is_known_from_the_results(
    project: Project, followed: StandIn
) -> None:
    project.write(f"version: 1\n{JOB}")
    run(project, *QUIET)
    shutil.rmtree(project.folder / ".vidu-run")
    project.write(f"version: 1\n{JOB}{NEXT}")
    assert run(project, *QUIET).code == 0
    assert [body.get("creation") for body in followed.posted] == [None, "c1"]


def test_a_job_fails_unpaid_where_there_is_no_cover(project: Project, followed: StandIn) -> None:
    shown = {"id": "c1", "url": f"{followed.url}/clip"}
    followed.answers["GET /ent/v2/tasks/51/creations"] = lambda: {
        "id": "51",
        "state": "success",
        "creations": [shown],
    }
    project.write(f"version: 1\n{JOB}{NEXT}")
    assert run(project, *QUIET).code == 1
    error = project.rows()["next"]["error"]
    assert (error["message"], error["billed"]) == ('job "clip" has no cover', "no")
    assert len(followed.posted) == 1
