from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.engine.reconcile.absence import PATIENCE, asked_since, verdict_on
from runner.engine.reconcile.match import (
    Absent,
    Adopted,
    LedgerSnapshot,
    LostSubmission,
    TaskListing,
    Unclear,
    Verdict,
)
from runner.ledger import KnownTask
from runner.model import Attempt, AttemptState, Intent, TaskState, TaskStatus
from runner.operations import load_operations
from runner.providers.base import TaskRow

OPERATION = load_operations()["vidu/reference2image"]
BEGUN = datetime(2026, 11, 20, 10, tzinfo=UTC)
SETTLE_S = 5.0
TAG = "a" * 32
LIST = "the provider's list does not show its task"


def after(seconds: float) -> datetime:
    return BEGUN + timedelta(seconds=seconds)


def stamp(seconds: float) -> str:
    return after(seconds).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def an_attempt(
    number: int = 10, *, tag: str = TAG, at: float = 0, task_id: str | None = None, **request: Any
) -> Attempt:
    asked = {"model": "viduq2", "prompt": "一只 小猫", "payload": tag} | request
    return Attempt(
        number=number,
        run="dead",
        state=AttemptState.SUBMITTED if task_id else AttemptState.AMBIGUOUS,
        task_id=task_id,
        intent=Intent(
            manifest="spring.yaml",
            job=f"job-{number}",
            operation=OPERATION.name,
            fingerprint=f"f{number}",
            request=asked,
            seed=7,
            provider="vidu",
            base_url="https://api.vidu.cn",
            key_env="VIDU_API_KEY",
            tag=tag,
            estimate=None,
            at=stamp(at),
        ),
    )


LIKE: dict[str, Any] = {"model": "viduq2", "prompt": "一只 小猫", "images": 0}


def a_row(task_id: str, *, tag: str | None = None, at: float | None = 1, **told: Any) -> TaskRow:
    status = {name: told.pop(name) for name in ("seed", "credits") & told.keys()}
    return TaskRow(
        status=TaskStatus(task_id=task_id, state=TaskState.RUNNING, tag=tag, **status),
        created_at=None if at is None else after(at),
        **LIKE | told,
    )


def made(attempt: Attempt, at: float, *, failed: bool = False) -> KnownTask:
    assert attempt.task_id
    return KnownTask(
        number=attempt.number,
        task_id=attempt.task_id,
        failed=failed,
        intended_at=attempt.intent.at,
        submitted_at=stamp(at + 0.5),
    )


LATER = an_attempt(11, tag="b" * 32, at=2, task_id="later", prompt="another")
WITNESS = a_row("later", tag="b" * 32, at=2.5, prompt="another")
KNOWING = LedgerSnapshot(known={"later": LATER}, made=[made(LATER, 2)])

OURS = LostSubmission(attempt=an_attempt(), operation=OPERATION, settle_s=SETTLE_S)
THEIRS = LostSubmission(attempt=an_attempt(payload="mine"), operation=OPERATION, settle_s=SETTLE_S)
"""The user's own payload went with it."""


def a_sheet(*rows: TaskRow, age_s: float = SETTLE_S, **fields: Any) -> TaskListing:
    given: dict[str, Any] = {
        "taken": after(age_s),
        "since": after(-300),
        "skew": timedelta(),
    } | fields
    return TaskListing(rows=rows, age_s=age_s, **given)


def asked(task_id: str, tag: str | None) -> Mapping[str, TaskStatus]:
    return {task_id: TaskStatus(task_id=task_id, state=TaskState.RUNNING, tag=tag, credits=8)}


ALONE = LedgerSnapshot()
OLD_S = PATIENCE * SETTLE_S


# ---------------------------------------------------------------------------------- by its tag


def test_the_row_with_the_tag_is_the_task_with_what_it_tells() -> None:
    row = a_row("1", tag=TAG, seed=7, credits=6)
    assert verdict_on(OURS, a_sheet(row), ALONE) == Adopted(task_id="1", seed=7, credits=6)


def test_the_tag_counts_whatever_else_a_row_says() -> None:
    row = a_row("1", tag=TAG, at=-9999, prompt="other", model="other", images=4)
    assert verdict_on(OURS, a_sheet(row, trouble="page 2 is cut"), ALONE) == Adopted(task_id="1")


def test_a_row_of_the_same_request_with_another_tag_is_none_of_ours() -> None:
    listing = a_sheet(a_row("1", tag="c" * 32), WITNESS)
    assert isinstance(verdict_on(OURS, listing, KNOWING), Absent)


def test_a_tag_that_two_tasks_bear_is_for_the_user_to_judge() -> None:
    listing = a_sheet(a_row("2", tag=TAG), a_row("1", tag=TAG))
    assert verdict_on(OURS, listing, ALONE) == Unclear(
        reason="2 tasks bear its tag", candidates=("1", "2")
    )


def test_a_task_that_is_on_record_for_another_job_is_not_adopted_even_by_tag() -> None:
    ledger = LedgerSnapshot(known={"1": an_attempt(9, task_id="1")})
    verdict = verdict_on(OURS, a_sheet(a_row("1", tag=TAG)), ledger)
    assert verdict == Unclear(
        reason='its task 1 is on record as that of job "job-9"', candidates=("1",)
    )


# ------------------------------------------------------------------- rows that tell of no tag


def test_a_row_without_a_tag_is_adopted_when_the_task_itself_tells_it() -> None:
    listing = a_sheet(a_row("1"), asked=asked("1", TAG))
    assert verdict_on(OURS, listing, ALONE) == Adopted(task_id="1", credits=8)


def test_a_row_whose_task_tells_another_tag_is_none_of_ours() -> None:
    listing = a_sheet(a_row("1"), WITNESS, asked=asked("1", "c" * 32))
    assert isinstance(verdict_on(OURS, listing, KNOWING), Absent)


@pytest.mark.parametrize("told", [{}, asked("1", None)])
def test_a_like_row_that_nothing_confirms_is_neither_adopted_nor_overlooked(
    told: Mapping[str, TaskStatus],
) -> None:
    verdict = verdict_on(OURS, a_sheet(a_row("1"), WITNESS, asked=told), KNOWING)
    assert verdict == Unclear(
        reason="a task was made like it, and the provider does not tell from which submission",
        candidates=("1",),
        final=False,
    )


@pytest.mark.parametrize(
    "row",
    [
        a_row("1", prompt="another"),
        a_row("1", model="viduq1"),
        a_row("1", images=2),
        a_row("1", seed=8),
        a_row("1", at=-86_401),
    ],
)
def test_an_unlike_row_without_a_tag_is_none_of_ours(row: TaskRow) -> None:
    assert isinstance(verdict_on(OURS, a_sheet(row, WITNESS), KNOWING), Absent)


@pytest.mark.parametrize(
    "row",
    [
        a_row("1", prompt=None),
        a_row("1", model=None),
        a_row("1", images=None),
        a_row("1", seed=0),
        a_row("1", at=None),
        a_row("1", at=-299),
        a_row("1", prompt=" 一只\n小猫 "),
    ],
)
def test_what_a_row_does_not_tell_speaks_against_nothing(row: TaskRow) -> None:
    verdict = verdict_on(OURS, a_sheet(row, WITNESS), KNOWING)
    assert isinstance(verdict, Unclear)
    assert verdict.candidates == ("1",)


def test_the_providers_clock_is_reckoned_with() -> None:
    behind = timedelta(hours=-1)
    row = a_row("1", at=-3600)
    verdict = verdict_on(OURS, a_sheet(row, WITNESS, skew=behind), KNOWING)
    assert isinstance(verdict, Unclear)
    assert verdict.candidates == ("1",)


# ------------------------------------------------------------------- under the user's own text


def test_the_only_task_like_it_is_adopted_under_the_users_own_payload() -> None:
    listing = a_sheet(a_row("1", tag="mine", images=0))
    assert verdict_on(THEIRS, listing, ALONE) == Adopted(task_id="1")


def test_a_task_with_another_payload_is_none_of_ours() -> None:
    listing = a_sheet(a_row("1", tag="another's"), WITNESS)
    assert isinstance(verdict_on(THEIRS, listing, KNOWING), Absent)


def test_two_takes_under_one_payload_cannot_be_told_apart() -> None:
    listing = a_sheet(a_row("2", tag="mine"), a_row("1", tag="mine"))
    assert verdict_on(THEIRS, listing, ALONE) == Unclear(
        reason="2 tasks were made like it, and nothing tells them apart", candidates=("1", "2")
    )


def test_a_task_that_another_open_submission_can_claim_is_not_adopted() -> None:
    rival = an_attempt(12, tag="d" * 32, payload="mine")
    ledger = LedgerSnapshot(undecided=[rival])
    verdict = verdict_on(THEIRS, a_sheet(a_row("1", tag="mine")), ledger)
    assert verdict == Unclear(
        reason='a task was made like it that can as well be that of "job-12"',
        candidates=("1",),
        final=False,
    )


@pytest.mark.parametrize(
    "rival",
    [
        an_attempt(12, payload="mine", prompt="another"),
        an_attempt(12, payload="another"),
        an_attempt(12, payload="mine", at=60),
        an_attempt(10, payload="mine"),
    ],
    ids=["another prompt", "another payload", "begun later", "itself"],
)
def test_an_open_submission_that_cannot_claim_the_task_is_no_rival(rival: Attempt) -> None:
    verdict = verdict_on(THEIRS, a_sheet(a_row("1", tag="mine")), LedgerSnapshot(undecided=[rival]))
    assert verdict == Adopted(task_id="1")


def test_a_known_take_leaves_the_other_to_be_adopted() -> None:
    first = an_attempt(9, payload="mine", task_id="1")
    listing = a_sheet(a_row("1", tag="mine"), a_row("2", tag="mine"))
    assert verdict_on(THEIRS, listing, LedgerSnapshot(known={"1": first})) == Adopted(task_id="2")


@pytest.mark.parametrize(
    "row",
    [
        a_row("1", at=None),
        a_row("1", at=-6),
        a_row("1", at=606),
        a_row("1", prompt=None),
        a_row("1", model=None),
    ],
)
def test_a_task_of_which_too_little_is_told_is_not_adopted_by_its_looks(row: TaskRow) -> None:
    verdict = verdict_on(THEIRS, a_sheet(row), ALONE)
    assert isinstance(verdict, Unclear)
    assert verdict.candidates == ("1",)


def test_a_like_task_is_not_adopted_before_others_had_the_time_to_show() -> None:
    early = verdict_on(THEIRS, a_sheet(a_row("1"), age_s=SETTLE_S - 0.1), ALONE)
    cut = verdict_on(THEIRS, a_sheet(a_row("1"), trouble="cut"), ALONE)
    for verdict in (early, cut):
        assert isinstance(verdict, Unclear)
        assert not verdict.final


def test_a_like_task_at_another_address_is_not_adopted_by_its_looks() -> None:
    verdict = verdict_on(replace(THEIRS, here=False), a_sheet(a_row("1")), ALONE)
    assert isinstance(verdict, Unclear)
    assert verdict.candidates == ("1",)


def test_an_empty_payload_of_the_user_is_none() -> None:
    lost = replace(THEIRS, attempt=an_attempt(payload=""))
    assert verdict_on(lost, a_sheet(a_row("1")), ALONE) == Adopted(task_id="1")


def test_an_operation_without_a_place_for_a_tag_goes_by_looks() -> None:
    lost = replace(OURS, operation=replace(OPERATION, tag=None))
    assert verdict_on(lost, a_sheet(a_row("1")), ALONE) == Adopted(task_id="1")


# -------------------------------------------------------------------------------------- absence


def test_a_list_that_shows_a_later_task_and_not_this_one_proves_its_absence() -> None:
    assert isinstance(verdict_on(OURS, a_sheet(WITNESS), KNOWING), Absent)


def test_nothing_is_absent_before_the_list_had_the_time_to_settle() -> None:
    verdict = verdict_on(OURS, a_sheet(WITNESS, age_s=SETTLE_S - 0.1), KNOWING)
    assert verdict == Unclear(reason=f"{LIST}, but it was submitted just now", final=False)


def test_an_earlier_task_proves_nothing() -> None:
    earlier = an_attempt(9, tag="b" * 32, at=-2, task_id="earlier")
    ledger = LedgerSnapshot(known={"earlier": earlier}, made=[made(earlier, -2)])
    verdict = verdict_on(OURS, a_sheet(a_row("earlier", tag="b" * 32, at=-2)), ledger)
    assert verdict == Unclear(
        reason=f"{LIST}, but it may lag, and nothing was submitted later that it could show",
        final=False,
    )


def test_ten_times_settle_takes_the_place_of_a_later_task_where_there_is_none() -> None:
    early = verdict_on(OURS, a_sheet(age_s=OLD_S - 0.1), ALONE)
    assert isinstance(early, Unclear)
    assert not early.final
    assert isinstance(verdict_on(OURS, a_sheet(age_s=OLD_S), ALONE), Absent)


def test_a_later_task_that_is_not_shown_keeps_the_doubt_up_however_long() -> None:
    fresh = made(LATER, OLD_S + 99)
    verdict = verdict_on(OURS, a_sheet(age_s=OLD_S + 100), LedgerSnapshot(made=[fresh]))
    assert verdict == Unclear(
        reason=f"{LIST}, but it shows no task that was submitted later", final=False
    )


def test_a_list_that_leaves_out_what_exists_proves_nothing() -> None:
    other = an_attempt(12, task_id="other", at=3)
    ledger = replace(KNOWING, made=[*KNOWING.made, made(other, 3)])
    verdict = verdict_on(OURS, a_sheet(WITNESS, age_s=OLD_S), ledger)
    assert verdict == Unclear(
        reason=f"{LIST}, but it does not show task other either, which exists", final=False
    )


def test_an_empty_list_proves_nothing_where_an_earlier_task_should_show() -> None:
    earlier = an_attempt(9, at=-60, task_id="earlier")
    verdict = verdict_on(OURS, a_sheet(age_s=OLD_S), LedgerSnapshot(made=[made(earlier, -60)]))
    assert isinstance(verdict, Unclear)


@pytest.mark.parametrize(
    "other",
    [
        made(an_attempt(12, task_id="other", at=3), OLD_S - 1),
        made(an_attempt(9, task_id="other", at=-296), -296),
        made(an_attempt(12, task_id="other", at=3), 3, failed=True),
    ],
    ids=["made just now", "made before the time asked for", "failed"],
)
def test_a_task_that_need_not_show_may_be_left_out(other: KnownTask) -> None:
    ledger = replace(KNOWING, made=[*KNOWING.made, other])
    assert isinstance(verdict_on(OURS, a_sheet(WITNESS, age_s=OLD_S), ledger), Absent)


def test_a_later_task_that_is_shown_as_made_before_is_no_witness() -> None:
    odd = replace(WITNESS, created_at=after(-6))
    assert isinstance(verdict_on(OURS, a_sheet(odd), KNOWING), Unclear)


def test_a_later_task_whose_time_the_list_does_not_tell_is_a_witness() -> None:
    odd = replace(WITNESS, created_at=None)
    assert isinstance(verdict_on(OURS, a_sheet(odd), KNOWING), Absent)


def test_a_task_with_a_greater_number_from_before_the_clock_went_back_is_no_witness() -> None:
    odd = replace(LATER, intent=replace(LATER.intent, at=stamp(-1)))
    ledger = LedgerSnapshot(known={"later": odd}, made=[made(odd, -1)])
    assert isinstance(verdict_on(OURS, a_sheet(WITNESS, age_s=OLD_S), ledger), Unclear)


@pytest.mark.parametrize(
    ("lost", "fields", "reason"),
    [
        (OURS, {"skew": None}, ", but the answers do not tell the provider's time"),
        (
            replace(OURS, here=False),
            {},
            ", but it was submitted to https://api.vidu.cn with the key in VIDU_API_KEY",
        ),
        (
            OURS,
            {"taken": BEGUN + timedelta(days=7)},
            ", but it was submitted longer ago than the list reaches back",
        ),
        (
            OURS,
            {"trouble": "there is none at this address (404)", "hopeless": True},
            ": there is none at this address (404)",
        ),
    ],
)
def test_some_lists_never_prove_an_absence(
    lost: LostSubmission, fields: dict[str, Any], reason: str
) -> None:
    verdict = verdict_on(lost, a_sheet(WITNESS, age_s=OLD_S, **fields), KNOWING)
    assert verdict == Unclear(reason=LIST + reason)


def test_a_list_that_proves_no_absence_may_still_come_to_show_the_task() -> None:
    verdict = verdict_on(OURS, a_sheet(WITNESS, skew=None), KNOWING)
    assert isinstance(verdict, Unclear)
    assert not verdict.final


def test_a_list_that_could_not_be_read_now_may_be_later() -> None:
    verdict = verdict_on(OURS, a_sheet(trouble="it cannot be read (http_500)"), KNOWING)
    assert verdict == Unclear(reason=f"{LIST}: it cannot be read (http_500)", final=False)


@pytest.mark.parametrize(
    "odd",
    [
        a_row("later", at=2.5, prompt="improved"),
        a_row("later", at=2.5, prompt="another", tag="the gateway's own"),
    ],
)
def test_a_list_that_tells_of_known_tasks_other_than_was_submitted_proves_nothing(
    odd: TaskRow,
) -> None:
    verdict = verdict_on(OURS, a_sheet(odd, age_s=OLD_S), KNOWING)
    assert verdict == Unclear(
        reason=f"{LIST}, but the list tells of known tasks other than was submitted"
    )


def test_without_a_known_task_before_the_list_is_asked_for_a_whole_day() -> None:
    assert asked_since(OURS, KNOWING.made) == after(-86_400)


@pytest.mark.parametrize(("at", "since"), [(-60, -360), (-3600, -3900), (-99_000, -86_400)])
def test_the_list_is_asked_for_so_that_it_shows_the_last_known_task(
    at: float, since: float
) -> None:
    earlier = made(an_attempt(9, at=at, task_id="earlier"), at)
    assert asked_since(OURS, [earlier, *KNOWING.made]) == after(since)


def test_nothing_is_absent_while_its_submission_is_yet_to_come_by_the_clock() -> None:
    listing = replace(a_sheet(age_s=OLD_S), taken=after(-3600))
    assert verdict_on(OURS, listing, ALONE) == Unclear(
        reason=f"{LIST}, but the clock was set back since it was submitted", final=False
    )


EARLIER = an_attempt(9, tag="c" * 32, at=-60, task_id="earlier", prompt="another")
HAVING = LedgerSnapshot(known={"earlier": EARLIER}, made=[made(EARLIER, -60)])


@pytest.mark.parametrize(
    ("off_s", "watched_s", "verdict"),
    [(0, 0, Absent), (7200, 0, Unclear), (-7200, OLD_S - 0.1, Unclear), (-7200, OLD_S, Absent)],
)
def test_where_the_clock_was_set_only_the_time_of_the_search_counts(
    off_s: float, watched_s: float, verdict: type
) -> None:
    shown = a_row("earlier", tag="c" * 32, at=-59.8 + off_s, prompt="another")
    listing = a_sheet(shown, age_s=7200, watched_s=watched_s)
    assert isinstance(verdict_on(OURS, listing, HAVING), verdict)


def test_a_task_of_a_day_before_by_the_clock_is_no_stranger() -> None:
    assert verdict_on(OURS, a_sheet(a_row("1", tag=TAG, at=-80_000)), ALONE) == Adopted(task_id="1")
    verdict = verdict_on(OURS, a_sheet(a_row("1", at=-80_000), WITNESS), KNOWING)
    assert isinstance(verdict, Unclear)


# ----------------------------------------------------------------------------------- properties

TAGS = st.sampled_from([None, TAG, "mine", "b" * 32])
ROWS = st.lists(
    st.builds(
        a_row,
        st.sampled_from(["1", "2", "3", "later"]),
        tag=TAGS,
        at=st.sampled_from([None, -9999.0, -60.0, 1.0, 9.0]),
        prompt=st.sampled_from([None, "一只 小猫", "another"]),
        seed=st.sampled_from([None, 0, 7, 8]),
    ),
    max_size=5,
    unique_by=lambda row: row.status.task_id,
)
QUESTS = st.sampled_from([OURS, THEIRS, replace(OURS, here=False)])
AGES = st.sampled_from([0.0, SETTLE_S, OLD_S - 0.1, OLD_S])
KNOWN = st.dictionaries(st.sampled_from(["1", "2", "3", "later"]), st.just(LATER), max_size=3)
MADE = st.lists(st.just(made(LATER, 2)), max_size=1)


def verdict_of(
    lost: LostSubmission, rows: Sequence[TaskRow], age_s: float, ledger: LedgerSnapshot
) -> Verdict:
    return verdict_on(lost, a_sheet(*rows, age_s=age_s), ledger)


@given(QUESTS, ROWS, AGES, KNOWN, MADE, st.randoms())
def test_the_order_of_the_rows_and_overlapping_pages_change_nothing(
    lost: LostSubmission,
    rows: list[TaskRow],
    age_s: float,
    known: dict[str, Attempt],
    tasks: list[KnownTask],
    random: Any,
) -> None:
    ledger = LedgerSnapshot(known=known, made=tasks)
    shuffled = [*rows, *rows[:2]]
    random.shuffle(shuffled)
    assert verdict_of(lost, rows, age_s, ledger) == verdict_of(lost, shuffled, age_s, ledger)


@given(QUESTS, ROWS, AGES, KNOWN, MADE)
def test_a_known_task_is_never_adopted(
    lost: LostSubmission,
    rows: list[TaskRow],
    age_s: float,
    known: dict[str, Attempt],
    tasks: list[KnownTask],
) -> None:
    verdict = verdict_of(lost, rows, age_s, LedgerSnapshot(known=known, made=tasks))
    assert not (isinstance(verdict, Adopted) and verdict.task_id in known)


@given(QUESTS, ROWS, AGES, KNOWN, MADE)
def test_nothing_is_absent_without_a_later_task_shown_before_ten_times_settle(
    lost: LostSubmission,
    rows: list[TaskRow],
    age_s: float,
    known: dict[str, Attempt],
    tasks: list[KnownTask],
) -> None:
    verdict = verdict_of(lost, rows, age_s, LedgerSnapshot(known=known, made=tasks))
    if isinstance(verdict, Absent):
        witnessed = bool(tasks) and any(row.status.task_id == "later" for row in rows)
        assert lost.here
        assert age_s >= (SETTLE_S if witnessed else OLD_S)
        assert witnessed or not tasks


@given(QUESTS, ROWS, AGES, KNOWN, MADE)
def test_a_list_that_was_not_read_to_its_end_proves_no_absence(
    lost: LostSubmission,
    rows: list[TaskRow],
    age_s: float,
    known: dict[str, Attempt],
    tasks: list[KnownTask],
) -> None:
    listing = a_sheet(*rows, age_s=age_s, trouble="cut")
    assert not isinstance(
        verdict_on(lost, listing, LedgerSnapshot(known=known, made=tasks)), Absent
    )


@given(QUESTS, ROWS, AGES, KNOWN, MADE)
def test_no_task_with_the_submissions_own_tag_is_ever_called_absent(
    lost: LostSubmission,
    rows: list[TaskRow],
    age_s: float,
    known: dict[str, Attempt],
    tasks: list[KnownTask],
) -> None:
    own = a_row("own", tag=lost.sent)
    verdict = verdict_of(lost, [*rows, own], age_s, LedgerSnapshot(known=known, made=tasks))
    assert not isinstance(verdict, Absent)
