from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.errors import Diagnostic
from runner.model.jobs import Draft, Job
from runner.model.operations import Amount
from runner.model.outcomes import State
from runner.model.plans import Action, Changed, Evidence, PlanEntry
from runner.model.reasons import Reason, ReasonCode
from runner.model.requests import (
    DECLARED_LOST,
    ONLY_WATERMARKED,
    Billed,
    ErrorClass,
    JobError,
    Shortfall,
)
from runner.model.tasks import Attempt, AttemptState, Intent, StoredFile, TaskFacts
from runner.planning.plan import (
    MAX_FAILURES,
    PlanInputs,
    PlanOptions,
    make_plan,
    totals,
    undecided,
)
from tests.builders import changed

SIX = Amount(unit="credits", value=Decimal(6))
EIGHT = Amount(unit="credits", value=Decimal(8))
FILE = StoredFile(path="outputs/spring/a.png", sha256="aa", bytes=1, media_type="image/png")
OTHER = replace(FILE, path="outputs/spring/a~2.png", sha256="bb")


def job(name: str = "a", fingerprint: str = "f1") -> Job:
    draft = Draft(
        entry=0, id=name, operation="vidu/reference2image", parameters={}, base=Path("/m")
    )
    return Job(draft=draft, parameters={}, media={}, fingerprint=fingerprint)


def attempt(state: str, **changes: Any) -> Attempt:
    intent = Intent(
        manifest="spring.yaml",
        job="a",
        operation="vidu/reference2image",
        fingerprint="f1",
        request={},
        seed=None,
        provider="vidu",
        base_url="https://api.vidu.cn",
        key_env="VIDU_API_KEY",
        tag="00",
        estimate=EIGHT,
        at="2026-11-20T10:00:00Z",
    )
    plain = Attempt(number=1, run="dead", state=AttemptState(state), intent=intent)
    return changed(plain, **{"task_id": "911"} | changes)


def evidence(**changes: Any) -> Evidence:
    plain = Evidence(
        job="a",
        fingerprint="f1",
        state=State.SUCCEEDED,
        task=TaskFacts(id="911", credits=6, cost=SIX),
        estimated=EIGHT,
        files=(FILE,),
        attempts=1,
    )
    return changed(plain, **changes)


def known(
    *attempts: Attempt,
    rows: tuple[Evidence, ...] = (),
    there: tuple[StoredFile, ...] = (),
    pointers: tuple[StoredFile, ...] = (),
    price: Amount | None = SIX,
    changes: tuple[Changed, ...] = (),
) -> PlanInputs:
    return PlanInputs(
        attempts={each.intent.fingerprint: each for each in attempts},
        evidence={each.fingerprint: each for each in rows},
        alive=lambda run: run == "living",
        present=lambda file: file in there,
        pointer=lambda file: file in pointers,
        estimate=lambda _job: price,
        expected_s=lambda _job: 20.0,
        changes=lambda _job: changes,
    )


def only(what: PlanInputs, options: PlanOptions | None = None) -> PlanEntry:
    (entry,) = make_plan([job()], what, options or PlanOptions()).entries
    return entry


def failure(class_: str, billed: str = "no", code: str = "QuotaExceeded") -> JobError:
    return JobError(code=code, message="no", class_=ErrorClass(class_), billed=Billed(billed))


def test_a_row_of_the_job_for_another_request_is_the_reason() -> None:
    inputs = replace(known(), recorded={"a"})
    entry = only(inputs)
    assert (entry.action, entry.reason.code) == (Action.SUBMIT, ReasonCode.CHANGED)
    assert entry.reason.text == "changed: the results manifest has its result for another request"


@pytest.mark.parametrize("submit", [True, False])
def test_a_pointer_to_a_result_waits_for_git_lfs(submit: bool) -> None:
    made = attempt(AttemptState.SUCCEEDED, files=(FILE,))
    options = PlanOptions(submit=submit)
    entry = only(known(made, pointers=(FILE,)), options)
    assert (entry.action, entry.reason.code) == (Action.SKIP, ReasonCode.LFS_POINTER)
    assert only(known(made, there=(FILE,), pointers=(FILE,)), options).action is Action.REUSE


def test_an_unknown_request_is_new() -> None:
    entry = only(known())
    assert (entry.action, entry.reason.text) == (Action.SUBMIT, "new")
    assert (entry.attempt, entry.estimate, entry.expected_s) == (None, SIX, 20.0)


def test_a_changed_request_has_its_changes_as_reason() -> None:
    changes = (Changed(name="aspect_ratio", before="16:9", after="1:1"),)
    entry = only(known(changes=changes))
    assert (entry.action, entry.changes) == (Action.SUBMIT, changes)
    assert entry.reason.text == "changed: aspect_ratio 16:9 -> 1:1"


def test_a_known_request_is_not_compared() -> None:
    changes = (Changed(name="aspect_ratio", before="16:9", after="1:1"),)
    assert only(known(attempt("not_sent"), changes=changes)).changes == ()
    assert only(known(rows=(evidence(),), changes=changes)).changes == ()


def test_a_job_that_was_not_sent_is_submitted() -> None:
    entry = only(known(attempt("not_sent")))
    assert (entry.action, entry.reason.text) == (Action.SUBMIT, "was not sent before")


def test_a_task_under_way_is_attached() -> None:
    entry = only(known(attempt("submitted")))
    assert (entry.action, entry.reason.text) == (Action.ATTACH, "its task 911 is under way")
    assert entry.attempt == attempt("submitted")
    assert (entry.estimate, entry.expected_s) == (EIGHT, 20.0)


def test_a_result_with_its_files_is_reused() -> None:
    entry = only(known(attempt("succeeded", files=(FILE,)), there=(FILE,)))
    assert (entry.action, entry.reason.text) == (Action.REUSE, "done")


def test_a_result_without_all_its_files_is_fetched() -> None:
    entry = only(known(attempt("succeeded", files=(FILE, OTHER)), there=(FILE,)))
    assert entry.action is Action.FETCH
    assert entry.reason.text == "done, but 1 of 2 files missing or changed"


def test_a_result_that_was_never_fetched_is_fetched() -> None:
    entry = only(known(attempt("succeeded")))
    assert (entry.action, entry.reason.text) == (Action.FETCH, "done, but not fetched")


SHORTFALL = Shortfall(code=ONLY_WATERMARKED, message="only with its watermark")


def test_a_result_with_a_shortfall_is_reused_by_a_run() -> None:
    made = attempt("succeeded", files=(FILE,), error=SHORTFALL.error)
    assert only(known(made, there=(FILE,))).action is Action.REUSE


def test_a_result_with_a_shortfall_is_asked_for_by_fetch() -> None:
    made = attempt("succeeded", files=(FILE,), error=SHORTFALL.error)
    entry = only(known(made, there=(FILE,)), PlanOptions(submit=False, complete=True))
    assert (entry.action, entry.reason.text) == (Action.FETCH, "done, but only with its watermark")


def test_without_downloads_a_result_is_reused_as_it_is() -> None:
    entry = only(known(attempt("succeeded")), PlanOptions(download=False))
    assert (entry.action, entry.reason.text) == (Action.REUSE, "done; downloads are off")


def test_an_intent_of_a_dead_run_needs_a_decision() -> None:
    entry = only(known(attempt("intent")))
    assert (entry.action, entry.reason.text) == (
        Action.DECIDE,
        "an earlier run ended while submitting it",
    )


def test_an_intent_of_a_live_run_is_left_to_it() -> None:
    entry = only(known(attempt("intent", run="living")))
    assert (entry.action, entry.reason.text) == (Action.ATTACH, "another run is submitting it")


def test_an_ambiguous_submission_needs_a_decision() -> None:
    entry = only(known(attempt("ambiguous")))
    assert (entry.action, entry.estimate) == (Action.DECIDE, EIGHT)


def test_a_superseded_result_is_made_again_despite_evidence() -> None:
    before = attempt("succeeded", files=(FILE,), superseded_at="2026-11-20T10:00:00Z")
    entry = only(known(before, rows=(evidence(),), there=(FILE,)))
    assert (entry.action, entry.estimate) == (Action.SUBMIT, SIX)
    assert entry.reason.text == "forced: its earlier result was set aside"


@pytest.mark.parametrize("class_", ["auth", "quota", "transient", "provider"])
@pytest.mark.parametrize("state", ["refused", "failed"])
def test_a_retryable_failure_is_submitted_again(state: str, class_: str) -> None:
    entry = only(known(attempt(state, error=failure(class_), failures=MAX_FAILURES - 1)))
    assert (entry.action, entry.reason.text) == (Action.SUBMIT, f"{state} before: QuotaExceeded")


@pytest.mark.parametrize("class_", ["input", "policy"])
@pytest.mark.parametrize("state", ["refused", "failed"])
def test_a_permanent_failure_stays_failed(state: str, class_: str) -> None:
    before = attempt(state, error=failure(class_, code="FieldInvalid"))
    entry = only(known(before))
    assert (entry.action, entry.attempt) == (Action.SKIP, before)
    assert entry.reason.text == (
        f"{state} before: FieldInvalid; change the request or use --retry-failed"
    )


@pytest.mark.parametrize(
    ("billed", "words"), [("yes", "and was billed"), ("unknown", "and may have been billed")]
)
def test_a_possibly_billed_failure_is_not_retried_by_itself(billed: str, words: str) -> None:
    entry = only(known(attempt("failed", error=failure("provider", billed))))
    assert (entry.action, words in entry.reason.text) == (Action.SKIP, True)


def test_a_third_failure_is_not_retried() -> None:
    entry = only(known(attempt("failed", error=failure("provider"), failures=3)))
    assert entry.action is Action.SKIP
    assert entry.reason.text == "failed before: QuotaExceeded, 3 times; use --retry-failed"


def test_a_first_cancellation_is_retried_and_a_second_is_not() -> None:
    error = failure("transient", code="UserCancelled")
    entries = [only(known(attempt("failed", error=error, cancellations=n))) for n in (1, 2)]
    assert [entry.action for entry in entries] == [Action.SUBMIT, Action.SKIP]


def test_an_unknown_cause_is_retried_by_hand_only() -> None:
    before = attempt("failed", error=failure("provider", code="Unknown"))
    assert only(known(before)).action is Action.SKIP
    assert only(known(before), PlanOptions(retry_failed=True)).action is Action.SUBMIT


def test_an_old_record_is_judged_by_what_its_code_means_now() -> None:
    before = attempt("failed", error=failure("provider", code="AuditFailed"))
    assert only(known(before)).action is Action.SKIP


def test_a_code_of_no_documentation_is_judged_by_its_bill() -> None:
    free, billed = (failure("provider", billed, code="NewCode") for billed in ("no", "unknown"))
    assert only(known(attempt("failed", error=free))).action is Action.SUBMIT
    assert only(known(attempt("failed", error=billed))).action is Action.SKIP


def test_a_busy_account_may_refuse_any_number_of_times() -> None:
    entry = only(known(attempt("refused", error=failure("quota"), ordinal=9)))
    assert entry.action is Action.SUBMIT


def test_a_failure_without_a_reason_stays_failed() -> None:
    entry = only(known(attempt("failed")))
    assert entry.action is Action.SKIP
    assert entry.reason.text.startswith("failed before: unknown;")


@pytest.mark.parametrize("billed", ["yes", "no"])
def test_retry_failed_tries_every_failure_again(billed: str) -> None:
    before = attempt("failed", error=failure("policy", billed), failures=7)
    entry = only(known(before), PlanOptions(retry_failed=True))
    assert (entry.action, entry.reason.text) == (Action.SUBMIT, "failed before: QuotaExceeded")


def test_an_unselected_job_is_skipped_with_its_attempt() -> None:
    before = attempt("succeeded", files=(FILE,))
    entry = only(known(before), PlanOptions(selected={"b"}))
    assert (entry.action, entry.reason.text, entry.attempt) == (Action.SKIP, "not selected", before)


def test_the_same_request_twice_is_made_once() -> None:
    first, second = make_plan([job("a"), job("b")], known(), PlanOptions()).entries
    assert first.action is Action.SUBMIT
    assert (second.action, second.share, second.estimate) == (Action.SHARE, "a", None)
    assert second.reason.text == 'the same request as job "a"'


def test_the_first_selected_job_makes_what_others_share() -> None:
    entries = make_plan(
        [job("a"), job("b"), job("c")], known(), PlanOptions(selected={"b", "c"})
    ).entries
    assert [(entry.action, entry.share) for entry in entries] == [
        (Action.SKIP, None),
        (Action.SUBMIT, None),
        (Action.SHARE, "b"),
    ]


def test_evidence_whose_files_are_there_is_reused() -> None:
    entry = only(known(rows=(evidence(),), there=(FILE,)))
    assert (entry.action, entry.attempt, entry.evidence) == (Action.REUSE, None, evidence())
    assert entry.estimate == EIGHT
    assert entry.reason.text == "done, according to the results manifest"


def test_evidence_without_its_files_is_fetched() -> None:
    assert only(known(rows=(evidence(),))).action is Action.FETCH


def test_a_task_in_the_results_manifest_only_is_attached() -> None:
    entry = only(known(rows=(evidence(state=State.PENDING, files=()),)))
    assert (entry.action, entry.reason.text) == (
        Action.ATTACH,
        "the results manifest has its task 911",
    )


def test_the_ledger_takes_precedence_over_evidence() -> None:
    entry = only(known(attempt("not_sent"), rows=(evidence(),), there=(FILE,)))
    assert (entry.action, entry.evidence) == (Action.SUBMIT, None)


def test_totals_count_unknown_prices_separately() -> None:
    priced = make_plan([job("a", "f1"), job("b", "f2")], known(attempt("ambiguous")), PlanOptions())
    unpriced = make_plan([job("c", "f3")], known(price=None), PlanOptions())
    plan = replace(priced, entries=[*priced.entries, *unpriced.entries])
    found = totals(plan)
    assert found.actions[Action.SUBMIT] == 2
    assert found.actions[Action.REUSE] == 0
    assert (found.cost, found.unpriced) == ({"credits": Decimal(6)}, 1)
    assert found.at_risk == {"credits": Decimal(8)}


STATES = st.sampled_from([None, *AttemptState])


@given(
    state=STATES,
    run=st.sampled_from(["living", "dead"]),
    error=st.builds(failure, st.sampled_from([*ErrorClass]), st.sampled_from([*Billed])),
    failures=st.integers(0, 5),
    superseded=st.sampled_from([None, "2026-11-20T10:00:00Z"]),
    row=st.sampled_from([(), (evidence(),)]),
    retry=st.booleans(),
    ids=st.lists(st.sampled_from("abc"), min_size=1, max_size=3, unique=True),
)
def test_a_request_is_submitted_once_unless_it_may_be_paid_for(
    *,
    state: AttemptState | None,
    run: str,
    error: JobError,
    failures: int,
    superseded: str | None,
    row: tuple[Evidence, ...],
    retry: bool,
    ids: list[str],
) -> None:
    attempts = (
        [attempt(state, run=run, error=error, failures=failures, superseded_at=superseded)]
        if state
        else []
    )
    plan = make_plan(
        [job(each) for each in ids], known(*attempts, rows=row), PlanOptions(retry_failed=retry)
    )
    submits = [entry for entry in plan.entries if entry.action is Action.SUBMIT]
    assert len(submits) <= 1
    if submits and not superseded:
        dead = {None, AttemptState.NOT_SENT, AttemptState.REFUSED, AttemptState.FAILED}
        assert state in dead
        assert state is not None or not row
    assert [entry.job.id for entry in plan.entries] == ids
    assert all(entry.reason.text for entry in plan.entries)


def test_a_forced_job_with_a_result_is_made_again() -> None:
    forced = PlanOptions(forced={"a"})
    for what in (
        known(attempt("succeeded", files=(FILE,)), there=(FILE,)),
        known(rows=(evidence(),), there=(FILE,), price=EIGHT),
    ):
        entry = only(what, forced)
        assert entry.action is Action.SUBMIT
        assert entry.reason.text == "forced: made again, and paid for again"
        assert entry.attempt or entry.evidence


@pytest.mark.parametrize(
    ("state", "action"), [("submitted", Action.ATTACH), ("ambiguous", Action.DECIDE)]
)
def test_a_forced_job_without_a_result_is_planned_as_usual(state: str, action: Action) -> None:
    assert only(known(attempt(state)), PlanOptions(forced={"a"})).action is action


def test_a_forced_job_with_a_permanent_failure_is_retried() -> None:
    failed = attempt("failed", error=failure("policy"), failures=1)
    assert only(known(failed), PlanOptions(forced={"a"})).action is Action.SUBMIT


def test_a_plan_without_submissions_leaves_failures_as_they_are() -> None:
    failed = attempt("failed", error=failure("transient"), failures=1)
    entry = only(known(failed), PlanOptions(submit=False))
    assert (entry.action, entry.reason.text) == (Action.SKIP, "failed before: QuotaExceeded")
    assert entry.attempt == failed


def test_a_submission_declared_lost_is_submitted_again() -> None:
    given_up = replace(failure("transient", "unknown", DECLARED_LOST), message="declared lost")
    entry = only(known(attempt("not_sent", error=given_up)))
    assert (entry.action, entry.reason.text) == (Action.SUBMIT, "declared lost")


def test_an_ambiguous_row_needs_a_decision() -> None:
    row = evidence(state=State.AMBIGUOUS, task_id=None, files=())
    entry = only(known(rows=(row,)))
    assert entry.action is Action.DECIDE
    assert "according to the results manifest" in entry.reason.text


def test_a_replacement_has_the_rejected_take_as_reason() -> None:
    inputs = replace(known(), replaced={"a": "b"})
    entry = only(inputs)
    assert (entry.action, entry.reason) == (
        Action.SUBMIT,
        Reason(ReasonCode.NEW, "new: b was rejected"),
    )
    assert only(replace(known(attempt("not_sent")), replaced={"a": "b"})).reason.text == (
        "was not sent before"
    )


WHICH = Diagnostic(message="no take is picked")


def undecided_in(inputs: PlanInputs, options: PlanOptions | None = None) -> list[Diagnostic]:
    open_ = replace(job(), undecided=WHICH)
    return undecided(make_plan([open_], inputs, options or PlanOptions()))


def test_a_job_that_is_not_decided_must_not_be_submitted() -> None:
    assert undecided_in(known()) == [WHICH]
    assert undecided_in(known(attempt("ambiguous"))) == [WHICH]


def test_what_is_paid_for_is_kept_though_it_is_not_decided() -> None:
    made = known(attempt("succeeded", files=(FILE,)), there=(FILE,))
    assert undecided_in(made) == [replace(WHICH, warning=True)]


def test_a_job_that_is_not_selected_may_be_undecided() -> None:
    assert undecided_in(known(), PlanOptions(selected=())) == []


def test_what_is_to_be_decided_is_the_reason() -> None:
    open_ = replace(job(), undecided=WHICH)
    (entry,) = make_plan([open_], known(), PlanOptions(submit=False)).entries
    assert entry.reason == Reason(ReasonCode.UNDECIDED, "no take is picked")
