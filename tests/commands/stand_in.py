"""Runs the program with operations of the test's own, and a stand-in for Vidu that takes them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import runner
from runner.operations import schema_folder
from tests.builders import image_bytes
from tests.commands.conftest import Project, Ran
from tests.commands.process import LIMIT_S, running


@dataclass
class StandIn:
    """What it was asked to make, and what it made."""

    url: str = ""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    """Of the submissions, in order; the task of the first is "1"."""
    file: bytes = field(default_factory=image_bytes)
    """Every result."""

    def answer(self, method: str, path: str, body: bytes) -> bytes:
        """The answer to a request; every task is done at once."""
        if method == "POST":
            self.bodies.append(json.loads(body))
            return _json(task_id=str(len(self.bodies)), state="created", credits=4)
        if path.startswith("/file/"):
            return self.file
        if path.endswith("/creations"):
            task = path.split("/")[-2]
            creations = [{"id": task, "url": f"{self.url}/file/{task}"}]
            return _json(id=task, state="success", credits=4, creations=creations)
        return _json(tasks=[], next_page_token="")


def _json(**value: Any) -> bytes:
    return json.dumps(value).encode()


@contextmanager
def standing_in(project: Project) -> Iterator[StandIn]:
    """A stand-in to which the project's environment leads."""
    vidu = StandIn()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answer = vidu.answer(self.command, self.path, body)
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        vidu.url = f"http://127.0.0.1:{server.server_port}"
        project.env |= {"VIDU_BASE_URL": vidu.url, "VIDU_API_KEY": "secret-key-7351"}
        Thread(target=server.serve_forever, daemon=True).start()
        yield vidu
        server.shutdown()


def install(project: Project, operations: Mapping[str, Any]) -> None:
    """Add these operations to the project's program: name to the file's value."""
    site = project.folder / ".site"
    shutil.copytree(schema_folder(), site / "schemas")
    (site / "runner").symlink_to(Path(runner.__file__).parent)
    for name, schema in operations.items():
        file = site / "schemas" / f"{name}.schema.json"
        file.write_text(json.dumps(schema), encoding="utf-8")


def ran(project: Project, *arguments: str) -> Ran:
    """The program, as it is installed, in its own process."""
    with running(project, *arguments) as process:
        out, error = process.communicate(timeout=LIMIT_S)
    return Ran(process.returncode, out, error)
