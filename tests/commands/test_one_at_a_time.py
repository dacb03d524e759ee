"""A provider whose server handles one connection at a time, and closes it after each answer."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from tests.commands.conftest import Project


class Handler(BaseHTTPRequestHandler):
    """Makes tasks that are done at once. HTTP/1.0: each connection carries one request."""

    server: OneAtATime

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.made.append(str(len(self.server.made) + 1))
        self._answer({"task_id": self.server.made[-1], "state": "created", "credits": 6})

    def do_GET(self) -> None:
        task = self.path.split("/")[4]
        url = f"http://{self.headers['Host']}/{task}.png"
        creations = [{"id": "1", "url": url, "cover_url": url}]
        self._answer({"id": task, "state": "success", "credits": 6, "creations": creations})

    def _answer(self, value: Any) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


class OneAtATime(HTTPServer):
    """The server, without a thread for each connection."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.made: list[str] = []


@pytest.fixture
def server() -> Iterator[OneAtATime]:
    with OneAtATime() as server:
        serving = threading.Thread(target=server.serve_forever, args=[0.01])
        serving.start()
        yield server
        server.shutdown()
        serving.join()


def test_its_jobs_are_done_like_any_others(project: Project, server: OneAtATime) -> None:
    project.jobs("".join(f"  - {{id: j{n}, prompt: boat {n}}}\n" for n in range(12)))
    url = f"http://127.0.0.1:{server.server_port}"
    project.env |= {"VIDU_BASE_URL": url, "VIDU_API_KEY": "secret-key-7351"}
    ran = project.run("spring.yaml", "--yes", "--no-download", "--concurrency", "6")
    assert ran.code == 0, ran.err
    assert len(server.made) == 12
