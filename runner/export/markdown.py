"""Markdown: totals, costs, failures and picked results, for a page, a mail or a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from runner.errors import one_line
from runner.export.results import Export, files_of
from runner.model.outcomes import State
from runner.report.contents import GalleryJob
from runner.report.costs import make_costs
from runner.report.rows import Row

MAX_FAILURES = 50

_FAILED = ("failed", "ambiguous")
_BREAKS = re.compile(r"[\r\n\t]+")
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~!])")


def markdown_text(export: Export) -> str:
    """The document; texts of others are escaped, so that they stay texts."""
    jobs = export.jobs()
    lines = [f"# {escaped(export.results.name)}", ""]
    lines += [_state_of_run(export), ""]
    lines += _totals(export.results.totals)
    lines += _costs(jobs)
    lines += _failures(jobs)
    lines += _picked(export)
    return "\n".join(lines).rstrip("\n") + "\n"


def escaped(text: Any) -> str:
    """A value as text on one line that is neither Markdown nor HTML, also inside of a table."""
    plain = one_line(_BREAKS.sub(" ", str(text)))
    return _SPECIAL.sub(r"\\\1", plain.replace("&", "&amp;")).replace("\\<", "&lt;")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The lines of a table, with an empty one behind; the cells are Markdown already."""
    yield f"| {' | '.join(head)} |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""


def _state_of_run(export: Export) -> str:
    run = export.results.run
    parts = [f"Manifest {escaped(export.manifest)}"]
    parts += (
        ["a rehearsal with the emulator: nothing was paid for"] if export.results.emulated else []
    )
    parts.append(f"run ended {run.finished}" if run.finished else "the run has not ended")
    return "; ".join(parts) + "."


def _totals(totals: Mapping[str, int | float]) -> Iterator[str]:
    names = ("jobs", *(state.value for state in State), "reused", "credits", "cny")
    shown = [name for name in names if totals.get(name) or name in ("jobs", "succeeded")]
    head = ["CNY" if name == "cny" else name for name in shown]
    yield from table(head, [[f"{totals.get(name, 0):,}" for name in shown]])


def _costs(jobs: Sequence[GalleryJob]) -> Iterator[str]:
    """By tag; without any tag, by operation."""
    sums = make_costs(jobs, ())
    by = "tag" if any(each.by == "tag" for each in sums) else "operation"
    rows = [
        (
            escaped(each.name),
            *(f"{n:,}" for n in (each.jobs, each.succeeded, each.credits, each.cny)),
        )
        for each in sums
        if each.by == by
    ]
    if rows:
        yield from [f"## Cost by {by}", ""]
        yield from table((by, "jobs", "succeeded", "credits", "CNY"), rows)


def _failures(jobs: Sequence[GalleryJob]) -> Iterator[str]:
    failed = [job for job in jobs if job.state in _FAILED]
    if not failed:
        return
    yield from ["## Failures", ""]
    head = ("job", "state", "cause", "billed", "what to do")
    yield from table(head, [_failure(job) for job in failed[:MAX_FAILURES]])
    if (more := len(failed) - MAX_FAILURES) > 0:
        yield from [f"... and {more:,} more.", ""]


def _failure(job: GalleryJob) -> tuple[str, ...]:
    error = job.failure
    cause = f"{error.code} ({error.class_}): {error.message}" if error else job.reason or ""
    return (
        escaped(job.id),
        job.state,
        escaped(cause),
        error.billed if error else "",
        escaped((error and error.advice) or (job.reason if error else "") or ""),
    )


def _picked(export: Export) -> Iterator[str]:
    rows = [(row, mark) for row in export.rows if (mark := export.mark(row))]
    picked = [(row, mark) for row, mark in rows if mark.get("mark") == "picked"]
    if not picked:
        return
    yield from ["## Picked", ""]
    yield from table(
        ("job", "stars", "seed", "files", "note"),
        [_pick(export, row, mark) for row, mark in picked],
    )


def _pick(export: Export, row: Row, mark: Mapping[str, Any]) -> tuple[str, ...]:
    links = [_link(path.rpartition("/")[2], export.link(path)) for path in files_of(row)]
    stars = "★" * int(mark.get("stars") or 0)
    seed = "" if row.get("seed") is None else str(row["seed"])
    return (
        escaped(row["id"]),
        stars,
        escaped(seed),
        ", ".join(links),
        escaped(mark.get("note") or ""),
    )


def _link(name: str, path: str) -> str:
    # With angle brackets around it, blanks and brackets of a path would need escapes of their own.
    return f"[{escaped(name)}]({quote(path, errors='replace')})"
