"""When a list proves that a submission did not arrive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.engine.reconcile.absence import list_since, verdict_on
from runner.engine.reconcile.match import (
    Absent,
    Adopted,
    LedgerSnapshot,
    LostSubmission,
    Unclear,
    Verdict,
)
from runner.ledger.records import KnownTask
from runner.model.operations import ResultForm
from runner.model.tasks import Attempt
from runner.providers.base import TaskRow
from tests.engine.builders import (
    ALONE,
    KNOWING,
    LATER,
    LIST_SETTLE_S,
    OLD_S,
    OURS,
    STARTED,
    TAG,
    THEIRS,
    WITNESS,
    after,
    attempt_of,
    known_task,
    listing_of,
    row_of,
    stamp_after,
)

NOT_LISTED = "the provider's list does not show its task"


def test_a_list_with_a_later_task_proves_the_absence() -> None:
    assert isinstance(verdict_on(OURS, listing_of(WITNESS), KNOWING), Absent)


def _of(lost: LostSubmission, **changes: Any) -> LostSubmission:
    """The submission, of a picture's operation with these changes."""
    return replace(lost, operation=replace(lost.operation, **changes))


UNUSUAL: list[dict[str, Any]] = [
    {"result": ResultForm(synchronous=True)},
    {"result": ResultForm(path="/film/{id}")},
    {"makes": "audio"},
]


@pytest.mark.parametrize("changes", UNUSUAL)
def test_a_list_that_may_leave_out_an_operation_proves_nothing(changes: dict[str, Any]) -> None:
    other = replace(LATER, intent=replace(LATER.intent, operation="vidu/text2video"))
    ledger = replace(KNOWING, owners={"later": other})
    verdict = verdict_on(_of(OURS, **changes), listing_of(WITNESS), ledger)
    assert verdict == Unclear(
        reason=f"{NOT_LISTED}, but it was not seen to show tasks of this operation", final=False
    )


@pytest.mark.parametrize("changes", UNUSUAL)
def test_a_list_with_a_task_of_the_operation_proves_the_absence(changes: dict[str, Any]) -> None:
    assert isinstance(verdict_on(_of(OURS, **changes), listing_of(WITNESS), KNOWING), Absent)


def test_nothing_is_absent_before_settle_has_passed() -> None:
    verdict = verdict_on(OURS, listing_of(WITNESS, age_s=LIST_SETTLE_S - 0.1), KNOWING)
    assert verdict == Unclear(reason=f"{NOT_LISTED}, but it was submitted just now", final=False)


def test_an_earlier_task_proves_nothing() -> None:
    earlier = attempt_of(9, tag="b" * 32, at=-2, task_id="earlier")
    ledger = LedgerSnapshot(owners={"earlier": earlier}, tasks=[known_task(earlier, -2)])
    verdict = verdict_on(OURS, listing_of(row_of("earlier", tag="b" * 32, at=-2)), ledger)
    assert verdict == Unclear(
        reason=f"{NOT_LISTED}, but it shows no task that was submitted later", final=False
    )


def test_ten_times_settle_replaces_a_later_task() -> None:
    early = verdict_on(OURS, listing_of(age_s=OLD_S - 0.1), ALONE)
    assert isinstance(early, Unclear)
    assert not early.final
    assert isinstance(verdict_on(OURS, listing_of(age_s=OLD_S), ALONE), Absent)


def test_a_later_task_that_is_not_shown_keeps_the_doubt() -> None:
    fresh = known_task(LATER, OLD_S + 99)
    verdict = verdict_on(OURS, listing_of(age_s=OLD_S + 100), LedgerSnapshot(tasks=[fresh]))
    assert verdict == Unclear(
        reason=f"{NOT_LISTED}, but it shows no task that was submitted later", final=False
    )


def test_a_list_without_an_existing_task_proves_nothing() -> None:
    other = attempt_of(12, task_id="other", at=3)
    ledger = replace(KNOWING, tasks=[*KNOWING.tasks, known_task(other, 3)])
    verdict = verdict_on(OURS, listing_of(WITNESS, age_s=OLD_S), ledger)
    assert verdict == Unclear(reason=f"{NOT_LISTED}, but it lacks a task that exists", final=False)


def test_an_empty_list_without_an_earlier_task_proves_nothing() -> None:
    earlier = attempt_of(9, at=-60, task_id="earlier")
    verdict = verdict_on(
        OURS, listing_of(age_s=OLD_S), LedgerSnapshot(tasks=[known_task(earlier, -60)])
    )
    assert isinstance(verdict, Unclear)


@pytest.mark.parametrize(
    "other",
    [
        known_task(attempt_of(12, task_id="other", at=3), OLD_S - 1),
        known_task(attempt_of(9, task_id="other", at=-296), -296),
        known_task(attempt_of(12, task_id="other", at=3), 3, failed=True),
    ],
    ids=["made just now", "made before the time asked for", "failed"],
)
def test_a_task_that_need_not_show_may_be_left_out(other: KnownTask) -> None:
    ledger = replace(KNOWING, tasks=[*KNOWING.tasks, other])
    assert isinstance(verdict_on(OURS, listing_of(WITNESS, age_s=OLD_S), ledger), Absent)


def test_a_later_task_listed_as_created_before_is_no_witness() -> None:
    odd = replace(WITNESS, created_at=after(-6))
    assert isinstance(verdict_on(OURS, listing_of(odd), KNOWING), Unclear)


def test_a_later_task_listed_without_a_time_is_a_witness() -> None:
    odd = replace(WITNESS, created_at=None)
    assert isinstance(verdict_on(OURS, listing_of(odd), KNOWING), Absent)


def test_after_the_clock_went_back_a_number_is_no_witness() -> None:
    odd = replace(LATER, intent=replace(LATER.intent, at=stamp_after(-1)))
    ledger = LedgerSnapshot(owners={"later": odd}, tasks=[known_task(odd, -1)])
    assert isinstance(verdict_on(OURS, listing_of(WITNESS, age_s=OLD_S), ledger), Unclear)


@pytest.mark.parametrize(
    ("lost", "fields", "reason"),
    [
        (OURS, {"skew": None}, ", but the answers do not show the provider's time"),
        (
            replace(OURS, same_endpoint=False),
            {},
            ", but it was submitted to another address, or with another key",
        ),
        (
            OURS,
            {"asked_at": STARTED + timedelta(days=7)},
            ", but the list does not reach back so far",
        ),
        (
            OURS,
            {"error": "it cannot be read (404)", "hopeless": True},
            ": it cannot be read (404)",
        ),
    ],
)
def test_some_lists_never_prove_an_absence(
    lost: LostSubmission, fields: dict[str, Any], reason: str
) -> None:
    verdict = verdict_on(lost, listing_of(WITNESS, age_s=OLD_S, **fields), KNOWING)
    assert verdict == Unclear(reason=NOT_LISTED + reason)


def test_a_useless_list_may_still_come_to_show_the_task() -> None:
    verdict = verdict_on(OURS, listing_of(WITNESS, skew=None), KNOWING)
    assert isinstance(verdict, Unclear)
    assert not verdict.final


def test_a_list_that_could_not_be_read_is_not_final() -> None:
    verdict = verdict_on(OURS, listing_of(error="it cannot be read (http_500)"), KNOWING)
    assert verdict == Unclear(reason=f"{NOT_LISTED}: it cannot be read (http_500)", final=False)


@pytest.mark.parametrize(
    "odd",
    [
        row_of("later", at=2.5, prompt="improved"),
        row_of("later", at=2.5, prompt="another", tag="the gateway's own"),
    ],
)
def test_a_list_that_distorts_known_tasks_proves_nothing(
    odd: TaskRow,
) -> None:
    verdict = verdict_on(OURS, listing_of(odd, age_s=OLD_S), KNOWING)
    assert verdict == Unclear(reason=f"{NOT_LISTED}, but it shows known tasks with other requests")


def test_without_an_earlier_task_a_whole_day_is_asked_for() -> None:
    assert list_since(OURS, KNOWING.tasks) == after(-86_400)


@pytest.mark.parametrize(("at", "since"), [(-60, -360), (-3600, -3900), (-99_000, -86_400)])
def test_the_list_is_asked_from_the_last_known_task_on(at: float, since: float) -> None:
    earlier = known_task(attempt_of(9, at=at, task_id="earlier"), at)
    assert list_since(OURS, [earlier, *KNOWING.tasks]) == after(since)


def test_a_submission_in_the_future_is_not_absent() -> None:
    listing = replace(listing_of(age_s=OLD_S), asked_at=after(-3600))
    assert verdict_on(OURS, listing, ALONE) == Unclear(
        reason=f"{NOT_LISTED}, but the clock was set back", final=False
    )


EARLIER = attempt_of(9, tag="c" * 32, at=-60, task_id="earlier", prompt="another")
HAVING = LedgerSnapshot(owners={"earlier": EARLIER}, tasks=[known_task(EARLIER, -60)])


@pytest.mark.parametrize(
    ("off_s", "searched_s", "verdict"),
    [(0, 0, Absent), (7200, 0, Unclear), (-7200, OLD_S - 0.1, Unclear), (-7200, OLD_S, Absent)],
)
def test_once_the_clock_was_set_only_the_search_time_counts(
    off_s: float, searched_s: float, verdict: type
) -> None:
    shown = row_of("earlier", tag="c" * 32, at=-59.8 + off_s, prompt="another")
    listing = listing_of(shown, age_s=7200, searched_s=searched_s)
    assert isinstance(verdict_on(OURS, listing, HAVING), verdict)


def test_a_task_of_the_day_before_is_a_candidate() -> None:
    assert verdict_on(OURS, listing_of(row_of("1", tag=TAG, at=-80_000)), ALONE) == Adopted(
        task_id="1"
    )
    verdict = verdict_on(OURS, listing_of(row_of("1", at=-80_000), WITNESS), KNOWING)
    assert isinstance(verdict, Unclear)


# ----------------------------------------------------------------------------------- properties

TAGS = st.sampled_from([None, TAG, "mine", "b" * 32])
ROWS = st.lists(
    st.builds(
        row_of,
        st.sampled_from(["1", "2", "3", "later"]),
        tag=TAGS,
        at=st.sampled_from([None, -9999.0, -60.0, 1.0, 9.0]),
        prompt=st.sampled_from([None, "一只 小猫", "another"]),
        seed=st.sampled_from([None, 0, 7, 8]),
    ),
    max_size=5,
    unique_by=lambda row: row.status.task_id,
)
LOST = st.sampled_from([OURS, THEIRS, replace(OURS, same_endpoint=False)])
AGES = st.sampled_from([0.0, LIST_SETTLE_S, OLD_S - 0.1, OLD_S])
KNOWN = st.dictionaries(st.sampled_from(["1", "2", "3", "later"]), st.just(LATER), max_size=3)
MADE = st.lists(st.just(known_task(LATER, 2)), max_size=1)


def verdict_of(
    lost: LostSubmission, rows: Sequence[TaskRow], age_s: float, ledger: LedgerSnapshot
) -> Verdict:
    return verdict_on(lost, listing_of(*rows, age_s=age_s), ledger)


@given(LOST, ROWS, AGES, KNOWN, MADE, st.randoms())
def test_the_order_of_the_rows_changes_nothing(
    lost: LostSubmission,
    rows: list[TaskRow],
    age_s: float,
    known: dict[str, Attempt],
    tasks: list[KnownTask],
    random: Any,
) -> None:
    ledger = LedgerSnapshot(owners=known, tasks=tasks)
    shuffled = [*rows, *rows[:2]]
    random.shuffle(shuffled)
    assert verdict_of(lost, rows, age_s, ledger) == verdict_of(lost, shuffled, age_s, ledger)


@given(LOST, ROWS, AGES, KNOWN, MADE)
def test_a_known_task_is_never_adopted(
    lost: LostSubmission,
    rows: list[TaskRow],
    age_s: float,
    known: dict[str, Attempt],
    tasks: list[KnownTask],
) -> None:
    verdict = verdict_of(lost, rows, age_s, LedgerSnapshot(owners=known, tasks=tasks))
    assert not (isinstance(verdict, Adopted) and verdict.task_id in known)


@given(LOST, ROWS, AGES, KNOWN, MADE)
def test_an_absence_needs_a_later_task_or_ten_times_settle(
    lost: LostSubmission,
    rows: list[TaskRow],
    age_s: float,
    known: dict[str, Attempt],
    tasks: list[KnownTask],
) -> None:
    verdict = verdict_of(lost, rows, age_s, LedgerSnapshot(owners=known, tasks=tasks))
    if isinstance(verdict, Absent):
        witnessed = bool(tasks) and any(row.status.task_id == "later" for row in rows)
        assert lost.same_endpoint
        assert age_s >= (LIST_SETTLE_S if witnessed else OLD_S)
        assert witnessed or not tasks


@given(LOST, ROWS, AGES, KNOWN, MADE)
def test_an_incomplete_list_proves_no_absence(
    lost: LostSubmission,
    rows: list[TaskRow],
    age_s: float,
    known: dict[str, Attempt],
    tasks: list[KnownTask],
) -> None:
    listing = listing_of(*rows, age_s=age_s, error="cut")
    assert not isinstance(
        verdict_on(lost, listing, LedgerSnapshot(owners=known, tasks=tasks)), Absent
    )


@given(LOST, ROWS, AGES, KNOWN, MADE)
def test_a_submission_with_a_tagged_row_is_never_absent(
    lost: LostSubmission,
    rows: list[TaskRow],
    age_s: float,
    known: dict[str, Attempt],
    tasks: list[KnownTask],
) -> None:
    own = row_of("own", tag=lost.tag)
    verdict = verdict_of(lost, [*rows, own], age_s, LedgerSnapshot(owners=known, tasks=tasks))
    assert not isinstance(verdict, Absent)
