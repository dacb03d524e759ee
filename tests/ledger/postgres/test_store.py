"""Shared ledger: runs on machines that cannot see each other, and commits without an answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import psycopg
import pytest
from psycopg import sql

from runner.errors import LedgerError, Secret
from runner.ledger.changes import Change, Finish, Intend, Settle, Stale, Store, Supersede, Taken
from runner.ledger.postgres import connection
from runner.ledger.postgres.store import PostgresLedger, open_postgres
from runner.ledger.shared import SharedLedger
from runner.model.requests import Account
from runner.model.tasks import AttemptState, Intent, StoredFile
from tests.ledger.conftest import AT, failed, intend, submitted, succeeded
from tests.postgres_proxy import Proxy

MakeIntent = Callable[..., Intent]
ACCOUNT = Account(
    provider="vidu",
    base_url="https://api.vidu.cn",
    auth="token",
    key=Secret("secret-key-7351"),
    key_env="VIDU_API_KEY",
)


def let_lapse(location: SharedLedger, run: str) -> None:
    """As if the run's machine had slept for longer than its lease."""
    table = sql.Identifier(location.schema, "runs")
    statement = "UPDATE {} SET alive_until = clock_timestamp() - interval '1 s' WHERE id = %s"
    with psycopg.connect(location.conninfo) as server:
        server.execute(sql.SQL(statement).format(table), (run,))


def cut_at_commit(proxy: Proxy, times: int = 1) -> None:
    """Have the next commits arrive without an answer."""
    left = [None] * times
    proxy.cut = lambda sent: b"COMMIT" in sent and bool(left) and left.pop() is None


# ------------------------------------------------------------------------------------------ leases


def test_a_run_whose_lease_has_ended_is_dead(
    ledger: PostgresLedger, location: SharedLedger
) -> None:
    run = ledger.begin_run("spring.yaml", "vidu-run")
    with open_postgres(location) as other:
        assert other.alive(run)
        let_lapse(location, run)
        assert not other.alive(run)


def test_a_run_that_was_found_dead_can_not_renew_its_lease(
    ledger: PostgresLedger, location: SharedLedger
) -> None:
    run = ledger.begin_run("spring.yaml", "vidu-run")
    let_lapse(location, run)
    with open_postgres(location) as other:
        assert not other.alive(run)
    assert ledger._renew(run) is False


def test_a_lease_that_has_ended_is_renewed_while_nobody_has_taken_over(
    ledger: PostgresLedger, location: SharedLedger
) -> None:
    run = ledger.begin_run("spring.yaml", "vidu-run")
    let_lapse(location, run)
    assert ledger._renew(run) is True
    assert ledger.alive(run)


def test_a_run_of_an_unknown_id_is_dead(ledger: PostgresLedger) -> None:
    assert not ledger.alive("20260101T000000Z-00000000")


def test_nothing_is_refused_while_the_lease_is_held(ledger: PostgresLedger) -> None:
    ledger.begin_run("spring.yaml", "vidu-run")
    assert ledger.may_send()
    assert ledger.refusal() is None


def test_looking_does_not_bury_a_run(ledger: PostgresLedger, location: SharedLedger) -> None:
    run = ledger.begin_run("spring.yaml", "vidu-run")
    let_lapse(location, run)
    with open_postgres(location, read_only=True) as other:
        assert not other.alive(run)
    with psycopg.connect(location.conninfo) as server:
        table = sql.Identifier(location.schema, "runs")
        row = server.execute(sql.SQL("SELECT dead_at FROM {}").format(table)).fetchone()
    assert row == (None,)


# ------------------------------------------------------------------------------------ lost commits


def test_an_intent_is_ours_though_the_answer_to_its_commit_was_lost(
    ledger: PostgresLedger, behind_proxy: SharedLedger, proxy: Proxy, intent: MakeIntent
) -> None:
    with open_postgres(behind_proxy, away_s=60) as run_ledger:
        run = run_ledger.begin_run("spring.yaml", "vidu-run")
        cut_at_commit(proxy)
        (number,) = run_ledger.apply([Intend(run=run, intent=intent())])
        assert isinstance(number, int)
        assert [attempt.number for attempt in ledger.attempts()] == [number]


def test_an_intent_of_another_run_is_not_ours_after_a_lost_commit(
    ledger: PostgresLedger, behind_proxy: SharedLedger, proxy: Proxy, intent: MakeIntent
) -> None:
    other = ledger.begin_run("spring.yaml", "vidu-run")
    intend(ledger, other, replace(intent(), tag="aa"))
    with open_postgres(behind_proxy, away_s=60) as run_ledger:
        run = run_ledger.begin_run("spring.yaml", "vidu-run")
        cut_at_commit(proxy)
        (result,) = run_ledger.apply([Intend(run=run, intent=intent())])
    assert isinstance(result, Taken)


@pytest.mark.parametrize("steps", range(5))
def test_every_change_is_written_once_by_commits_without_an_answer(
    behind_proxy: SharedLedger, proxy: Proxy, intent: MakeIntent, steps: int
) -> None:
    file = StoredFile(path="a.png", sha256="a", bytes=1, media_type="image/png")
    with open_postgres(behind_proxy, away_s=60) as run_ledger:
        run = run_ledger.begin_run("spring.yaml", "vidu-run")
        number = intend(run_ledger, run, intent())
        lost = Settle(number=number, state=AttemptState.AMBIGUOUS, at=AT)
        ends: list[list[Change]] = [
            [submitted(number)],
            [submitted(number), succeeded(number), Store(number=number, files=(file,))],
            [submitted(number), failed(number)],
            [Supersede(number=number, at=AT)],
            [lost, replace(submitted(number), finish=succeeded(number))],
        ]
        for change in ends[steps]:
            cut_at_commit(proxy)
            assert run_ledger.apply([change]) == [number]


def test_a_change_that_came_too_late_is_stale_after_a_lost_commit(
    ledger: PostgresLedger, behind_proxy: SharedLedger, proxy: Proxy, intent: MakeIntent
) -> None:
    run = ledger.begin_run("spring.yaml", "vidu-run")
    number = intend(ledger, run, intent())
    ledger.apply([replace(submitted(number), task_id="912")])
    with open_postgres(behind_proxy, away_s=60) as late:
        cut_at_commit(proxy)
        (result,) = late.apply([submitted(number)])
    assert isinstance(result, Stale)
    assert result.attempt.task.id == "912"


def test_a_server_that_stays_away_ends_in_an_error(
    behind_proxy: SharedLedger, proxy: Proxy, intent: MakeIntent
) -> None:
    messages: list[str] = []
    with open_postgres(behind_proxy, away_s=0.5, on_wait=messages.append) as ledger:
        run = ledger.begin_run("spring.yaml", "vidu-run")
        proxy.cut = lambda _sent: True
        with pytest.raises(LedgerError, match="cannot be reached"):
            ledger.apply([Intend(run=run, intent=intent())])
        proxy.cut = lambda _sent: False
        assert isinstance(ledger.apply([Intend(run=run, intent=intent())])[0], int)
    assert "nothing is submitted, trying for 0.5 s" in messages[0]
    assert "is back after" in messages[1]


def test_a_run_that_ends_waits_for_no_more_than_moments(
    behind_proxy: SharedLedger, proxy: Proxy, intent: MakeIntent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "HURRY_S", 0.3)
    with open_postgres(behind_proxy, away_s=3600) as ledger:
        run = ledger.begin_run("spring.yaml", "vidu-run")
        proxy.cut = lambda _sent: True
        ledger.hurry()
        with pytest.raises(LedgerError):
            ledger.apply([Intend(run=run, intent=intent())])
        proxy.cut = lambda _sent: False


# ---------------------------------------------------------------------------------------- accounts


def test_an_account_has_one_name_on_every_machine(
    ledger: PostgresLedger, location: SharedLedger
) -> None:
    with open_postgres(location) as other:
        assert ledger.account_name(ACCOUNT) == other.account_name(ACCOUNT)


def test_the_name_of_an_account_depends_on_its_key_and_does_not_show_it(
    ledger: PostgresLedger,
) -> None:
    name = ledger.account_name(ACCOUNT)
    assert name.startswith("vidu https://api.vidu.cn ")
    assert "7351" not in name
    assert ledger.account_name(replace(ACCOUNT, key=Secret("another-key-1"))) != name


def test_texts_that_postgresql_refuses_are_kept_as_escapes(
    ledger: PostgresLedger, intent: MakeIntent
) -> None:
    run = ledger.begin_run("spring.yaml", "vidu-run")
    number = intend(ledger, run, intent(job="a\0b"))
    ledger.apply([submitted(number)])
    end = Finish(number=number, state=AttemptState.SUCCEEDED, finished_at=AT, usage={"x": "\0"})
    ledger.apply([end])
    (attempt,) = ledger.attempts()
    assert (attempt.intent.job, attempt.task.usage) == ("a\\x00b", {"x": "\0"})


def test_attempts_are_never_deleted(
    ledger: PostgresLedger, location: SharedLedger, intent: MakeIntent
) -> None:
    intend(ledger, ledger.begin_run("spring.yaml", "vidu-run"), intent())
    table = sql.Identifier(location.schema, "attempts")
    with psycopg.connect(location.conninfo) as server, pytest.raises(Exception, match="never"):
        server.execute(sql.SQL("DELETE FROM {}").format(table))
