from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from runner.emulator.options import EmulatorOptions
from runner.emulator.server import run_emulator, serve
from runner.errors import UsageError

SUBMIT = "/ent/v2/reference2image"
SAMPLE = {"model": "viduq2", "prompt": "猫"}


def test_a_taken_port_is_an_error_with_a_hint() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with (
            pytest.raises(UsageError, match=f"port {port}: Address already in use") as caught,
            run_emulator(EmulatorOptions(), port),
        ):
            pass
    assert caught.value.hint


@pytest.mark.parametrize("port", [-1, 70_000])
def test_an_impossible_port_is_an_error(port: int) -> None:
    with pytest.raises(UsageError, match="cannot listen"):
        serve(EmulatorOptions(), port, lambda _: None)


def test_an_impossible_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    options = EmulatorOptions(state_dir=tmp_path / "file" / "state")
    with pytest.raises(UsageError, match="cannot keep its state"), run_emulator(options):
        pass


def test_the_port_is_free_after_the_end(ask: Any) -> None:
    with run_emulator(EmulatorOptions()) as url:
        port = int(url.rpartition(":")[2])
        assert ask("GET", url + "/ent/v2/credits").status == 200
    with run_emulator(EmulatorOptions(), port) as url:
        assert url == f"http://127.0.0.1:{port}"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_serving_cleanly(tmp_path: Path, ask: Any, number: signal.Signals) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from runner.emulator.server import serve\n"
        "from runner.emulator.options import EmulatorOptions\n"
        "options = EmulatorOptions(state_dir=Path(sys.argv[1]))\n"
        "serve(options, 0, lambda url: print(url, flush=True))\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert ask("POST", url + SUBMIT, SAMPLE).status == 200
        process.send_signal(number)
        _, stderr = process.communicate(timeout=20)
    assert (process.returncode, stderr) == (0, "")


def test_it_starts_in_a_thread_whose_event_loop_runs() -> None:
    async def start() -> str:
        with run_emulator(EmulatorOptions()) as url:
            return url

    assert asyncio.run(start()).startswith("http://127.0.0.1:")
