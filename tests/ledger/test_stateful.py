"""Any interleaving of intents, answers, crashes and second runs keeps what paying once stands on.

The ledger is watched beside a provider's own book: what arrived there was paid for.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from runner.ledger.changes import Finish, Intend, Settle, Stale, Supersede, Taken, is_living
from runner.ledger.location import LedgerLocation, open_ledger
from runner.ledger.protocol import Ledger
from runner.model.tasks import Attempt, AttemptState, Intent
from tests.postgres import new_ledger

AT = "2026-11-20T10:00:00Z"
FINGERPRINTS = st.sampled_from(["f1", "f2", "f3"])


@dataclass(eq=False)
class Process:
    """A run: its own open ledger, and the attempts it meant to submit."""

    ledger: Ledger
    run: str


class Runs(RuleBasedStateMachine):
    """Runs on one ledger, which `make` makes."""

    runs = Bundle("runs")
    make: Callable[[Path], LedgerLocation]

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.location = type(self).make(self.folder)
        self.reader = open_ledger(self.location)
        self.opened: list[Ledger] = []
        self.intents: dict[int, str] = {}
        self.tasks: dict[int, str] = {}
        self.dead: set[str] = set()
        self.superseded: set[int] = set()

    def teardown(self) -> None:
        for ledger in (self.reader, *self.opened):
            ledger.close()
        shutil.rmtree(self.folder)

    def attempt(self, number: int) -> Attempt:
        return {a.number: a for a in self.reader.attempts()}[number]

    @rule(target=runs)
    def start(self) -> Process:
        ledger = open_ledger(self.location)
        self.opened.append(ledger)
        return Process(ledger=ledger, run=ledger.begin_run("m", "t"))

    @rule(process=runs, fingerprint=FINGERPRINTS)
    def intend(self, process: Process, fingerprint: str) -> None:
        if process.run in self.dead:
            return
        attempt = self.reader.latest([fingerprint], "remote").get(fingerprint)
        free = attempt is None or not is_living(attempt)
        intent = _intent(fingerprint)
        (result,) = process.ledger.apply([Intend(run=process.run, intent=intent)])
        assert isinstance(result, int if free else Taken)
        if isinstance(result, int):
            self.intents[result] = fingerprint

    @rule(
        process=runs,
        data=st.data(),
        fate=st.sampled_from(["not_sent", "refused", "ambiguous", "submitted"]),
    )
    def settle(self, process: Process, data: st.DataObject, fate: str) -> None:
        if process.run in self.dead or not self.intents:
            return
        number = data.draw(st.sampled_from(sorted(self.intents)))
        before = self.attempt(number).state
        state = AttemptState(fate)
        task_id = f"task-{number}" if state is AttemptState.SUBMITTED else None
        change = Settle(number=number, state=state, at=AT, task_id=task_id)
        (result,) = process.ledger.apply([change])
        unsettled = before in {AttemptState.INTENT, AttemptState.AMBIGUOUS}
        assert isinstance(result, Stale) != unsettled
        if unsettled and task_id:
            self.tasks[number] = task_id

    @rule(process=runs, data=st.data(), end=st.sampled_from(["succeeded", "failed", "ambiguous"]))
    def finish(self, process: Process, data: st.DataObject, end: str) -> None:
        if process.run in self.dead or not self.tasks:
            return
        number = data.draw(st.sampled_from(sorted(self.tasks)))
        before = self.attempt(number).state
        process.ledger.apply([Finish(number=number, state=AttemptState(end), finished_at=AT)])
        if before is AttemptState.SUCCEEDED:
            assert self.attempt(number).state is AttemptState.SUCCEEDED

    @rule(process=runs, fingerprint=FINGERPRINTS)
    def force(self, process: Process, fingerprint: str) -> None:
        attempt = self.reader.latest([fingerprint], "remote").get(fingerprint)
        if process.run in self.dead or attempt is None or not is_living(attempt):
            return
        process.ledger.apply([Supersede(number=attempt.number, at=AT)])
        self.superseded.add(attempt.number)

    @rule(process=runs)
    def crash(self, process: Process) -> None:
        process.ledger.close()
        self.dead.add(process.run)

    @rule(target=runs)
    def reopen_the_reader(self) -> object:
        self.reader.close()
        self.reader = open_ledger(self.location)
        return multiple()

    @invariant()
    def a_fingerprint_has_one_living_attempt_at_most(self) -> None:
        lives = [a.intent.fingerprint for a in self.reader.attempts() if is_living(a)]
        assert len(lives) == len(set(lives))

    @invariant()
    def no_intent_and_no_task_is_lost(self) -> None:
        attempts = {a.number: a for a in self.reader.attempts()}
        assert {n: a.intent.fingerprint for n, a in attempts.items()} == self.intents
        assert {n: a.task.id for n, a in attempts.items() if a.task.id} == self.tasks

    @invariant()
    def only_superseded_or_failed_attempts_are_not_living(self) -> None:
        done = {AttemptState.NOT_SENT, AttemptState.REFUSED, AttemptState.FAILED}
        for attempt in self.reader.attempts():
            given_up = attempt.number in self.superseded
            assert is_living(attempt) or given_up or attempt.state in done

    @invariant()
    def live_and_dead_runs_are_distinguished(self) -> None:
        for attempt in self.reader.attempts():
            assert self.reader.alive(attempt.run) == (attempt.run not in self.dead)


def _intent(fingerprint: str) -> Intent:
    return Intent(
        manifest="m",
        job="j",
        operation="vidu/reference2image",
        fingerprint=fingerprint,
        request={},
        seed=None,
        provider="vidu",
        base_url="https://api.vidu.cn",
        key_env="VIDU_API_KEY",
        tag="00",
        estimate=None,
        at=AT,
    )


class RunsOfAFolder(Runs):
    """On a folder's SQLite."""

    make = staticmethod(lambda folder: folder / ".vidu-run" / "ledger.sqlite3")


def run_machine(machine: type[Runs], examples: int) -> None:
    patient = settings(max_examples=examples, stateful_step_count=30, deadline=None)
    run_state_machine_as_test(machine, settings=patient)


def test_runs_on_a_folder_pay_once() -> None:
    run_machine(RunsOfAFolder, 25)


def test_runs_on_a_shared_ledger_pay_once(postgres: str) -> None:
    class RunsOfATeam(Runs):
        """On a PostgreSQL."""

        make = staticmethod(lambda _folder: new_ledger(postgres))

    run_machine(RunsOfATeam, 8)
