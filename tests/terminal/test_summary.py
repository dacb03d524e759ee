from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from runner.errors import Location
from runner.model.jobs import Draft, Job
from runner.model.outcomes import Outcome, State
from runner.model.reasons import Reason, ReasonCode
from runner.terminal.summary import RunSummary, RunTotals, format_summary

ONWARD = "run the same command again: it continues from here and pays for nothing twice"


def pending(name: str, reason: str) -> Outcome:
    draft = Draft(entry=0, id=name, operation="vidu/reference2image", parameters={}, base=Path())
    job = Job(draft=draft, parameters={}, media={}, fingerprint=name)
    return Outcome(job=job, state=State.PENDING, reason=Reason(ReasonCode.INTERRUPTED, reason))


def summary(*outcomes: Outcome, written: bool = True) -> str:
    totals = RunTotals(began="2026-11-20T12:00:00.000Z")
    for outcome in outcomes:
        totals.add(outcome)
    return format_summary(
        RunSummary(
            manifest="m.yaml",
            totals=totals,
            locate=lambda _: Location(path="m.yaml", line=3, column=5),
            seconds=1.0,
            errors=[],
            results="m.results.yaml",
            written=written,
            files="outputs/m/",
            flags=[],
            stopped=[],
        )
    )


def test_advice_is_printed_with_its_group() -> None:
    lines = summary(pending("a", "interrupted"), pending("b", "interrupted")).splitlines()
    assert lines[-3:] == [
        '  pending   m.yaml:3: job "a" and 1 more like it',
        "            interrupted",
        f"            {ONWARD}",
    ]


def test_advice_for_several_groups_is_printed_once_at_the_end() -> None:
    lines = summary(pending("a", "interrupted"), pending("b", "time limit")).splitlines()
    assert [line for line in lines if ONWARD in line] == [f"  {ONWARD}"]
    assert lines[-3:] == ["            time limit", "", f"  {ONWARD}"]


def test_unwritten_results_are_marked() -> None:
    assert "  results   m.results.yaml\n" in summary(pending("a", "x"))
    assert "  results   m.results.yaml (not written)\n" in summary(pending("a", "x"), written=False)


def test_several_ambiguous_jobs_are_resolved_one_by_one_or_together() -> None:
    outcomes = [replace(pending(name, "unknown"), state=State.AMBIGUOUS) for name in ("a", "b")]
    lines = [line.strip() for line in summary(*outcomes).splitlines()]
    assert lines[-2:] == [
        "if a task is there: vidu-run resolve m.yaml JOB --task-id ID",
        "submit the others again: vidu-run resolve m.yaml --select state:ambiguous --lost",
    ]
