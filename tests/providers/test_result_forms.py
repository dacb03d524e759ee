"""Results in other forms: synchronous answers, other fields, another path for the status."""

from __future__ import annotations

from typing import Any

import pytest

from runner.errors import Secret
from runner.model.operations import ResultForm
from runner.model.requests import Account, Billed, Creation, ErrorClass, Fate, TaskState
from runner.providers import modelverse, vidu
from tests.builders import answered

URL = "https://files.example.com/1.mp3"
SPEECH = ResultForm(synchronous=True, url="file_url")
FILM = ResultForm(path="/ent/v2/one-click/mv/{id}", url="signed_url")
ACCOUNT = Account(
    provider="vidu",
    base_url="https://api.vidu.cn",
    auth="token",
    key=Secret("vda_3141592653"),
    key_env="VIDU_API_KEY",
)


def test_the_answer_to_a_synchronous_submission_is_the_result() -> None:
    body = {"task_id": "7", "state": "success", "file_url": URL, "credits": 3}
    found = vidu.read_submission(answered(200, body), SPEECH)
    assert (found.fate, found.task_id, found.credits) == (Fate.SUBMITTED, "7", 3)
    assert found.task is not None
    assert (found.task.state, found.task.urls) == (TaskState.SUCCEEDED, (URL,))


@pytest.mark.parametrize("state", ["queueing", "processing", "created"])
def test_a_synchronous_answer_without_an_end_is_a_task(state: str) -> None:
    found = vidu.read_submission(answered(200, {"task_id": "7", "state": state}), SPEECH)
    assert (found.fate, found.task_id, found.task) == (Fate.SUBMITTED, "7", None)


def test_a_synchronous_answer_without_a_url_is_asked_for_again() -> None:
    found = vidu.read_submission(answered(200, {"task_id": "7", "state": "success"}), SPEECH)
    assert (found.fate, found.task) == (Fate.SUBMITTED, None)


def test_a_failure_in_the_answer_has_its_class_and_bill() -> None:
    body = {"task_id": "7", "state": "failed", "err_code": "AuditFailed", "credits": 0}
    task = vidu.read_submission(answered(200, body), SPEECH).task
    assert task is not None
    assert task.error is not None
    assert (task.state, task.error.class_) == (TaskState.FAILED, ErrorClass.POLICY)
    assert task.error.billed is Billed.NO


def test_a_synchronous_result_counts_without_an_id() -> None:
    found = vidu.read_submission(answered(200, {"file_url": URL}), SPEECH)
    assert (found.fate, found.task_id) == (Fate.SUBMITTED, None)
    assert found.task is not None
    assert found.task.urls == (URL,)


def test_a_synchronous_answer_that_shows_nothing_is_ambiguous() -> None:
    assert vidu.read_submission(answered(200, {}), SPEECH).fate is Fate.AMBIGUOUS


def test_an_asynchronous_answer_is_never_a_result() -> None:
    body = {"task_id": "7", "state": "success", "file_url": URL}
    assert vidu.read_submission(answered(200, body)).task is None


def test_modelverse_answers_synchronously_in_its_own_envelope() -> None:
    form = ResultForm(synchronous=True)
    body = {"output": {"task_id": "7", "task_status": "Success", "urls": [URL]}}
    found = modelverse.read_submission(answered(200, body), form)
    assert found.task is not None
    assert (found.task_id, found.task.urls) == ("7", (URL,))


@pytest.mark.parametrize(
    ("body", "expected"), [({"job": "5", "id": "6"}, "5"), ({"id": "6"}, None)]
)
def test_the_named_field_alone_has_the_id(body: dict[str, Any], expected: str | None) -> None:
    form = ResultForm(task_id="job")
    assert vidu.read_submission(answered(200, body), form).task_id == expected


def test_the_state_is_asked_for_at_another_path() -> None:
    assert vidu.status(ACCOUNT, "a/7", FILM).url == "https://api.vidu.cn/ent/v2/one-click/mv/a%2F7"
    other = ResultForm(path="/v1/films?film={id}")
    assert modelverse.status(ACCOUNT, "7", other).url == "https://api.vidu.cn/v1/films?film=7"


def test_the_url_is_read_from_the_named_field() -> None:
    body = {"id": "7", "state": "success", "signed_url": URL, "job_records": []}
    status = vidu.read_status(answered(200, body), "7", FILM)
    assert (status.state, status.urls) == (TaskState.SUCCEEDED, (URL,))
    named = {"output": {"task_id": "7", "task_status": "Success", "audio_url": URL}}
    form = ResultForm(url="audio_url")
    assert modelverse.read_status(answered(200, named), "7", form).urls == (URL,)


def test_without_the_named_field_the_usual_ones_count() -> None:
    body = {"id": "7", "state": "success", "creations": [{"id": "1", "url": URL}]}
    assert vidu.read_status(answered(200, body), "7", SPEECH).urls == (URL,)


def test_what_else_is_offered_of_each_result_is_read() -> None:
    rows = [
        {"id": "11", "url": URL, "watermarked_url": f"{URL}?w", "cover_url": f"{URL}?c"},
        {"id": 12, "url": f"{URL}?2", "watermarked_url": ""},
    ]
    body = {"id": "7", "state": "success", "creations": rows}
    assert vidu.read_status(answered(200, body), "7").creations == (
        Creation(id="11", watermarked_url=f"{URL}?w", cover_url=f"{URL}?c"),
        Creation(id="12"),
    )
