"""The workflow tools that take part in the long form, each in an environment of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from bench.contenders import CLIENTS, Command, Contender, Work, script
from bench.processes import ROOT, BenchError

HERE = Path(__file__).parent
ENVIRONMENTS = ROOT / "build" / "bench"


def python_of(peer: str) -> Path:
    """The Python in which the peer is installed as its requirements say; made when need be.

    Raises BenchError, with pip's own words, when it cannot be installed.
    """
    folder, wanted = ENVIRONMENTS / peer, (HERE / peer / "requirements.txt").read_text("utf-8")
    stamp, python = folder / "installed.txt", folder / "bin" / "python"
    if not stamp.exists() or stamp.read_text("utf-8") != wanted:
        print(f"installing {peer} ...", file=sys.stderr, flush=True)
        _do([sys.executable, "-m", "venv", "--clear", folder])
        _do([python, "-m", "pip", "install", "--quiet", "-r", HERE / peer / "requirements.txt"])
        stamp.write_text(wanted, "utf-8")
    return python


def _do(command: Command) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchError(f"{' '.join(map(str, command))}: {done.stderr[-2000:]}")


def _script(peer: str) -> Callable[[Work], Command]:
    def command(work: Work) -> Command:
        arguments = script("run.py")(work)[2:]
        # `env`: the script finds what the peers share, the tool none of ours.
        clean: Command = [
            "env",
            f"PYTHONPATH={HERE}",
            *_QUIET,
            f"PREFECT_HOME={work.folder / 'home'}",
        ]
        return [*clean, python_of(peer), HERE / peer / "run.py", *arguments]

    return command


_QUIET = (
    "DO_NOT_TRACK=1",
    "PREFECT_SERVER_ANALYTICS_ENABLED=false",
    "PREFECT_LOGGING_LEVEL=WARNING",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS=120",
)


def _snakemake(work: Work) -> Command:
    for n, body in enumerate(work.bodies):
        (work.folder / f"{n}.json").write_text(json.dumps(body), encoding="utf-8")
    python = python_of("snakemake")
    config = [f"url={work.url}", f"jobs={work.jobs}", f"one={CLIENTS / 'poll.sh'}"]
    tool: Command = ["env", "-u", "PYTHONPATH", python, "-m", "snakemake", "--quiet", "all"]
    file: Command = ["--snakefile", HERE / "snakemake" / "Snakefile"]
    return [*tool, *file, "--cores", str(work.places), "--config", *config]


PEERS = (
    Contender(
        name="snakemake",
        title="Snakemake, a rule for each",
        command=_snakemake,
        tree=True,
        needs=("curl",),
    ),
    Contender(
        name="prefect",
        title="Prefect, a task run for each",
        command=_script("prefect"),
        tree=True,
    ),
    Contender(
        name="dask",
        title="Dask, two workers of threads",
        command=_script("dask"),
        tree=True,
    ),
)
