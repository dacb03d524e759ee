"""Who takes part in the makespan bench, and how each is told to do the same work."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

CLIENTS = Path(__file__).parent / "clients"
POLL_RATE = 1000
"""What is allowed to vidu-run: how often it chooses to ask is measured, not what it is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What is to be made."""

    url: str
    folder: Path
    """An empty folder, or one in which the same contender has made other jobs before."""
    first: int
    """The number of the first job: other numbers are other requests."""
    jobs: int
    places: int
    """Tasks in flight at a time."""

    @property
    def bodies(self) -> Sequence[Mapping[str, Any]]:
        """The request of each job."""
        numbers = range(self.first, self.first + self.jobs)
        return [{"model": "viduq2", "prompt": f"a small cat, picture {n}"} for n in numbers]


Command: TypeAlias = list[str | Path]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """One way to do the work."""

    name: str
    """For `--only`."""
    title: str
    command: Callable[[Work], Command]
    """Writes what it needs to the work's folder, which it is then started in."""
    lists: bool = True
    """Whether the server has Vidu's list of tasks."""
    tree: bool = False
    """It is many processes, whose memory counts together."""
    history: int = 0
    """Jobs of the same kind that it has made before."""
    needs: tuple[str, ...] = ()
    """Programs that must be there."""

    @property
    def missing(self) -> list[str]:
        """The programs it needs that are not there."""
        return [program for program in self.needs if shutil.which(program) is None]


def environment(url: str, trusted: Path | None = None) -> dict[str, str]:
    """Both APIs at the bench's server and what its TLS has them trust; no terminal, no colours."""
    keys = {"VIDU_API_KEY": "bench", "MODELVERSE_API_KEY": "bench"}
    tls = {"SSL_CERT_FILE": str(trusted)} if trusted else {}
    return {**keys, **tls, "VIDU_BASE_URL": url, "MODELVERSE_BASE_URL": url, "NO_COLOR": "1"}


_PICTURE = "operation: vidu/reference2image, model: viduq2"
_FILM = (
    "operation: modelverse/reference2video, model: viduq2, duration: 1, resolution: 540p,"
    ' images: ["https://assets.example/cat.png"]'
)


def vidu_run(*, download: bool = False, film: bool = False) -> Callable[[Work], Command]:
    """The command line over a manifest that names each job."""

    def command(work: Work) -> Command:
        manifest = work.folder / f"bench-{work.first}.yaml"
        jobs = [
            f"  - {{id: picture-{work.first + n}, prompt: {json.dumps(body['prompt'])}}}"
            for n, body in enumerate(work.bodies)
        ]
        run = (
            f"concurrency: {work.places}, poll_rate: {POLL_RATE}, download: {json.dumps(download)}"
        )
        defaults = _FILM if film else _PICTURE
        head = ["version: 1", f"run: {{{run}}}", f"defaults: {{{defaults}}}", "jobs:"]
        manifest.write_text("\n".join([*head, *jobs, ""]), encoding="utf-8")
        return [sys.executable, "-m", "runner", manifest.name, "--yes", "--progress", "none"]

    return command


def script(name: str, *more: str) -> Callable[[Work], Command]:
    """A Python script over a file with a request in each line."""

    def command(work: Work) -> Command:
        jobs = work.folder / "jobs.jsonl"
        lines = (json.dumps(body) for body in work.bodies)
        jobs.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return [sys.executable, CLIENTS / name, work.url, jobs, str(work.places), *more]

    return command


def xargs(work: Work) -> Command:
    """A shell for each job, over files with a request in each."""
    names = []
    for n, body in enumerate(work.bodies):
        path = work.folder / f"{n}.json"
        path.write_text(json.dumps(body), encoding="utf-8")
        names.append(path.name)
    (work.folder / "names").write_text("\n".join(names) + "\n", encoding="utf-8")
    each = f"xargs -P {work.places} -n 1 sh {CLIENTS / 'poll.sh'} {work.url} < names"
    return ["sh", "-c", each]


PLAIN = "plain"
"""What CPU times are compared with."""

CONTENDERS = (
    Contender(name=PLAIN, title="aiohttp script, semaphore", command=script("plain.py")),
    Contender(name="vidu-run-list", title="vidu-run, list", command=vidu_run()),
    Contender(
        name="vidu-run-tasks", title="vidu-run, task by task", command=vidu_run(), lists=False
    ),
    Contender(
        name="vidu-run-history",
        title="vidu-run, task by task, 200 done before",
        command=vidu_run(),
        lists=False,
        history=200,
    ),
    Contender(name="cookbook", title="cookbook script's shape", command=script("cookbook.py")),
    Contender(
        name="xargs", title="xargs -P and curl", command=xargs, tree=True, needs=("xargs", "curl")
    ),
)
"""Those of the short form."""

FETCHING = (
    Contender(
        name="plain-files",
        title="aiohttp script, files fetched",
        command=script("plain.py", "files"),
    ),
    Contender(
        name="vidu-run-files",
        title="vidu-run, list, files fetched",
        command=vidu_run(download=True),
    ),
)
"""Two of them once more, with a small file for each job."""

EVERY_2_S = Contender(
    name="plain-2s", title="aiohttp script, asking every 2 s", command=script("plain.py", "2")
)

FILM = Contender(name="vidu-run-film", title="vidu-run, ModelVerse", command=vidu_run(film=True))
"""The API without a list, at the time that its price list states."""
