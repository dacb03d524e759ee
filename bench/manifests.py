"""Numbers in, large manifests out, and a ledger that holds a result for each of their jobs."""

from __future__ import annotations

import hashlib
import random
import sys
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import islice
from pathlib import Path

from runner.commands.load import read_manifests
from runner.commands.manifest_plan import plan_manifest
from runner.commands.options import Options
from runner.engine.outcomes import settled
from runner.ledger.changes import Finish, Intend, Settle, Store
from runner.ledger.location import open_ledger
from runner.model.jobs import Job
from runner.model.operations import Amount
from runner.model.tasks import AttemptState, Intent, StoredFile
from runner.results.rows import Header
from runner.results.write import write_results

WORDS = ("cat", "window", "morning", "light", "over", "old", "roofs", "of", "a", "quiet", "town")
JOB = """\
  - id: shot-{n:06d}
    operation: vidu/reference2image
    model: viduq2
    prompt: {prompt}, frame {n}
    images: ["https://assets.example/cats/{image}.png"]
    aspect_ratio: "16:9"
    seed: {seed}
    tags: [batch, b{tag}]
"""
BEGAN, ENDED = "2026-11-20T10:00:00.000Z", "2026-11-20T10:00:31.000Z"
PIECE = b"not much of a picture"


def manifest_text(jobs: int) -> Iterator[str]:
    """A manifest whose jobs are written out, with eight fields each and an image by URL."""
    chance = random.Random(jobs)  # noqa: S311 - only has to be the same each time
    yield "version: 1\nname: many\njobs:\n"
    for n in range(jobs):
        prompt = " ".join(chance.choices(WORDS, k=14))
        yield JOB.format(n=n, prompt=prompt, image=n, seed=n + 1, tag=n % 50)


def write_manifest(path: Path, jobs: int) -> None:
    """The same as a file; the text is never held as a whole."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(manifest_text(jobs))


def write_past(manifest: Path, pieces: int = 1) -> None:
    """What a run leaves: a ledger in which each job is done, its file, a results manifest.

    Every file holds `PIECE` that many times.
    """
    options = Options(manifests=(manifest,), environ={})
    (read,) = read_manifests(options)
    _write_done(manifest, read.jobs, PIECE * pieces)
    planned = plan_manifest(read, options)
    header = Header(
        manifest=manifest.name,
        sha256=read.document.sha256,
        run="20261120T100000Z-00ff00ff",
        tool="bench",
        started_at=BEGAN,
        finished_at=ENDED,
        exit_code=0,
    )
    outcomes = [
        settled(entry, entry.attempt.files) for entry in planned.plan.entries if entry.attempt
    ]
    write_results(planned.paths.results, header, outcomes)


def _write_done(manifest: Path, jobs: Sequence[Job], content: bytes) -> None:
    outputs = manifest.parent / "outputs" / manifest.stem
    outputs.mkdir(parents=True)
    for job in jobs:
        (outputs / f"{job.id}.png").write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    with open_ledger(manifest.parent / ".vidu-run" / "ledger.sqlite3") as ledger:
        run = ledger.begin_run(manifest.name, "bench")
        for some in _groups(jobs, 500):
            made = ledger.apply([_intend(run, manifest, job) for job in some])
            numbers = [number for number in made if isinstance(number, int)]
            for stage in (_settle, _finish):
                ledger.apply([stage(number) for number in numbers])
            files = [_file(manifest, job, digest, len(content)) for job in some]
            stored = [Store(number=n, files=(f,)) for n, f in zip(numbers, files, strict=True)]
            ledger.apply(stored)
        ledger.end_run(run, 0)


def _groups(jobs: Iterable[Job], size: int) -> Iterator[list[Job]]:
    rest = iter(jobs)
    while some := list(islice(rest, size)):
        yield some


def _intend(run: str, manifest: Path, job: Job) -> Intend:
    sources = [image.source for image in job.media.values() if hasattr(image, "source")]
    intent = Intent(
        manifest=manifest.name,
        job=job.id,
        operation=job.operation,
        fingerprint=job.fingerprint,
        request={**job.parameters, "images": [{"url": source} for source in sources]},
        seed=job.parameters["seed"],
        provider="vidu",
        base_url="https://api.vidu.cn",
        key_env="VIDU_API_KEY",
        tag=f"{job.parameters['seed']:032x}",
        estimate=Amount(unit="credits", value=Decimal(6)),
        at=BEGAN,
    )
    return Intend(run=run, intent=intent)


def _settle(number: int) -> Settle:
    return Settle(
        number=number,
        state=AttemptState.SUBMITTED,
        at="2026-11-20T10:00:01.000Z",
        task_id=str(911092490931552256 + number),
        credits=6,
    )


def _finish(number: int) -> Finish:
    return Finish(
        number=number,
        state=AttemptState.SUCCEEDED,
        finished_at=ENDED,
        credits=6,
        urls=(f"https://assets.example/made/{number}.png",),
    )


def _file(manifest: Path, job: Job, digest: str, size: int) -> StoredFile:
    return StoredFile(
        path=f"../outputs/{manifest.stem}/{job.id}.png",
        sha256=digest,
        bytes=size,
        media_type="image/png",
    )


if __name__ == "__main__":
    write_past(Path(sys.argv[1]), *map(int, sys.argv[2:]))
