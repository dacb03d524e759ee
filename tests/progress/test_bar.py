from __future__ import annotations

import fcntl
import os
import struct
import termios
from pathlib import Path

import pytest

from runner.errors import width
from runner.progress.observers import NarrowBar


@pytest.mark.parametrize("columns", [40, 200])
def test_behind_a_bar_there_is_room_for_what_ctrl_c_shows(columns: int) -> None:
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


def test_where_there_is_no_terminal_a_bar_knows_no_width() -> None:
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        bar = NarrowBar(total=3, file=nowhere, dynamic_ncols=True)
        known = bar.format_dict
        bar.close()
    assert not known["ncols"]
