from __future__ import annotations

import fcntl
import io
import os
import struct
import termios
from pathlib import Path

import pytest

from runner.errors import width
from runner.model.events import Event, Step
from runner.model.plans import Plan
from runner.progress.bar import ERASE_LINE, BarObserver, NarrowBar


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
