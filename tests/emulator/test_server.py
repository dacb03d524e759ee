from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.typedefs import Handler

from runner.emulator.options import Options
from runner.emulator.request_log import REQUEST_CONTEXT
from runner.emulator.server import Emulator, serve
from runner.errors import UsageError

SUBMIT = "/ent/v2/reference2image"
SAMPLE = {"model": "viduq2", "prompt": "猫"}


def test_a_taken_port_is_told_with_a_hint() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"port {port}") as caught, Emulator(port=port):
            pass
    assert caught.value.hint


@pytest.mark.parametrize("port", [-1, 70_000])
def test_a_port_that_cannot_be_is_told(port: int) -> None:
    with pytest.raises(UsageError, match="cannot listen"):
        serve(Options(), port, lambda _: None)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    options = Options(state_dir=tmp_path / "file" / "state")
    with pytest.raises(UsageError, match="cannot keep its state"), Emulator(options):
        pass


def test_the_port_is_free_again_at_the_end(ask: Any) -> None:
    with Emulator() as emulator:
        port = int(emulator.url.rpartition(":")[2])
        assert ask("GET", emulator.url + "/ent/v2/credits").status == 200
    with Emulator(port=port) as emulator:
        assert emulator.url == f"http://127.0.0.1:{port}"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_serving_cleanly(tmp_path: Path, ask: Any, number: signal.Signals) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from runner.emulator.server import serve\n"
        "from runner.emulator.options import Options\n"
        "serve(Options(state_dir=Path(sys.argv[1])), 0, lambda url: print(url, flush=True))\n"
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
        _, trouble = process.communicate(timeout=20)
    assert (process.returncode, trouble) == (0, "")


def test_scripted_faults_stand_between_the_log_and_the_handlers(start: Any, ask: Any) -> None:
    @web.middleware
    async def lose_the_answer(request: web.Request, handler: Handler) -> web.StreamResponse:
        response = await handler(request)
        return web.Response(status=504) if REQUEST_CONTEXT.get().task else response

    url = start(middlewares=(lose_the_answer,))
    assert ask("POST", url + SUBMIT, SAMPLE).status == 504
    [row] = ask("GET", url + "/_emulator/requests").json["submissions"]
    assert (row["outcome"], row["status"]) == ("accepted", 504)


def test_a_cut_connection_is_logged_too(start: Any, ask: Any) -> None:
    @web.middleware
    async def cut(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.method == "POST" and request.transport:
            request.transport.abort()
            raise ConnectionResetError
        return await handler(request)

    url = start(middlewares=(cut,))
    with pytest.raises(ConnectionError):
        ask("POST", url + SUBMIT, SAMPLE)
    [row] = ask("GET", url + "/_emulator/requests").json["submissions"]
    assert row["task_id"] is None


def test_state_that_cannot_be_kept_is_the_emulators_fault(
    start: Any, ask: Any, tmp_path: Path, picture_uri: Any
) -> None:
    url = start(state_dir=tmp_path)
    (tmp_path / "references").rmdir()
    (tmp_path / "references").write_text("in the way")
    answer = ask("POST", url + SUBMIT, {**SAMPLE, "images": [picture_uri()]})
    assert (answer.status, answer.json["reason"]) == (500, "InternalServiceFailure")
    [row] = ask("GET", url + "/_emulator/requests").json["submissions"]
    assert (row["task_id"], row["status"]) == (None, 500)
