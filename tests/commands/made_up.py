"""Made-up operations for a process of its own, and a small provider that serves them."""

from __future__ import annotations

import io
import json
import shutil
import threading
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.commands.conftest import Project, Ran
from tests.commands.process import running

ROOT = Path(__file__).parents[2]
TEXT = {"type": "string", "minLength": 1, "maxLength": 1000}


def make_up(
    project: Project, name: str, parameters: dict[str, Any] | None = None, **described: Any
) -> None:
    """Add an operation to those of the program that `run` starts: one that takes a `text`.

    `described` are the keys of `x-operation` that differ from an operation without any speciality.
    """
    site = project.folder / ".site"
    schemas = site / "schemas"
    if not schemas.exists():
        # The program takes its schemas from beside the folder that it is in.
        shutil.copytree(ROOT / "schemas", schemas)
        (site / "runner").symlink_to(ROOT / "runner")
    properties = {"text": TEXT} | (parameters or {})
    operation: dict[str, Any] = {
        "makes": "video",
        "method": "POST",
        "path": f"/ent/v2/{name}",
        "media_type": "application/json",
        "body_limit_bytes": None,
        "wire": {key: {"path": [key]} for key in properties},
        "constants": {},
        "media": {},
        "seed": None,
        "seed_max": 2**31 - 1,
        "tag": None,
        "unhashed": [],
        "price": None,
        "time": None,
        "timeout": None,
        "result": None,
    }
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "additionalProperties": False,
        "required": ["text"],
        "properties": properties,
        "x-operation": operation | described,
    }
    (schemas / "vidu" / f"{name}.schema.json").write_text(json.dumps(schema), encoding="utf-8")


def run(project: Project, *arguments: str) -> Ran:
    """The program with the made-up operations, to its end."""
    with running(project, *arguments) as process:
        out, err = process.communicate(timeout=60)
        return Ran(process.returncode, out, err)


def sound(frames: int = 800) -> bytes:
    """A short WAV file."""
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(2 * frames))
    return content.getvalue()


class StandIn:
    """A provider that answers each path as a test has it, and counts what it is asked."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[str] = []
        """Method and path of each request."""
        self.posted: list[dict[str, Any]] = []
        """The body of each submission."""
        self.answers: dict[str, Callable[[], Any]] = {}
        """Method and path to what is answered: JSON, the bytes of a file, or a status."""
        self.released = threading.Event()
        """Lets answers go on that wait for it."""

    def count(self, request: str) -> int:
        return sum(each == request for each in self.asked)

    def row(self, task_id: str, **fields: Any) -> dict[str, Any]:
        """The row of a task in the list, made now."""
        at = datetime.now(UTC).isoformat()
        return {"id": task_id, "state": "success", "created_at": at} | fields

    def hang(self) -> int:
        """Keep the caller waiting until the test is done."""
        self.released.wait(60)
        return 503


@contextmanager
def standing_in(project: Project) -> Iterator[StandIn]:
    """A stand-in for Vidu, to which the project's environment leads."""
    stand_in = StandIn()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer(f"GET {urlsplit(self.path).path}")

        def do_POST(self) -> None:
            stand_in.posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self._answer(f"POST {urlsplit(self.path).path}")

        def _answer(self, request: str) -> None:
            stand_in.asked.append(request)
            answer = stand_in.answers.get(request, lambda: 404)()
            status = answer if isinstance(answer, int) else 200
            error = {"code": status, "reason": "TaskNotFound", "message": "no such task"}
            body = error if isinstance(answer, int) else answer
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)  # with the time, which reconciling needs
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            pass  # the client was killed, as the test wants it

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        stand_in.url = f"http://127.0.0.1:{server.server_port}"
        project.env |= {"VIDU_BASE_URL": stand_in.url, "VIDU_API_KEY": "secret-key-7351"}
        project.env |= {"VIDU_RUN_SETTLE": "0.1s", "VIDU_RUN_POLL_RATE": "50"}
        try:
            yield stand_in
        finally:
            stand_in.released.set()
            server.shutdown()
            thread.join()
