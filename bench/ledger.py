"""How many events a second the ledger makes durable: one by one, in groups, and by its journal."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from bench.tables import Table, number
from runner.ledger.changes import Change, Intend
from runner.ledger.group_commit import GroupCommit
from runner.ledger.location import open_ledger
from runner.model.tasks import Intent

GROUPS = (1, 16, 128)


def measure(*, quick: bool = False) -> list[Table]:
    """Events a second on the disk that holds the temporary files; `quick` writes fewer."""
    groups = 20 if quick else 400
    with tempfile.TemporaryDirectory(prefix="vidu-run-bench-") as name:
        folder = Path(name)
        speeds = {
            f"in groups of {size}": _grouped(folder / f"{size}.sqlite3", size, groups)
            for size in GROUPS
        }
        speeds["all at once, in the journal's groups"] = _flood(
            folder / "flood.sqlite3", 16 * groups
        )
    return [
        Table(
            name="ledger",
            title="Events that the ledger makes durable",
            command="python -m bench ledger",
            columns=("", "events a second"),
            rows=tuple((what, number(speed, 0)) for what, speed in speeds.items()),
            notes=("Intents, SQLite in WAL mode with synchronous=FULL; wall-clock time.",),
        )
    ]


def _grouped(path: Path, size: int, groups: int) -> float:
    with open_ledger(path) as ledger:
        intents = _intents(ledger.begin_run("many.yaml", "bench"))
        ready = [list(islice(intents, size)) for _ in range(groups)]
        start = time.perf_counter()
        for group in ready:
            ledger.apply(group)
        return size * groups / (time.perf_counter() - start)


def _flood(path: Path, events: int) -> float:
    with open_ledger(path) as ledger, GroupCommit(path) as journal:
        intents: Sequence[Change] = list(
            islice(_intents(ledger.begin_run("many.yaml", "bench")), events)
        )
        start = time.perf_counter()
        for future in [journal.submit(intent) for intent in intents]:
            future.result()
        return events / (time.perf_counter() - start)


def _intents(run: str) -> Iterator[Intend]:
    """One after the other, of different requests."""
    n = 0
    while True:
        n += 1
        yield Intend(
            run=run,
            intent=Intent(
                manifest="many.yaml",
                job=f"shot-{n:06d}",
                operation="vidu/reference2image",
                fingerprint=f"{n:064x}",
                request={"prompt": f"a small cat on the window sill, frame {n}", "seed": n},
                seed=n,
                provider="vidu",
                base_url="https://api.vidu.cn",
                key_env="VIDU_API_KEY",
                tag=f"{n:032x}",
                estimate=None,
                at="2026-11-20T10:00:00.000Z",
            ),
        )
