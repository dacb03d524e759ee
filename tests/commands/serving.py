"""An emulator with a clock that tests set, or behind a fault of the test's own."""

from __future__ import annotations

import json
import shutil
import time
import urllib.request
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from runner.emulator.faults.script import parse_faults
from runner.emulator.options import EmulatorOptions
from runner.emulator.server import run_emulator
from tests.commands.conftest import Project

HOUR_NS = 3600 * 10**9


UNDER_WAY = ("--timeout", "0.2s", "--poll-rate", "100")
"""With these a run ends before a task of `serving` does."""


LOSES_THE_FIRST_ANSWER = (
    {"on": "vidu.submit", "fault": "cut_after", "times": 1},
    {"on": "vidu.list", "fault": "no_list"},
)
"""The fate of the first submission stays unknown."""


STUMBLES = (
    {"on": "vidu.list", "fault": "no_list"},
    {
        "on": "vidu.creations",
        "match": {"state": "success"},
        "times": 2,
        "fault": "error",
        "status": 500,
    },
)
"""The first two status requests for tasks that have ended fail."""


@dataclass
class Served:
    """A running emulator."""

    url: str
    ahead_ns: int = 0
    """How far its clock is ahead of ours."""

    def now_ns(self) -> int:
        return time.time_ns() + self.ahead_ns

    def later(self) -> None:
        """All tasks are done."""
        self.ahead_ns += HOUR_NS

    def seen(self) -> Any:
        with urllib.request.urlopen(f"{self.url}/_emulator/requests") as answer:  # noqa: S310
            log = json.load(answer)
        log["requests"].pop("GET /_emulator/requests", None)  # that was us
        return log

    def outcomes(self) -> Counter[str]:
        """How many submissions it has seen, by their outcome."""
        return Counter(each["outcome"] for each in self.seen()["submissions"])

    def tasks(self) -> list[str]:
        """The ids of all tasks, in the order of making."""
        return [each["task_id"] for each in self.seen()["submissions"] if each["task_id"]]

    def asked(self, words: str) -> int:
        """How many requests there were of kinds that have these words in their names."""
        return sum(count for kind, count in self.seen()["requests"].items() if words in kind)


@contextmanager
def serving(project: Project, **options: Any) -> Iterator[Served]:
    """Both APIs for the project; tasks take as long as real ones unless the options say other."""
    served = Served("")
    rules = parse_faults(options.pop("faults", ()))
    with run_emulator(EmulatorOptions(now_ns=served.now_ns, faults=rules, **options)) as served.url:
        for name in ("VIDU", "MODELVERSE"):
            project.env |= {f"{name}_BASE_URL": served.url, f"{name}_API_KEY": "secret-key-7351"}
        yield served


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


Fault = Callable[[web.Request, Handler], Awaitable[web.StreamResponse]]


SUBMIT = "/ent/v2/reference2image"


@contextmanager
def provider(project: Project, fault: Fault | None = None, **options: object) -> Iterator[str]:
    """The URL of an emulator behind `fault`, to which the project's environment leads."""

    @web.middleware
    async def faulty(request: web.Request, handler: Handler) -> web.StreamResponse:
        return await (fault(request, handler) if fault else handler(request))

    with run_emulator(EmulatorOptions(time_scale=0, middlewares=(faulty,), **options)) as url:  # type: ignore[arg-type]
        for name in ("VIDU", "MODELVERSE"):
            project.env |= {f"{name}_BASE_URL": url, f"{name}_API_KEY": "k"}
        yield url


def refusal(status: int, reason: str) -> web.Response:
    body = {"code": status, "reason": reason, "message": f"{reason} it is", "metadata": {}}
    return web.json_response(body, status=status)


TWO = """
  - {id: a, prompt: a red boat, seed: 7}
  - {id: b, prompt: a blue boat, resolution: 2K}
"""


RESULTS = "spring.results.yaml"


def forget(project: Project, *, files: bool = False) -> None:
    """As a fresh clone has it: no ledger, and no files unless they were committed."""
    shutil.rmtree(project.folder / ".vidu-run")
    if files:
        shutil.rmtree(project.folder / "outputs")


def seen(url: str) -> list[Any]:
    with urllib.request.urlopen(f"{url}/_emulator/requests") as answer:  # noqa: S310
        report = json.load(answer)
    found: list[Any] = [each for each in report["submissions"] if each["outcome"] == "accepted"]
    return found
