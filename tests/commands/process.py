"""Runs the program in its own process, to be signalled, killed or answered on a terminal."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.commands.conftest import Project

LIMIT_S = 60.0


@contextmanager
def running(project: Project, *arguments: str, before: str = "") -> Iterator[subprocess.Popen[str]]:
    """`vidu-run ARGUMENTS` in the project's folder; killed at the end if it still runs.

    `before` is Python code that the process runs before anything else: what it changes is the
    process's surroundings (its clock, its network), never the program.
    """
    env = {name: value for name, value in (os.environ | project.env).items() if value is not None}
    site = project.folder / ".site"
    site.mkdir(exist_ok=True)
    (site / "sitecustomize.py").write_text(before, encoding="utf-8")
    env["PYTHONPATH"] = os.pathsep.join([str(site), str(Path(__file__).parents[2])])
    process = subprocess.Popen(
        [sys.executable, "-m", "runner", *arguments],
        cwd=project.folder,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def until(condition: Callable[[], bool], *, every_s: float = 0.01) -> None:
    """Wait for something that will come; fails when it does not within a minute."""
    end = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < end, "it did not come"
        time.sleep(every_s)


def asked(
    project: Project,
    answer: bytes,
    *arguments: str,
    quiet: tuple[str, ...] = ("--progress", "none"),
) -> tuple[int, str]:
    """Run the program on a terminal, type `answer`; its exit code and what it showed.

    \x03 is sent as the signal that a terminal in front makes of it.
    """
    ours, theirs = pty.openpty()
    environ = {**os.environ, "TERM": "dumb", **{k: v for k, v in project.env.items() if v}}
    with subprocess.Popen(
        [sys.executable, "-m", "runner", *arguments, *quiet],
        cwd=project.folder,
        env=environ,
        stdin=theirs,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        shown = b""
        typed = False
        while piece := _read(ours):
            shown += piece
            if not typed and b"[y/N]" in shown:
                typed = True
                if answer == b"\x03":
                    process.send_signal(signal.SIGINT)
                else:
                    os.write(ours, answer)
        code = process.wait(30)
    os.close(ours)
    return code, shown.decode().replace("\r\n", "\n")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # Linux reports the other side's end as an input/output error
        return b""


def listing(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))
