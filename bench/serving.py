"""The server from the outside: started for a while, told how to behave, asked what it saw."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from bench.processes import ROOT, BenchError
from bench.service import Scenario, Seen


@dataclass(frozen=True, slots=True)
class Server:
    """A server that runs."""

    url: str

    def begin(self, scenario: Scenario) -> None:
        """Forget what was, and behave like this."""
        self._ask("begin", asdict(scenario))

    def seen(self) -> Seen:
        """What was seen since then."""
        return Seen(**self._ask("seen", {}))

    def _ask(self, what: str, value: Any) -> Any:
        request = urllib.request.Request(f"{self.url}/_bench/{what}", json.dumps(value).encode())
        # The environment's proxies are not meant.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request) as reply:
            return json.loads(reply.read())


@contextmanager
def serving() -> Iterator[Server]:
    """A server for as long as the block lasts. Raises BenchError when it does not start."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.server"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        if not url:
            raise BenchError("the bench's server did not start")
        try:
            yield Server(url)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait()
