"""Context: texts of providers lose the keys that they may repeat."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from runner.engine.context import Context
from runner.errors import Secret
from runner.model.requests import (
    Billed,
    ErrorClass,
    Fate,
    JobError,
    Submission,
    TaskState,
    TaskStatus,
)
from tests.engine.builders import live_run

NOWHERE = "http://127.0.0.1:9"
ERROR = JobError(
    code="vda_3141592653",
    message="the key vda_3141592653 is refused",
    class_=ErrorClass.AUTH,
    billed=Billed.NO,
)
CLEAN = JobError(
    code="***", message="the key *** is refused", class_=ErrorClass.AUTH, billed=Billed.NO
)


def with_keys(folder: Path, check: Callable[[Context], None]) -> None:
    """Check with a context that has a key of usual length, and a short one."""

    async def scene() -> None:
        async with live_run(NOWHERE, folder) as run:
            account = run.context.settings.accounts["vidu"]
            keys = {"vidu": Secret("vda_3141592653"), "modelverse": Secret("short")}
            accounts = {name: replace(account, key=key) for name, key in keys.items()}
            settings = replace(run.context.settings, accounts=accounts)
            check(replace(run.context, settings=settings))

    asyncio.run(scene())


def test_a_key_in_a_text_is_replaced(tmp_path: Path) -> None:
    def check(context: Context) -> None:
        assert context.redacted("a vda_3141592653 b") == "a *** b"

    with_keys(tmp_path, check)


def test_a_short_text_is_no_key(tmp_path: Path) -> None:
    def check(context: Context) -> None:
        assert context.redacted("a short text") == "a short text"

    with_keys(tmp_path, check)


def test_a_submission_keeps_its_task_id(tmp_path: Path) -> None:
    def check(context: Context) -> None:
        submission = Submission(
            fate=Fate.STOPPED, task_id="1", error=ERROR, trace_id="t-vda_3141592653"
        )
        clean = Submission(fate=Fate.STOPPED, task_id="1", error=CLEAN, trace_id="t-***")
        assert context.redacted_submission(submission) == clean

    with_keys(tmp_path, check)


def test_a_status_keeps_its_urls(tmp_path: Path) -> None:
    def check(context: Context) -> None:
        status = TaskStatus(
            task_id="1",
            state=TaskState.FAILED,
            urls=("https://h/vda_3141592653",),
            error=ERROR,
            detail="vda_3141592653",
        )
        found = context.redacted_status(status)
        assert (found.urls, found.error, found.detail) == (status.urls, CLEAN, "***")

    with_keys(tmp_path, check)
