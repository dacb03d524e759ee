"""The summary of a run: what is told of troubles, and how often."""

from __future__ import annotations

from pathlib import Path

from runner.errors import Location
from runner.model import Draft, Job, Outcome, Reason, ReasonCode, State
from runner.terminal.summary import RunSummary, RunTotals, summary

ONWARD = "run the same command again: it goes on from here and pays nothing twice"


def pending(name: str, reason: str) -> Outcome:
    draft = Draft(entry=0, id=name, operation="vidu/reference2image", parameters={}, base=Path())
    job = Job(draft=draft, parameters={}, media={}, fingerprint=name)
    return Outcome(job=job, state=State.PENDING, reason=Reason(ReasonCode.INTERRUPTED, reason))


def told(*outcomes: Outcome, written: bool = True) -> str:
    tally = RunTotals(began="2026-11-20T12:00:00.000Z")
    for outcome in outcomes:
        tally.add(outcome)
    return summary(
        RunSummary(
            manifest="m.yaml",
            tally=tally,
            place_of=lambda _: Location(path="m.yaml", line=3, column=5),
            seconds=1.0,
            errors=[],
            results="m.results.yaml",
            written=written,
            files="outputs/m/",
            flags=[],
            stopped=[],
        )
    )


def test_how_pending_jobs_go_on_is_said_with_their_group() -> None:
    lines = told(pending("a", "interrupted"), pending("b", "interrupted")).splitlines()
    assert lines[-3:] == [
        '  pending   m.yaml:3: job "a" and 1 more like it',
        "            interrupted",
        f"            {ONWARD}",
    ]


def test_what_holds_for_several_groups_is_said_once_behind_them() -> None:
    lines = told(pending("a", "interrupted"), pending("b", "time limit")).splitlines()
    assert [line for line in lines if ONWARD in line] == [f"  {ONWARD}"]
    assert lines[-3:] == ["            time limit", "", f"  {ONWARD}"]


def test_results_that_could_not_be_written_are_not_told_as_if_they_were_there() -> None:
    assert "  results   m.results.yaml\n" in told(pending("a", "x"))
    assert "  results   m.results.yaml (not written)\n" in told(pending("a", "x"), written=False)
