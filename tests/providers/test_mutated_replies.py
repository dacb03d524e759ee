"""Answers with anything in them: no reader fails, and none takes doubt for certainty."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Any

import pytest

from runner.model.requests import Billed, Fate, Reach, Reply, Submission, TaskState, TaskStatus
from runner.providers import fates, modelverse, parse, vidu, vidu_tasks
from runner.providers.base import ListFailure, TaskPage
from tests.mutation import Source, as_json, mutated, mutated_bytes, seeds

CREATION = {"id": "8", "url": "https://h/c.png?S=%2F", "watermarked_url": "https://h/MARK.png"}
TASK = {
    "id": "911092490931552256",
    "state": "success",
    "err_code": "",
    "credits": 6,
    "payload": "0a1b",
    "creations": [CREATION, CREATION],
}
FAILED = TASK | {"state": "failed", "err_code": "AuditFailed", "credits": 0, "creations": []}
VIDU: tuple[Any, ...] = (
    {"task_id": "911092490931552256", "state": "created", "seed": 7, "credits": 6},
    {"code": 400, "reason": "FieldInvalid", "message": "no", "metadata": {"trace_id": "t"}},
    {"error": {"code": "QuotaExceeded", "message": "later"}},
    TASK,
    FAILED,
    {"tasks": [TASK, FAILED, TASK | {"state": "processing"}], "next_page_token": "n"},
)
MODELVERSE: tuple[Any, ...] = (
    {"output": {"task_id": "t1"}, "request_id": "r"},
    {"output": {"task_id": "t1", "task_status": "Success", "urls": ["https://h/c.mp4"]}},
    {"output": {"task_id": "t1", "task_status": "Failure", "error_message": "why"}},
    {"error": {"message": "no", "type": "permission_error", "param": "r", "code": "forbidden"}},
)
STATUSES = (200, 200, 200, 201, 204, 302, 400, 401, 402, 403, 404, 408, 409, 429, 499, 500, 503)
HEADERS: tuple[Mapping[str, str], ...] = (
    {},
    {"retry-after": "2", "date": "Sun, 06 Nov 1994 08:49:37 GMT"},
    {"retry-after": "Sun, 06 Nov 1994 08:49:37 +9999", "date": "soon"},
    {"retry-after": "٣", "x-request-id": "\ud800"},
)
DOUBTFUL = frozenset({408, 409, 499})


def reply(bases: tuple[Any, ...], source: Source) -> Reply:
    """An answer that was a good one before it was broken."""
    body = mutated_bytes(as_json(mutated(source.choice(bases), source)), source)
    status, headers = source.choice(STATUSES), source.choice(HEADERS)
    return Reply(reach=Reach.ANSWERED, status=status, headers=headers, body=body)


def check_text(*texts: str | None) -> None:
    """Texts can be written and shown."""
    for text in texts:
        if text is not None:
            assert len(text.encode()) < 10_000


def check_submission(answer: Reply, found: Submission, codes: fates.Codes) -> None:
    """Nothing is sent again, or paid for again, because of an answer that leaves it open."""
    is_ok = 200 <= answer.status < 300
    assert (found.fate is Fate.SUBMITTED) == bool(found.task_id)
    assert not found.task_id or is_ok
    if answer.status >= 500 or answer.status in DOUBTFUL:
        assert found.fate is Fate.AMBIGUOUS
    if is_ok and found.fate not in {Fate.SUBMITTED, Fate.AMBIGUOUS}:
        assert found.error is not None
        assert found.error.code in codes
    if found.fate is Fate.AMBIGUOUS:
        assert found.error is not None
        assert found.error.billed is Billed.UNKNOWN
    check_text(found.trace_id, found.task_id)
    check_text(*((found.error.code, found.error.message) if found.error else ()))


def check_status(found: TaskStatus) -> None:
    """A success has its files, and no file with the vendor's mark stands for one without."""
    assert all(url.isascii() and url.lower().startswith("http") for url in found.urls)
    if found.state is TaskState.SUCCEEDED:
        assert found.urls
        assert found.shortfall is None
    assert (found.state is TaskState.FAILED) == (found.error is not None)
    if found.error is not None and found.error.billed is Billed.NO:
        assert found.credits == 0
    check_text(found.detail, *((found.error.code, found.error.message) if found.error else ()))


PROVIDERS = [(vidu, VIDU), (modelverse, MODELVERSE)]


@pytest.mark.parametrize(("provider", "bases"), PROVIDERS, ids=["vidu", "modelverse"])
def test_a_broken_answer_is_never_taken_for_certainty(
    provider: ModuleType, bases: tuple[Any, ...]
) -> None:
    for source in seeds():
        answer = reply(bases, source)
        try:
            check_submission(answer, provider.read_submission(answer), provider.CODES)
            check_status(provider.read_status(answer, "t1"))
        except BaseException as error:
            error.add_note(f"seed {source.number}: {answer}")
            raise


def test_the_marked_url_is_taken_only_where_it_is_all_there_is() -> None:
    for source in seeds():
        value = mutated({**TASK, "creations": [CREATION]}, source)
        task = vidu.read_task(value if isinstance(value, dict) else {}, "t1")
        is_marked = any("MARK" in url for url in task.urls)
        # A mutation may have moved it to the key of the clean one.
        moved = "MARK" in str([row.get("url") for row in rows_of(value)])
        assert not is_marked or moved or task.state is not TaskState.SUCCEEDED, source.number


def rows_of(value: Any) -> list[Any]:
    rows = value.get("creations") if isinstance(value, dict) else None
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def test_a_broken_list_has_no_task_that_cannot_be_named() -> None:
    for source in seeds():
        answer = reply(VIDU, source)
        page = vidu_tasks.read_list(answer)
        assert isinstance(page, TaskPage | ListFailure)
        if isinstance(page, TaskPage):
            for row in page.tasks:
                assert row.status.task_id.strip()
                check_status(row.status)
        vidu_tasks.read_states(answer)
        vidu_tasks.read_cancel(answer)


def test_any_text_is_a_url_or_none() -> None:
    for source in seeds():
        text = mutated_bytes(b"https://host:80/a%2Fb?c=%20#d", source).decode("utf-8", "replace")
        url = parse.url(text + str(source.choice(("", " ", "\ud800", "文", "\x7f"))))
        assert url is None or (url.isascii() and url.isprintable() and " " not in url)
