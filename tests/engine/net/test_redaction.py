"""Texts of providers, without the keys that they may repeat."""

from __future__ import annotations

from runner.engine.net import redaction
from runner.errors import Secret
from runner.model import Billed, ErrorClass, Fate, JobError, Submission, TaskState, TaskStatus

KEYS = (Secret("vda_3141592653"), Secret("short"))
ERROR = JobError(
    code="vda_3141592653",
    message="the key vda_3141592653 is refused",
    class_=ErrorClass.AUTH,
    billed=Billed.NO,
)
CLEAN = JobError(
    code="***", message="the key *** is refused", class_=ErrorClass.AUTH, billed=Billed.NO
)


def test_a_key_in_a_text_is_replaced() -> None:
    assert redaction.of_text("a vda_3141592653 b", KEYS) == "a *** b"


def test_a_short_text_is_no_key() -> None:
    assert redaction.of_text("a short text", KEYS) == "a short text"


def test_a_submission_keeps_its_task_id() -> None:
    found = redaction.of_submission(
        Submission(fate=Fate.STOPPED, task_id="1", error=ERROR, trace_id="t-vda_3141592653"), KEYS
    )
    assert found == Submission(fate=Fate.STOPPED, task_id="1", error=CLEAN, trace_id="t-***")


def test_a_status_keeps_its_urls() -> None:
    status = TaskStatus(
        task_id="1",
        state=TaskState.FAILED,
        urls=("https://h/vda_3141592653",),
        error=ERROR,
        detail="vda_3141592653",
    )
    found = redaction.of_status(status, KEYS)
    assert (found.urls, found.error, found.detail) == (status.urls, CLEAN, "***")
