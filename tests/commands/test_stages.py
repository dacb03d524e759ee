"""A terminal before which somebody waits while a large manifest is read."""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.commands.conftest import Project

JOBS = "".join(
    f"  - {{id: job-{n}, prompt: cat number {n}, seed: {n + 1}, resolution: 1080p, tags: [a, b]}}\n"
    for n in range(100_000)
)
"""Seconds of work, on any machine."""


@contextmanager
def on_terminal(
    project: Project, *arguments: str
) -> Iterator[tuple[subprocess.Popen[bytes], Iterator[str]]]:
    """The program with a terminal for its standard error, and what appears there."""
    screen, line = pty.openpty()
    fcntl.ioctl(line, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    env = {name: value for name, value in (os.environ | project.env).items() if value is not None}
    env |= {"TERM": "xterm", "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-m", "runner", *arguments]
    process = subprocess.Popen(
        command, cwd=project.folder, env=env, stdin=line, stdout=subprocess.DEVNULL, stderr=line
    )
    os.close(line)
    try:
        yield process, shown(screen)
    finally:
        process.kill()
        process.communicate()
        os.close(screen)


def shown(screen: int) -> Iterator[str]:
    """All that the screen has shown, each time there is more; ends with the program."""
    text = b""
    while True:
        try:
            more = os.read(screen, 65536)
        except OSError:  # how a terminal ends on Linux
            more = b""
        if not more:
            return
        text += more
        yield text.decode("utf-8", "ignore")


def test_an_interrupt_while_reading_exits_130(project: Project) -> None:
    project.jobs(JOBS)
    with on_terminal(project, "plan", "spring.yaml") as (process, screen):
        assert any("%|" in text for text in screen), "no bar was shown"
        process.send_signal(signal.SIGINT)
        *_, text = screen
        assert process.wait() == 130
        assert text.rstrip().endswith("interrupted")
