"""What onlookers write."""

from __future__ import annotations

import io

from runner.model import Event, Plan, Step
from runner.progress.observers import ERASED, Bar


def test_the_bar_takes_away_what_the_terminal_shows_of_ctrl_c() -> None:
    err = io.StringIO()
    bar = Bar(err)
    bar.start(Plan(entries=[]))
    bar.event(Event(step=Step.INTERRUPTED, job="", text="nothing more is submitted"))
    bar.stop()
    assert f"{ERASED}interrupted: nothing more is submitted" in err.getvalue()
