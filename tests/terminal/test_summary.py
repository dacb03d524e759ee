from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from runner.errors import Location
from runner.model.file_facts import FileFacts, ResultWarning
from runner.model.jobs import Draft, Job
from runner.model.operations import Amount
from runner.model.outcomes import Outcome, State
from runner.model.reasons import Reason, ReasonCode
from runner.model.requests import Billed, ErrorClass, JobError
from runner.model.tasks import StoredFile, TaskFacts
from runner.results.rows import Header, head
from runner.terminal.summary import RunSummary, RunTotals, format_summary

ONWARD = "run the same command again: it continues from here and pays for nothing twice"


def pending(name: str, reason: str) -> Outcome:
    draft = Draft(entry=0, id=name, operation="vidu/reference2image", parameters={}, base=Path())
    job = Job(draft=draft, parameters={}, media={}, fingerprint=name)
    return Outcome(job=job, state=State.PENDING, reason=Reason(ReasonCode.INTERRUPTED, reason))


def summary(*outcomes: Outcome, written: bool = True, columns: int | None = None) -> str:
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
        ),
        columns,
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


def failed(name: str, price: int | None) -> Outcome:
    task = TaskFacts(id="911", credits=price, submitted_at="2026-11-20T12:00:01.000Z")
    estimate = Amount(unit="credits", value=Decimal(8))
    return replace(pending(name, ""), state=State.FAILED, task=task, estimated=estimate)


def test_the_reported_price_of_a_failed_job_is_spent() -> None:
    outcomes = [failed("a", 6), failed("b", 0), failed("c", None)]
    assert "m.yaml: 3 failed | 6 credits | " in summary(*outcomes)
    header = Header(manifest="m", sha256="", run="r", tool="t", started_at="")
    assert head(header, outcomes)["totals"]["credits"] == 6


def test_a_failed_job_without_a_price_costs_nothing() -> None:
    assert "1 failed | nothing spent | " in summary(failed("a", 0))


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


def test_causes_are_folded_but_no_command() -> None:
    text = "its task has not ended within 30 min (the last answer: HTTP 503)"
    lines = summary(pending("a", text), columns=60).splitlines()
    assert lines[3:6] == [
        '  pending   m.yaml:3: job "a"',
        "            its task has not ended within 30 min (the last",
        "            answer: HTTP 503)",
    ]


def test_a_task_that_may_take_days_has_the_command_that_collects_it() -> None:
    reason = Reason(ReasonCode.QUEUED, "interrupted; its task is under way")
    lines = summary(replace(pending("a", ""), reason=reason)).splitlines()
    assert lines[-2].strip() == "to collect it later and submit nothing: vidu-run fetch m.yaml"


@pytest.mark.parametrize(
    ("code", "reason", "retried"),
    [
        ("InternalServiceFailure", None, True),
        ("InternalServiceFailure", ReasonCode.NOT_RETRIED, False),
        ("UserCancelled", ReasonCode.NOT_RETRIED, False),
        ("UserCancelled", ReasonCode.FAILED_BEFORE, True),
        ("Unknown", None, False),
    ],
)
def test_a_failure_that_no_run_retries_has_that_advice(
    code: str, reason: ReasonCode | None, *, retried: bool
) -> None:
    error = JobError(code=code, message="m", class_=ErrorClass.PROVIDER, billed=Billed.NO)
    why = None if reason is None else Reason(reason, "failed before")
    text = summary(replace(failed("a", 0), error=error, reason=why))
    advice = "run again to retry" if retried else "with --retry-failed it does"
    assert text.splitlines()[-1].endswith(advice)


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("unfit_result_of_another_job", "change this job, or the one whose result it uses"),
        ("image_changed", "run again to use the file as it is now"),
        ("unknown_seed", "give that job a seed other than 0, or this one its own"),
    ],
)
def test_a_job_of_which_nothing_was_sent_has_its_own_advice(code: str, advice: str) -> None:
    error = JobError(code=code, message="no", class_=ErrorClass.INPUT, billed=Billed.NO)
    text = summary(replace(pending("a", ""), state=State.FAILED, error=error, reason=None))
    assert text.splitlines()[-1] == f"            nothing was sent: {advice}"


def warned(name: str, *warnings: tuple[str, str], reused: bool = False) -> Outcome:
    made = StoredFile(
        path=f"{name}.mp4",
        sha256="a",
        bytes=1,
        media_type="video/mp4",
        facts=FileFacts(codec="h264"),
        warnings=tuple(ResultWarning(code=code, message=text) for code, text in warnings),
    )
    succeeded = replace(pending(name, ""), state=State.SUCCEEDED, reason=None)
    return replace(succeeded, reused=reused, files=(made,))


def test_each_kind_of_warning_has_one_line_with_its_jobs() -> None:
    short, silent = ("wrong_duration", "2 s instead of 5 s"), ("missing_sound", "no sound")
    outcomes = [warned(name, short, reused=name == "b") for name in "abcd"]
    lines = summary(*outcomes, warned("e", silent, short)).splitlines()
    names = '"a", "b", "c" and 2 more'
    assert [line for line in lines if "warning" in line] == [
        f"  warning   m.yaml:3: wrong duration in 5 jobs ({names}): 2 s instead of 5 s",
        '  warning   m.yaml:3: missing sound in job "e": no sound',
    ]


def test_a_damaged_file_can_be_fetched_again() -> None:
    text = summary(warned("a", ("truncated_file", "the file ends too early")))
    assert "to fetch damaged files again at no cost: vidu-run fetch m.yaml" in text
    assert "fetch" not in summary(warned("a", ("wrong_shape", "1x1 pixels instead of 16:9")))
