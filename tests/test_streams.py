"""Standard streams: closed, full, abandoned, or of an encoding that lacks characters."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from runner.streams import Lasting, abandon, json_text

ROOT = Path(__file__).parent.parent
TEXT = "猫 é \U0001f408 \udc80"


def end(script: str, *, redirected: str = "", **env: str) -> subprocess.CompletedProcess[bytes]:
    """The script in a process of its own, whose streams the shell redirects."""
    command = f'exec "$0" -c "$1" {redirected}'
    return subprocess.run(
        ["/bin/sh", "-c", command, sys.executable, script],
        check=False,
        capture_output=True,
        cwd=ROOT,
        env={**os.environ, **env},
    )


PRINT = """
import json, sys
from runner.streams import json_text, open_streams
open_streams()
print({})
"""


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "gbk", "utf-8"])
def test_any_text_can_be_printed(encoding: str) -> None:
    ended = end(PRINT.format(f"{TEXT!a}"), PYTHONIOENCODING=encoding)
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert ended.stdout.decode(encoding)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "gbk", "utf-8"])
def test_json_is_utf8_in_every_locale(encoding: str) -> None:
    value = {"prompt": "猫 é \U0001f408"}
    ended = end(PRINT.format(f"json_text({value!a}, sys.stdout)"), PYTHONIOENCODING=encoding)
    assert json.loads(ended.stdout.decode("utf-8")) == value


def test_a_lone_surrogate_in_json_is_escaped() -> None:
    ended = end(PRINT.format("json_text(['\\udc80'], sys.stdout)"), PYTHONIOENCODING="utf-8")
    assert json.loads(ended.stdout) == ["\udc80"]


def test_a_stream_without_an_encoding_counts_as_utf8() -> None:
    assert json_text("猫", io.StringIO()) == '"猫"'


NUMBERS = """
import os
from runner.streams import open_descriptors
open_descriptors()
raise SystemExit(os.open("pyproject.toml", os.O_RDONLY))
"""


@pytest.mark.parametrize("closed", ["0<&-", "1>&-", "2>&-", "0<&- 1>&- 2>&-"])
def test_no_file_gets_the_number_of_a_closed_stream(closed: str) -> None:
    assert end(NUMBERS, redirected=closed).returncode > 2


RUN = """
import sys
sys.argv = ["vidu-run", "schema", "no-such"]
from runner.__main__ import main
main()
"""


@pytest.mark.parametrize("redirected", ["1>&-", "2>&-", "1>&- 2>&-", "2>/dev/full", ">/dev/full"])
def test_streams_that_take_nothing_leave_the_exit_code(redirected: str) -> None:
    assert end(RUN, redirected=redirected).returncode == 2


def test_help_that_cannot_be_written_is_no_traceback() -> None:
    ended = end(RUN.replace('"schema", "no-such"', '"--help"'), redirected=">/dev/full")
    assert ended.stderr == b"error: the output cannot be written: No space left on device\n"
    assert ended.returncode == 6


def test_a_lasting_stream_takes_what_a_closed_one_does_not() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w", encoding="utf-8", buffering=1) as broken:
        lasting = Lasting(broken)
        assert lasting.write("a\n") == 2
        lasting.flush()
        assert lasting.encoding == "utf-8"
        abandon(broken)
    lasting.write("b\n")
    lasting.flush()
