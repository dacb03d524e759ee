"""When a file's marks tell that it has not changed."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from runner.hashing import SETTLED_NS, StatKey

AT = 1_700_000_000_000_000_000


@dataclass(frozen=True)
class Case:
    mtime_ns: int
    ctime_ns: int
    settled: bool


@pytest.mark.parametrize(
    "case",
    [
        Case(AT - SETTLED_NS - 1, AT - SETTLED_NS - 1, settled=True),
        Case(AT - SETTLED_NS, AT - SETTLED_NS - 1, settled=False),
        Case(0, AT - SETTLED_NS, settled=False),
        Case(-5, 0, settled=True),
        Case(AT + SETTLED_NS, AT - 10 * SETTLED_NS, settled=False),
        Case(0, AT + 10**15, settled=False),
    ],
)
def test_only_what_was_left_alone_for_a_while_has_settled(case: Case) -> None:
    assert StatKey(1, 2, 3, case.mtime_ns, case.ctime_ns).settled(AT) is case.settled


def test_a_change_of_equal_size_whose_time_is_put_back_shows(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"one")
    before = path.stat()
    while time.time_ns() - before.st_ctime_ns < 20_000_000:  # a tick of the file system
        pass
    path.write_bytes(b"two")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert StatKey.of(path.stat())._replace(ctime_ns=0) == StatKey.of(before)._replace(ctime_ns=0)
    assert StatKey.of(path.stat()) != StatKey.of(before)
