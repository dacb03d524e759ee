"""The server from the outside: started for a while, told how to behave, asked what it saw."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench import far
from bench.processes import ROOT, BenchError
from bench.service import Scenario, Seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server that runs."""

    url: str
    """Where clients find it."""
    control_url: str
    """Where it is told how to behave; the same but for a far server."""
    trusted: Path | None = None
    """The certificates that a client has to trust; None without TLS."""

    def begin(self, scenario: Scenario) -> None:
        """Forget what was, and behave like this."""
        self._ask("begin", asdict(scenario))

    def seen(self) -> Seen:
        """What was seen since then."""
        return Seen(**self._ask("seen", {}))

    def _ask(self, what: str, value: Any) -> Any:
        request = urllib.request.Request(
            f"{self.control_url}/_bench/{what}", json.dumps(value).encode()
        )
        # The environment's proxies are not meant.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request) as reply:
            return json.loads(reply.read())


@contextmanager
def serving(rtt_s: float = 0.0) -> Iterator[Server]:
    """A server for as long as the block lasts; with a round trip, it is far away and has TLS.

    Raises BenchError when it does not start.
    """
    with _process("bench.server") as url:
        if not rtt_s:
            yield Server(url=url, control_url=url)
            return
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            chain, trusted = far.make_certificate(Path(folder))
            with _process("bench.far", url, str(rtt_s), str(chain)) as far_url:
                yield Server(url=far_url, control_url=url, trusted=trusted)


@contextmanager
def _process(module: str, *arguments: str) -> Iterator[str]:
    """A process that prints its address and ends with its standard input."""
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        if not url:
            raise BenchError(f"{module} did not start")
        try:
            yield url
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait()
