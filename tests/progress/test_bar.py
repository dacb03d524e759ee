from __future__ import annotations

import fcntl
import io
import os
import struct
import termios
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from runner.errors import width
from runner.model.events import Event, Step
from runner.model.outcomes import Outcome, State
from runner.model.plans import Action, Plan, PlanEntry
from runner.model.requests import Billed, ErrorClass, JobError
from runner.progress.bar import ERASE_LINE, BarObserver, NarrowBar
from tests.engine.builders import plan_entry


@pytest.mark.parametrize("columns", [40, 200])
def test_a_bar_leaves_room_for_what_ctrl_c_shows(columns: int) -> None:
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    with os.fdopen(theirs, "w", encoding="utf-8") as terminal:
        bar = NarrowBar(total=3, file=terminal, dynamic_ncols=True)
        terminal.flush()
        drawn = os.read(ours, 4096).decode()
        bar.close()
        os.read(ours, 4096)
    os.close(ours)
    assert max(map(width, drawn.split("\r"))) <= columns - len("^C")


def test_a_bar_off_a_terminal_has_no_width() -> None:
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        bar = NarrowBar(total=3, file=nowhere, dynamic_ncols=True)
        fields = bar.format_dict
        bar.close()
    assert not fields["ncols"]


def test_an_interruption_erases_the_line_with_ctrl_c() -> None:
    err = io.StringIO()
    bar = BarObserver(err)
    bar.start(Plan(entries=[]))
    bar.event(Event(step=Step.INTERRUPTED, job="", text="nothing more is submitted"))
    bar.stop()
    assert f"{ERASE_LINE}interrupted: nothing more is submitted" in err.getvalue()


def failed(entry: PlanEntry) -> Outcome:
    error = JobError(
        code="FieldInvalid", message="no such ratio", class_=ErrorClass.INPUT, billed=Billed.NO
    )
    return Outcome(job=entry.job, state=State.FAILED, error=error)


def test_a_failure_is_written_above_the_bar() -> None:
    err, entries = io.StringIO(), [plan_entry("a"), plan_entry("b")]
    bar = BarObserver(err)
    bar.start(Plan(entries=entries))
    bar.event(Event(step=Step.SUBMITTED, job="a", text="task 1"))
    bar.event(Event(step=Step.ENDED, job="a", text="", outcome=failed(entries[0])))
    bar.event(Event(step=Step.RETRYING, job="b", text="did not arrive"))
    bar.stop()
    shown = err.getvalue()
    lines = [line for line in shown.splitlines() if "|" not in line]
    assert any("FieldInvalid" in line for line in lines)
    assert "b: retrying: did not arrive" in lines
    assert "1/2" in shown.rpartition("\r")[2]
    assert "1 failed" in shown.rpartition("\r")[2]


def test_a_job_without_work_does_not_move_the_bar() -> None:
    err, entries = io.StringIO(), [plan_entry("a"), replace(plan_entry("b"), action=Action.REUSE)]
    bar = BarObserver(err)
    bar.start(Plan(entries=entries))
    bar.event(Event(step=Step.ENDED, job="b", text="", outcome=failed(entries[1])))
    bar.stop()
    assert "0/1" in err.getvalue().rpartition("\r")[2]


def last_counts(*events: Event) -> str:
    """What the bar of jobs a and b shows in the end, behind its time."""
    err = io.StringIO()
    bar = BarObserver(err)
    bar.start(Plan(entries=[plan_entry("a"), plan_entry("b")]))
    for event in events:
        bar.event(event)
    bar.stop()
    return err.getvalue().rpartition("\r")[2].rpartition("?")[2].strip(" ],\n")


def happened(step: Step, job: str = "", subject: str = "") -> Event:
    return Event(step=step, job=job, subject=subject)


def test_a_bar_counts_the_jobs_that_wait_for_a_provider() -> None:
    out = happened(Step.UNREACHABLE, subject="vidu")
    put_off = [happened(Step.PUT_OFF, job) for job in "aab"]
    assert last_counts(out, *put_off) == "vidu out: 2 waiting"
    back = happened(Step.REACHABLE, subject="vidu")
    assert last_counts(out, *put_off, back) == "vidu: 2 waiting"
    taken = happened(Step.SUBMITTED, "a")
    assert last_counts(*put_off, taken) == "vidu: 1 waiting, 1 in flight"


def test_a_bar_counts_the_files_that_are_late() -> None:
    made = [happened(Step.NOTICED, job) for job in "ab"]
    late = happened(Step.REFETCHING, "a", "cdn.example")
    assert last_counts(*made, late) == "1 of 2 files late"
    assert last_counts(*made, late, happened(Step.FETCHED, "a")) == ""


def test_a_task_without_a_success_leaves_the_flight_as_well() -> None:
    end = Event(step=Step.ENDED, job="a", outcome=failed(plan_entry("a")))
    assert "in flight" not in last_counts(happened(Step.SUBMITTED, "a"), end)


def test_a_bar_moves_on_while_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = threading.Event()
    monkeypatch.setattr(NarrowBar, "refresh", lambda *_, **__: drawn.set())
    monkeypatch.setattr("runner.progress.bar.TICK_S", 0.001)
    bar = BarObserver(io.StringIO())
    bar.start(Plan(entries=[plan_entry("a")]))
    drawn.clear()
    assert drawn.wait(5)
    bar.stop()
