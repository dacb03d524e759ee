from __future__ import annotations

import asyncio
import gc
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest

from runner.engine.ledger_client import LedgerClient
from runner.errors import LedgerError
from runner.ledger import Change, GroupCommit, Intend, Settle, open_ledger
from runner.model import Attempt, AttemptState, Intent

AT = "2026-11-20T12:00:00.000Z"


def intend(run: str, name: str) -> Intend:
    intent = Intent(
        manifest="spring.yaml",
        job=name,
        operation="vidu/reference2image",
        fingerprint=f"sha256:{name}",
        request={"prompt": name},
        seed=7,
        provider="vidu",
        base_url="http://127.0.0.1:1",
        key_env="VIDU_API_KEY",
        tag=name,
        estimate=None,
        at=AT,
    )
    return Intend(run=run, intent=intent)


def with_records(
    folder: Path, act: Callable[[LedgerClient, str], Awaitable[None]]
) -> list[Attempt]:
    """Act on a ledger in the folder; what it holds afterwards."""
    path = folder / ".vidu-run" / "ledger.sqlite3"

    async def main(journal: GroupCommit) -> None:
        async with asyncio.timeout(30):
            await act(LedgerClient(journal), run)

    with open_ledger(path) as ledger:
        run = ledger.begin_run("spring.yaml", "vidu-run")
        with GroupCommit(path) as journal:
            asyncio.run(main(journal))
        return ledger.attempts()


def test_each_change_comes_back_with_its_own_result(tmp_path: Path) -> None:
    async def act(records: LedgerClient, run: str) -> None:
        changes: list[Change] = [intend(run, f"job-{n}") for n in range(50)]
        results = await asyncio.gather(*map(records.durable, changes))
        assert sorted(str(result) for result in results) == sorted(str(n + 1) for n in range(50))

    attempts = with_records(tmp_path, act)
    assert {attempt.intent.job for attempt in attempts} == {f"job-{n}" for n in range(50)}


def test_a_change_is_written_although_its_waiter_is_cancelled(tmp_path: Path) -> None:
    async def act(records: LedgerClient, run: str) -> None:
        waiting = asyncio.create_task(records.durable(intend(run, "cut")))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    assert [attempt.intent.job for attempt in with_records(tmp_path, act)] == ["cut"]


def test_a_change_that_cannot_be_written_fails_for_who_waits(tmp_path: Path) -> None:
    async def act(records: LedgerClient, run: str) -> None:
        number = await records.durable(intend(run, "made"))
        assert isinstance(number, int)
        records.path.parent.rename(tmp_path / "away")
        with pytest.raises(LedgerError, match="moved or deleted"):
            await records.durable(intend(run, "late"))
        settle = Settle(number=number, state=AttemptState.SUBMITTED, at=AT, task_id="t1")
        assert await records.durable(settle) == number

    with_records(tmp_path, act)


def test_a_change_that_nobody_waits_for_fails_silently(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def act(records: LedgerClient, run: str) -> None:
        records.path.parent.rename(tmp_path / "away")
        records.put(intend(run, "late"))
        with pytest.raises(LedgerError):  # written after it
            await records.durable(intend(run, "later"))
        gc.collect()

    with_records(tmp_path, act)
    assert not caplog.records


def test_a_change_is_written_although_the_loop_has_ended(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / ".vidu-run" / "ledger.sqlite3"
    with open_ledger(path) as ledger:
        run = ledger.begin_run("spring.yaml", "vidu-run")

    async def act(journal: GroupCommit) -> None:
        LedgerClient(journal).put(intend(run, "last"))

    with (
        GroupCommit(path) as journal,
        closing(sqlite3.connect(path, isolation_level=None)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")  # until the loop has ended
        asyncio.run(act(journal))
    with open_ledger(path) as ledger:
        assert [attempt.intent.job for attempt in ledger.attempts()] == ["last"]
    assert not caplog.records
