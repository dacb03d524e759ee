from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from PIL import Image

from bench import answers
from bench.service import Scenario, Service
from runner.emulator.api import modelverse as emulated_modelverse
from runner.emulator.api import vidu as emulated_vidu
from runner.emulator.state import tasks
from runner.emulator.state.tasks import Order
from runner.model.requests import Reach, Reply, TaskState
from runner.providers import modelverse, vidu, vidu_tasks
from runner.providers.base import ListFailure, TaskPage

BODY = {"model": "viduq2", "prompt": "a cat", "payload": "tag"}
VIDEO = {"model": "viduq2", "input": {"prompt": "dance"}, "parameters": {"duration": 2}}


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def service(clock: Clock) -> Service:
    return Service("http://127.0.0.1:1", clock)


def reply(service: Service, method: str, target: str, body: Any = None) -> Reply:
    status, content = service.answer(method, target, json.dumps(body).encode(), authorized=True)
    return Reply(reach=Reach.ANSWERED, status=status, body=content)


def picture(service: Service) -> str:
    submission = vidu.read_submission(reply(service, "POST", "/ent/v2/reference2image", BODY))
    assert submission.credits == 6
    assert submission.task_id
    return submission.task_id


def test_a_task_ends_when_its_time_is_over(service: Service, clock: Clock) -> None:
    task = picture(service)
    about = f"/ent/v2/tasks/{task}/creations"
    waiting = vidu.read_status(reply(service, "GET", about), task)
    assert (waiting.state, waiting.tag) == (TaskState.RUNNING, "tag")
    clock.now += 100
    done = vidu.read_status(reply(service, "GET", about), task)
    assert done.state is TaskState.SUCCEEDED
    assert done.urls == (f"http://127.0.0.1:1/files/{task}/picture.png",)


def test_a_list_tells_of_the_tasks_that_are_named_in_pages(service: Service) -> None:
    named = [picture(service) for _ in range(120)]
    picture(service)
    query = "&".join(f"task_ids={task}" for task in named)
    first = vidu_tasks.read_list(reply(service, "GET", f"/ent/v2/tasks?{query}&pager.pagesz=100"))
    assert isinstance(first, TaskPage)
    assert [each.status.task_id for each in first.tasks] == named[:100]
    rest = f"/ent/v2/tasks?{query}&pager.pagesz=100&pager.page_token={first.next_page}"
    second = vidu_tasks.read_list(reply(service, "GET", rest))
    assert isinstance(second, TaskPage)
    assert [each.status.task_id for each in second.tasks] == named[100:]
    assert second.next_page is None
    assert service.seen().requests["list"] == 2


def test_a_list_can_be_missing(service: Service) -> None:
    service.begin(Scenario(lists=False))
    task = picture(service)
    answer = reply(service, "GET", f"/ent/v2/tasks?task_ids={task}")
    failure = vidu_tasks.read_list(answer)
    assert isinstance(failure, ListFailure)
    assert failure.missing


def test_a_filter_of_the_list_that_there_is_not_is_refused(service: Service) -> None:
    assert reply(service, "GET", "/ent/v2/tasks?states=success").status == 400


def test_modelverse_tells_of_its_tasks_too(service: Service, clock: Clock) -> None:
    task = modelverse.read_submission(reply(service, "POST", "/v1/tasks/submit", VIDEO)).task_id
    assert task
    about = f"/v1/tasks/status?task_id={task}"
    assert modelverse.read_status(reply(service, "GET", about), task).state is TaskState.RUNNING
    clock.now += 100
    done = modelverse.read_status(reply(service, "GET", about), task)
    assert (done.state, done.usage) == (TaskState.SUCCEEDED, {"duration": 2})


def test_lag_counts_from_the_end_to_the_first_answer_that_tells_of_it(
    service: Service, clock: Clock
) -> None:
    service.begin(Scenario(median_s=2.0, sigma=0.0))
    task = picture(service)
    picture(service)
    clock.now += 2.5
    for _ in range(2):
        reply(service, "GET", f"/ent/v2/tasks/{task}/creations")
    seen = service.seen()
    assert seen.lags_s == [pytest.approx(0.5)]
    assert (seen.tasks, seen.told, seen.most_in_flight) == (2, 1, 2)
    assert seen.requests == {"submit": 2, "creations": 2}
    assert seen.status_requests == 2


def test_a_place_is_empty_from_the_answer_to_the_next_submission(
    service: Service, clock: Clock
) -> None:
    service.begin(Scenario(median_s=2.0, sigma=0.0))
    clock.now += 1
    task = picture(service)
    clock.now += 3
    reply(service, "GET", f"/ent/v2/tasks/{task}/creations")
    clock.now += 0.25
    picture(service)
    seen = service.seen()
    assert seen.refills_s == [pytest.approx(0.25)]
    assert (seen.first_s, seen.last_s) == (1.0, 4.0)


def test_who_brings_no_key_is_refused(service: Service) -> None:
    status, _ = service.answer("GET", "/ent/v2/credits", b"", authorized=False)
    assert status == 401


@pytest.mark.parametrize("size", [0, 1000, 100_000])
def test_files_are_whole_pictures_of_the_size_asked_for(service: Service, size: int) -> None:
    service.begin(Scenario(file_bytes=size))
    target = f"/files/{picture(service)}/picture.png"
    _, content = service.answer("GET", target, b"", authorized=False)
    assert len(content) == max(size, 67)
    with Image.open(io.BytesIO(content)) as image:
        image.load()
        assert image.size == (1, 1)


def shape(value: Any) -> Any:
    """Names and types, without the values."""
    if isinstance(value, dict):
        return {key: shape(each) for key, each in value.items()}
    return [shape(each) for each in value] if isinstance(value, list) else type(value)


@pytest.mark.parametrize("done", [False, True])
def test_answers_have_the_emulators_shapes(done: bool) -> None:
    """The emulator's are held against the documents by tests of their own."""
    made = datetime(2026, 1, 20, tzinfo=UTC)
    url = "http://127.0.0.1/x.png"
    task = answers.Task(id="17", api="vidu", asked=BODY, begun=0, ready=2, made_at=made, url=url)
    film = answers.Task(
        id="18", api="modelverse", asked=VIDEO, begun=0, ready=2, made_at=made, url=url
    )
    there = tasks.Task(
        id="17",
        order=Order(
            api="vidu",
            model="viduq2",
            prompt="a cat",
            seed=1,
            aspect_ratio="16:9",
            resolution="1080p",
            duration_s=2,
            details={"images": []},
        ),
        credits=6,
        made_ns=0,
        queued_ns=0,
        started_ns=0,
        done_ns=10,
    )
    now = 20 if done else 5

    def link(owner: str, name: str) -> str:
        return f"{url}?{owner}{name}"

    pairs = [
        (answers.created(task), emulated_vidu.created(there, link)),
        (answers.creations(task, done=done), emulated_vidu.creations(there, now, link)),
        (answers.row(task, done=done), emulated_vidu.row(there, now, link, every_field=False)),
        (answers.submitted(film), emulated_modelverse.submitted(there)),
        (answers.status(film, done=done), emulated_modelverse.status(there, now, link)),
        (answers.balance(0), emulated_vidu.balance(1, 1, [], now, detail=False)),
    ]
    for ours, theirs in pairs:
        assert shape(json.loads(ours)) == shape(theirs)
