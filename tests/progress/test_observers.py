from __future__ import annotations

import io
import json
import os

import pytest

from runner.model.events import Event, Step
from runner.model.plans import Plan
from runner.progress import observer
from runner.progress.observers import JsonObserver, LineObserver, UntilClosed


def test_a_log_has_a_line_for_a_submission_but_not_for_polling() -> None:
    err = io.StringIO()
    lines = LineObserver(err)
    lines.start(Plan(entries=[]))
    lines.event(Event(step=Step.SUBMITTED, job="a", text="task 1"))
    lines.event(Event(step=Step.NOTICED, job="a", text=""))
    assert err.getvalue() == "a: submitted: task 1\n"


def test_the_last_json_record_is_done() -> None:
    out = io.StringIO()
    records = JsonObserver(out)
    records.start(Plan(entries=[]))
    records.event(Event(step=Step.SUBMITTED, job="a", text="task 1"))
    records.stop()
    assert [json.loads(line)["event"] for line in out.getvalue().splitlines()] == [
        "start",
        "submitted",
        "done",
    ]


def test_a_closed_stream_silences_an_observer() -> None:
    err = io.StringIO()
    lines = UntilClosed(LineObserver(err))
    lines.start(Plan(entries=[]))
    err.close()
    lines.event(Event(step=Step.SUBMITTED, job="a", text="task 1"))
    lines.stop()


@pytest.mark.parametrize("mode", ["auto", "plain"])
def test_off_a_terminal_progress_is_lines(mode: str) -> None:
    err = io.StringIO()
    lines = observer(mode, os.environ, err=err)
    lines.start(Plan(entries=[]))
    lines.event(Event(step=Step.SUBMITTED, job="a", text="task 1"))
    assert err.getvalue() == "a: submitted: task 1\n"


@pytest.mark.parametrize(
    ("step", "names"),
    [
        (Step.PUT_OFF, ["retrying"]),
        (Step.REFETCHING, ["retrying"]),
        (Step.UNREACHABLE, ["retrying"]),
        (Step.REACHABLE, []),
        (Step.EXCHANGED, []),
    ],
)
def test_programs_get_no_event_that_they_do_not_know(step: Step, names: list[str]) -> None:
    out = io.StringIO()
    JsonObserver(out).event(Event(step=step, job="a", text="why", subject="vidu"))
    assert [json.loads(line)["event"] for line in out.getvalue().splitlines()] == names


@pytest.mark.parametrize("mode", ["json", "none", "plain"])
def test_requests_are_shown_in_each_form_of_progress(mode: str) -> None:
    err = io.StringIO()
    shown = observer(mode, {}, verbose=True, err=err)
    shown.event(Event(step=Step.EXCHANGED, job="", text="vidu: GET /ent/v2/tasks: 200, 3 ms"))
    assert err.getvalue() == "vidu: GET /ent/v2/tasks: 200, 3 ms\n"
