from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from runner.model import Amount, Draft, Job, Outcome, State, StoredFile
from runner.report.standing import Standing, of_standings, standings_text

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
FILE = StoredFile(path="outputs/s/a.png", sha256="aa", bytes=1, media_type="image/png")


def standing(
    name: str, state: State, *, since: str | None = None, present: int = 0, **known: Any
) -> Standing:
    draft = Draft(entry=0, id=name, operation="vidu/reference2image", parameters={}, base=Path())
    job = Job(draft=draft, parameters={}, media={}, fingerprint="f")
    return Standing(outcome=Outcome(job=job, state=state, **known), since=since, present=present)


def test_columns_stand_under_each_other_also_with_wide_characters() -> None:
    some = [
        standing("小船", State.PENDING, reason="to submit: new"),
        standing("a", State.PENDING, reason="to submit: new"),
    ]
    assert standings_text("m.yaml", some, NOW) == (
        "m.yaml: 2 pending | nothing spent\n"
        "  pending  小船  to submit: new\n"
        "  pending  a     to submit: new"
    )


def test_prices_that_are_not_told_are_estimates() -> None:
    told = standing("a", State.SUCCEEDED, task_id="1", credits=6, files=(FILE,), present=1)
    listed = Amount(unit="cny", value=Decimal("1.41"))
    untold = standing("b", State.SUCCEEDED, task_id="2", estimated=listed)
    text = standings_text("m.yaml", [told, untold], NOW)
    assert text.splitlines()[0] == "m.yaml: 2 succeeded | 6 credits, about 1.41 CNY"


def test_what_the_manifest_cost_in_all_is_told_where_it_is_more() -> None:
    some = [standing("a", State.SUCCEEDED, task_id="1", credits=6)]
    alike, more = {"credits": Decimal(6)}, {"credits": Decimal(12)}
    first = standings_text("m.yaml", some, NOW, alike).splitlines()[0]  # type: ignore[arg-type]
    assert first == "m.yaml: 1 succeeded | 6 credits"
    first = standings_text("m.yaml", some, NOW, more).splitlines()[0]  # type: ignore[arg-type]
    assert first == "m.yaml: 1 succeeded | 6 credits | spent so far: 12 credits"


def test_an_age_is_never_negative_and_no_guess() -> None:
    some = [
        standing("past", State.PENDING, since="2026-11-20T11:55:00.000Z"),
        standing("future", State.PENDING, since="2026-11-20T13:00:00Z"),
        standing("edited", State.PENDING, since="yesterday"),
        standing("local", State.PENDING, since="2026-11-20T11:55:00"),
        standing("none", State.PENDING),
    ]
    ages = [job["age_s"] for job in of_standings("m.yaml", some, NOW)["jobs"]]
    assert ages == [300.0, 0.0, None, None, None]


def test_nothing_selected_is_said() -> None:
    assert standings_text("m.yaml", [], NOW) == "m.yaml: no jobs | nothing spent"


def test_words_of_a_provider_cannot_reach_the_terminal_raw() -> None:
    text = standings_text("m.yaml", [standing("a", State.PENDING, reason="\x1b[2J\nb")], NOW)
    assert "\x1b" not in text
    assert len(text.splitlines()) == 2
