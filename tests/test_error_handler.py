"""Error handler: the exit code and the message of each kind of error."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from runner.error_handler import handle_errors
from runner.errors import Diagnostic, Exit, LedgerError, Location, ManifestError


def test_a_step_s_own_code_is_the_exit_code() -> None:
    assert handle_errors(lambda: Exit.INCOMPLETE) == 6


def test_a_known_error_is_printed_without_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    def step() -> Exit:
        raise LedgerError("the ledger is damaged", hint="restore it")

    assert handle_errors(step) == 8
    assert capsys.readouterr().err == "error: the ledger is damaged\n  hint: restore it\n"


def test_every_problem_of_a_manifest_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    places = [Location(path="a.yaml", line=line, column=3) for line in (2, 9)]

    def step() -> Exit:
        raise ManifestError([Diagnostic(message="wrong", location=place) for place in places])

    assert handle_errors(step) == 3
    assert capsys.readouterr().err == "a.yaml:2:3: error: wrong\na.yaml:9:3: error: wrong\n"


def test_an_interruption_outside_of_a_run_exits_130() -> None:
    def step() -> Exit:
        raise KeyboardInterrupt

    assert handle_errors(step) == 130


def test_a_defect_leaves_a_crash_log_without_any_key(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    key = "vda_very-secret"

    def step() -> Exit:
        raise RuntimeError(f"sent with {key}")

    assert handle_errors(step, {"VIDU_API_KEY": key}) == 70
    err = capsys.readouterr().err
    (log,) = tmp_path.glob("vidu-run-crash-*.log")
    assert str(log) in err
    assert "RuntimeError" in log.read_text()
    assert not re.search(key, err + log.read_text())


def test_control_characters_in_an_error_are_escaped(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def step() -> Exit:
        raise LedgerError("\x1b[2Jgone")

    handle_errors(step)
    assert capsys.readouterr().err == "error: \\x1b[2Jgone\n"
