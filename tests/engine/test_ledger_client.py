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
from runner.ledger.changes import Change, Intend, Settle
from runner.ledger.group_commit import GroupCommit
from runner.ledger.location import open_ledger
from runner.model.tasks import Attempt, AttemptState, Intent

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


def ledger_after(
    folder: Path, act: Callable[[LedgerClient, str], Awaitable[None]]
) -> list[Attempt]:
    """Act on a ledger in the folder; what it holds afterwards."""
    path = folder / ".vidu-run" / "ledger.sqlite3"

    async def main(group_commit: GroupCommit) -> None:
        async with asyncio.timeout(30):
            await act(LedgerClient(group_commit), run)

    with open_ledger(path) as ledger:
        run = ledger.begin_run("spring.yaml", "vidu-run")
        with GroupCommit(path) as group_commit:
            asyncio.run(main(group_commit))
        return ledger.attempts()


def test_each_change_returns_its_own_result(tmp_path: Path) -> None:
    async def act(client: LedgerClient, run: str) -> None:
        changes: list[Change] = [intend(run, f"job-{n}") for n in range(50)]
        results = await asyncio.gather(*map(client.commit, changes))
        assert sorted(str(result) for result in results) == sorted(str(n + 1) for n in range(50))

    attempts = ledger_after(tmp_path, act)
    assert {attempt.intent.job for attempt in attempts} == {f"job-{n}" for n in range(50)}


def test_a_change_is_written_though_its_waiter_is_cancelled(tmp_path: Path) -> None:
    async def act(client: LedgerClient, run: str) -> None:
        waiting = asyncio.create_task(client.commit(intend(run, "cut")))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    assert [attempt.intent.job for attempt in ledger_after(tmp_path, act)] == ["cut"]


def test_a_failed_change_raises_in_its_waiter(tmp_path: Path) -> None:
    async def act(client: LedgerClient, run: str) -> None:
        number = await client.commit(intend(run, "made"))
        assert isinstance(number, int)
        assert isinstance(client.location, Path)
        client.location.parent.rename(tmp_path / "away")
        with pytest.raises(LedgerError, match="moved or deleted"):
            await client.commit(intend(run, "late"))
        settle = Settle(number=number, state=AttemptState.SUBMITTED, at=AT, task_id="t1")
        assert await client.commit(settle) == number

    ledger_after(tmp_path, act)


def test_a_failed_change_without_a_waiter_is_not_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def act(client: LedgerClient, run: str) -> None:
        assert isinstance(client.location, Path)
        client.location.parent.rename(tmp_path / "away")
        client.enqueue(intend(run, "late"))
        with pytest.raises(LedgerError):  # written after it
            await client.commit(intend(run, "later"))
        gc.collect()

    ledger_after(tmp_path, act)
    assert not caplog.records


def test_a_change_is_written_though_the_loop_has_ended(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / ".vidu-run" / "ledger.sqlite3"
    with open_ledger(path) as ledger:
        run = ledger.begin_run("spring.yaml", "vidu-run")

    async def act(group_commit: GroupCommit) -> None:
        LedgerClient(group_commit).enqueue(intend(run, "last"))

    with (
        GroupCommit(path) as group_commit,
        closing(sqlite3.connect(path, isolation_level=None)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")  # until the loop has ended
        asyncio.run(act(group_commit))
    with open_ledger(path) as ledger:
        assert [attempt.intent.job for attempt in ledger.attempts()] == ["last"]
    assert not caplog.records
