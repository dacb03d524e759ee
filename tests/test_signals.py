"""A signal that comes while the program is still being loaded ends it as it does later."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

MANIFEST = """
version: 1
defaults: {operation: vidu/reference2image, model: viduq2}
jobs:
  - {id: a, prompt: a cat, images: ["https://a/cat.png"]}
"""

KILL_ITSELF = """
import os, signal
os.kill(os.getpid(), signal.{name})
raise SystemExit("the signal had no effect")
"""


DEFAULT, IGNORED = "signal.default_int_handler", "signal.SIG_IGN"


def end_by(folder: Path, library: str, name: str, *, handler: str = DEFAULT) -> tuple[int, str]:
    """Exit code and standard error of a plan that gets that signal while it loads the library.

    `handler` is that of Ctrl-C at the start: tests in the background of a script inherit another.
    """
    (folder / "m.yaml").write_text(MANIFEST, encoding="utf-8")
    (folder / f"{library}.py").write_text(KILL_ITSELF.format(name=name), encoding="utf-8")
    start = f"import signal; signal.signal(signal.SIGINT, {handler})"
    start += "; from runner.__main__ import main; main()"
    ended = subprocess.run(
        [sys.executable, "-c", start, "plan", "m.yaml"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}"},
        check=False,
        capture_output=True,
        text=True,
    )
    return ended.returncode, ended.stderr


@pytest.mark.parametrize("library", ["click", "yaml"])
def test_ctrl_c_during_the_start_is_an_interruption(tmp_path: Path, library: str) -> None:
    assert end_by(tmp_path, library, "SIGINT") == (130, "interrupted\n")


@pytest.mark.parametrize("library", ["click", "yaml"])
def test_sigterm_during_the_start_has_its_code(tmp_path: Path, library: str) -> None:
    assert end_by(tmp_path, library, "SIGTERM") == (143, "terminated\n")


def test_a_signal_that_the_caller_ignores_stays_ignored(tmp_path: Path) -> None:
    ended = end_by(tmp_path, "click", "SIGINT", handler=IGNORED)
    assert ended == (1, "the signal had no effect\n")
