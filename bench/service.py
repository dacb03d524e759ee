"""The two APIs as the bench needs them: a request in, an answer out, and what was seen."""

from __future__ import annotations

import itertools
import json
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Literal, TypeAlias
from urllib.parse import parse_qs

from bench import answers
from bench.algebra import latencies
from bench.answers import Task

Reply: TypeAlias = tuple[int, bytes]
"""HTTP status and body: JSON, but for a file."""

_PAGE, _LARGEST_PAGE = 10, 100
_PAGING = {f"{spelt}.{name}" for spelt in ("pager", "paper") for name in ("pagesz", "page_token")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """How the provider behaves; tasks take lognormal times, drawn in the order of submission."""

    seed: int = 1
    median_s: float = 2.0
    sigma: float = 0.5
    """Spread of the logarithm."""
    lists: bool = True
    """Whether there is Vidu's list of tasks; 404 otherwise, as at a gateway."""
    file_bytes: int = 1000
    """Size of each result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a client was seen to do since the scenario began."""

    tasks: int
    told: int
    """Tasks of whose end an answer has told."""
    requests: Mapping[str, int]
    """How many of each kind: submit, creations, list, status, file, credits, refused."""
    lags_s: list[float]
    """From the end of each task until the first answer that told of it."""
    refills_s: list[float]
    """From each such answer until the submission that took the place."""
    first_s: float | None
    """When the first submission came, from the scenario's beginning on."""
    last_s: float | None
    """When the last end was told."""
    most_in_flight: int
    """Submitted and not yet told of, at most."""
    cpu_s: float
    """What the server took itself."""

    @property
    def status_requests(self) -> int:
        """Questions after tasks, of every kind."""
        return sum(self.requests.get(kind, 0) for kind in ("creations", "list", "status"))


class Service:
    """Both APIs, off the clock; one thread."""

    def __init__(self, base_url: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._base_url = base_url
        self._clock = clock
        # Never the same id twice, also after a new scenario and in another process.
        self._ids = itertools.count(time.time_ns())
        self.begin(Scenario())

    def begin(self, scenario: Scenario) -> None:
        """Forget everything and behave like this from now on."""
        self.scenario = scenario
        self._times = latencies(scenario.seed, scenario.median_s, scenario.sigma)
        self._file = answers.picture(scenario.file_bytes)
        self._tasks: dict[str, Task] = {}
        self._lags: list[float] = []
        self._refills: list[float] = []
        self._free: deque[float] = deque()
        self._first: float | None = None
        self._last: float | None = None
        self._begun = self._clock()
        self._most = 0
        self._requests: Counter[str] = Counter()
        self._cpu_s = time.process_time()

    def seen(self) -> Seen:
        """What was seen since the scenario began."""
        return Seen(
            tasks=len(self._tasks),
            told=len(self._lags),
            requests=dict(self._requests),
            lags_s=self._lags,
            refills_s=self._refills,
            first_s=None if self._first is None else self._first - self._begun,
            last_s=None if self._last is None else self._last - self._begun,
            most_in_flight=self._most,
            cpu_s=time.process_time() - self._cpu_s,
        )

    def answer(self, method: str, target: str, body: bytes, *, authorized: bool) -> Reply:
        """The answer to any request."""
        path, _, query = target.partition("?")
        if path.startswith("/_bench/"):
            return self._control(path, body)
        kind = _kind(method, path)
        if kind == "file":
            reply = self._find(path.split("/")[2], self._picture, _no_task)
        elif not authorized:
            reply = 401, answers.vidu_error(401, "Unauthorized", "no key came along")
        else:
            reply = self._api(kind, path, query, body)
        self._requests[kind if reply[0] == 200 else "refused"] += 1
        return reply

    def _control(self, path: str, body: bytes) -> Reply:
        if path == "/_bench/begin":
            self.begin(Scenario(**json.loads(body)))
        return 200, answers.as_json(asdict(self.seen()))

    def _api(self, kind: str, path: str, query: str, body: bytes) -> Reply:
        match kind:
            case "submit":
                return self._submit("vidu" if path.startswith("/ent/") else "modelverse", body)
            case "creations":
                return self._find(path.split("/")[4], self._creations, _no_task)
            case "list" if self.scenario.lists:
                return self._list(parse_qs(query))
            case "status":
                asked = parse_qs(query).get("task_id", [""])[0]
                return self._find(asked, self._status, _no_status)
            case "credits":
                return 200, answers.balance(len(self._tasks) - len(self._lags))
        return 404, answers.vidu_error(404, "NotFound", "there is nothing of that name here")

    def _submit(self, api: Literal["vidu", "modelverse"], body: bytes) -> Reply:
        asked = json.loads(body)
        now, task_id = self._clock(), str(next(self._ids))
        task = self._tasks[task_id] = Task(
            id=task_id,
            api=api,
            asked=asked,
            begun=now,
            ready=now + next(self._times),
            made_at=datetime.now(UTC),
            url=f"{self._base_url}/files/{task_id}/picture.png",
        )
        self._first = now if self._first is None else self._first
        if self._free:
            self._refills.append(now - self._free.popleft())
        self._most = max(self._most, len(self._tasks) - len(self._lags))
        return 200, answers.created(task) if api == "vidu" else answers.submitted(task)

    def _find(
        self, task_id: str, found: Callable[[Task], Reply], missing: Callable[[str], Reply]
    ) -> Reply:
        task = self._tasks.get(task_id)
        return missing(task_id) if task is None else found(task)

    def _picture(self, _task: Task) -> Reply:
        return 200, self._file

    def _creations(self, task: Task) -> Reply:
        return 200, answers.creations(task, done=self._told(task))

    def _status(self, task: Task) -> Reply:
        return 200, answers.status(task, done=self._told(task))

    def _list(self, query: Mapping[str, list[str]]) -> Reply:
        """One page, of the tasks that are named; other filters are none of the bench's."""
        if unknown := query.keys() - _PAGING - {"task_ids"}:
            message = f"the bench does not filter by {', '.join(sorted(unknown))}"
            return 400, answers.vidu_error(400, "FieldUnwanted", message)
        size = min(int(_last(query, "pagesz") or _PAGE), _LARGEST_PAGE)
        first = int(_last(query, "page_token") or 0)
        named = list(self._named(query.get("task_ids", [])))
        page = named[first : first + size]
        token = str(first + size) if len(named) > first + size else ""
        rows = [answers.row(task, done=self._told(task)) for task in page]
        return 200, answers.listing(rows, token)

    def _named(self, asked: list[str]) -> Iterator[Task]:
        for text in asked:
            for task_id in text.split(","):
                if (task := self._tasks.get(task_id)) is not None:
                    yield task

    def _told(self, task: Task) -> bool:
        """Whether it is done, which the client is about to be told."""
        now = self._clock()
        if now >= task.ready and not task.told:
            task.told = True
            self._lags.append(now - task.ready)
            self._free.append(now)
            self._last = now
        return now >= task.ready


def _kind(method: str, path: str) -> str:
    """What is asked for; empty for what there is not."""
    match method, path.split("/")[1:]:
        case ("POST", ["ent", "v2", "reference2image"] | ["v1", "tasks", "submit"]):
            return "submit"
        case "GET", ["ent", "v2", "tasks", _, "creations"]:
            return "creations"
        case "GET", ["ent", "v2", "tasks"]:
            return "list"
        case "GET", ["v1", "tasks", "status"]:
            return "status"
        case "GET", ["ent", "v2", "credits"]:
            return "credits"
        case "GET", ["files", _, "picture.png"]:
            return "file"
    return ""


def _last(query: Mapping[str, list[str]], name: str) -> str:
    """A value of the pager, which the vendor's page spells in two ways."""
    values: list[Any] = query.get(f"pager.{name}") or query.get(f"paper.{name}") or [""]
    return str(values[-1])


def _no_task(task_id: str) -> Reply:
    return 404, answers.vidu_error(404, "TaskNotFound", f"there is no task {task_id}")


def _no_status(task_id: str) -> Reply:
    return 404, answers.modelverse_error("param_error", f"there is no task {task_id}")
