from __future__ import annotations

import sys

import pytest

from bench.processes import MIB, BenchError, run

TWO = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]], check=True)"
HEAVY = "held = bytearray(b'x') * (64 * 1024 * 1024); print('done')"


def test_a_command_is_told_with_what_its_children_took() -> None:
    usage = run([sys.executable, "-c", TWO, HEAVY])
    assert usage.out == "done\n"
    assert usage.peak_bytes > 64 * MIB
    assert usage.cpu_s > 0
    assert usage.wall_s > 0


def test_memory_is_not_that_of_the_process_that_asked() -> None:
    held = bytearray(b"x") * (64 * MIB)
    assert run(["true"]).peak_bytes < len(held)


def test_a_command_that_fails_is_no_number() -> None:
    with pytest.raises(BenchError, match="ended with 3: oh"):
        run([sys.executable, "-c", "print('oh'); raise SystemExit(3)"])
