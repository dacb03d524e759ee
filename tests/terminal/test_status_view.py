from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from runner.model.jobs import Draft, Job
from runner.model.operations import Amount, Unit
from runner.model.outcomes import Outcome, State
from runner.model.reasons import Reason, ReasonCode
from runner.model.requests import Billed, ErrorClass, JobError
from runner.model.tasks import StoredFile
from runner.terminal.status_view import JobStatus, status_records, status_text
from tests.builders import changed

NEW = Reason(ReasonCode.NEW, "not submitted yet: new")
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
FILE = StoredFile(path="outputs/s/a.png", sha256="aa", bytes=1, media_type="image/png")


SIX = Amount(unit="credits", value=Decimal(6))


def error(billed: Billed) -> JobError:
    return JobError(code="E", message="m", class_=ErrorClass.INPUT, billed=billed)


def status(
    name: str, state: State, *, since: str | None = None, present: int = 0, **known: Any
) -> JobStatus:
    draft = Draft(entry=0, id=name, operation="vidu/reference2image", parameters={}, base=Path())
    job = Job(draft=draft, parameters={}, media={}, fingerprint="f")
    return JobStatus(
        outcome=changed(Outcome(job=job, state=state), **known), since=since, present=present
    )


def test_columns_are_aligned_with_wide_characters() -> None:
    some = [
        status("小船", State.PENDING, reason=NEW),
        status("a", State.PENDING, reason=NEW),
    ]
    assert status_text("m.yaml", some, NOW, {}) == (
        "m.yaml: 2 pending | nothing spent\n"
        "  pending  小船  not submitted yet: new\n"
        "  pending  a     not submitted yet: new"
    )


def test_an_unknown_cost_counts_by_its_estimate() -> None:
    known_cost = status("a", State.SUCCEEDED, task_id="1", credits=6, files=(FILE,), present=1)
    listed = Amount(unit="cny", value=Decimal("1.41"))
    listed_price_only = status("b", State.SUCCEEDED, task_id="2", estimated=listed)
    text = status_text("m.yaml", [known_cost, listed_price_only], NOW, {})
    assert text.splitlines()[0] == "m.yaml: 2 succeeded | 6 credits, about 1.41 CNY"


def test_estimates_that_make_up_the_whole_cost_are_shown_once() -> None:
    known_cost = status("a", State.SUCCEEDED, task_id="1", credits=6, reused=True)
    listed = Amount(unit="cny", value=Decimal("1.41"))
    listed_price_only = status("b", State.SUCCEEDED, task_id="2", estimated=listed, reused=True)
    spent: dict[Unit, Decimal] = {"cny": Decimal("1.41"), "credits": Decimal(6)}
    some = [known_cost, listed_price_only]
    first = status_text("m.yaml", some, NOW, spent).splitlines()[0]
    assert first == "m.yaml: 2 succeeded | 6 credits, about 1.41 CNY"
    totals = status_records("m.yaml", some, NOW, spent)["totals"]
    assert (totals["cost"], totals["estimated"]) == ({"credits": 6}, {"cny": 1.41})


def test_a_manifest_that_cost_more_shows_both_units() -> None:
    some = [status("a", State.SUCCEEDED, task_id="1", credits=6)]
    spent: dict[Unit, Decimal] = {"cny": Decimal("1.41"), "credits": Decimal(6)}
    first = status_text("m.yaml", some, NOW, spent).splitlines()[0]
    assert first.endswith("| 6 credits | spent so far on the whole manifest: 6 credits, 1.41 CNY")


@pytest.mark.parametrize(
    ("state", "known", "price"),
    [
        (State.SUCCEEDED, {"task_id": "1"}, "about 6 credits"),
        (State.PENDING, {"task_id": "1"}, "about 6 credits"),
        (State.PENDING, {}, "would cost 6 credits"),
        (State.AMBIGUOUS, {"at_risk": SIX}, "6 credits at risk"),
        (State.FAILED, {"task_id": "1", "error": error(Billed.UNKNOWN)}, "about 6 credits"),
        (State.FAILED, {"task_id": "1", "error": error(Billed.NO)}, "not billed"),
        (State.FAILED, {"error": error(Billed.NO)}, "not billed"),
    ],
)
def test_an_unknown_cost_is_shown_by_what_it_means(
    state: State, known: dict[str, Any], price: str
) -> None:
    line = status_text("m.yaml", [status("a", state, estimated=SIX, **known)], NOW, {})
    assert f"  {price}" in line.splitlines()[1]


def test_the_whole_cost_is_shown_only_where_it_is_more() -> None:
    some = [status("a", State.SUCCEEDED, task_id="1", credits=6)]
    alike, more = {"credits": Decimal(6)}, {"credits": Decimal(12)}
    first = status_text("m.yaml", some, NOW, alike).splitlines()[0]  # type: ignore[arg-type]
    assert first == "m.yaml: 1 succeeded | 6 credits"
    first = status_text("m.yaml", some, NOW, more).splitlines()[0]  # type: ignore[arg-type]
    assert (
        first == "m.yaml: 1 succeeded | 6 credits | spent so far on the whole manifest: 12 credits"
    )


def test_an_age_is_never_negative_or_guessed() -> None:
    some = [
        status("past", State.PENDING, since="2026-11-20T11:55:00.000Z"),
        status("future", State.PENDING, since="2026-11-20T13:00:00Z"),
        status("edited", State.PENDING, since="yesterday"),
        status("local", State.PENDING, since="2026-11-20T11:55:00"),
        status("none", State.PENDING),
    ]
    ages = [job["age_s"] for job in status_records("m.yaml", some, NOW, {})["jobs"]]
    assert ages == [300.0, 0.0, None, None, None]


def test_no_selected_jobs_are_shown_as_such() -> None:
    assert status_text("m.yaml", [], NOW, {}) == "m.yaml: no jobs | nothing spent"


def test_control_characters_of_a_provider_are_escaped() -> None:
    text = status_text(
        "m.yaml", [status("a", State.PENDING, reason=Reason(ReasonCode.NEW, "\x1b[2J\nb"))], NOW, {}
    )
    assert "\x1b" not in text
    assert len(text.splitlines()) == 2


def test_after_two_days_an_age_has_a_date() -> None:
    some = [
        status("a", State.PENDING, since="2026-11-18T12:00:01Z"),
        status("b", State.PENDING, since="2026-11-08T13:00:00Z"),
    ]
    lines = status_text("m.yaml", some, NOW, {}).splitlines()
    assert lines[1] == "  pending  a  47 h 59 min ago"
    assert lines[2] == "  pending  b  11 days ago (2026-11-08)"


def test_a_row_is_folded_at_the_width_of_the_terminal() -> None:
    some = [status("小船", State.PENDING, reason=NEW), status("a", State.PENDING, reason=NEW)]
    assert status_text("m.yaml", some, NOW, {}, columns=39).splitlines()[1:] == [
        "  pending  小船  not submitted yet: new",
        "  pending  a     not submitted yet: new",
    ]
    assert status_text("m.yaml", some, NOW, {}, columns=38).splitlines()[1:3] == [
        "  pending  小船",
        "      not submitted yet: new",
    ]
