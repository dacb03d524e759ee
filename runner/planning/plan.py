"""Plan: decides what a run will do for each job, and why.

Pure functions: the same jobs, ledger and earlier results make the same plan.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from runner.errors import Diagnostic
from runner.lfs import LFS_HINT
from runner.model.jobs import Job
from runner.model.operations import OFF_PEAK, Amount, Operation, Unit, add_up
from runner.model.outcomes import State
from runner.model.plans import Action, Changed, Evidence, Plan, PlanEntry
from runner.model.reasons import Reason, ReasonCode
from runner.model.requests import CANCELLED, DECLARED_LOST, Billed, ErrorClass, JobError
from runner.model.tasks import URL_NAMES, Attempt, AttemptState, StoredFile, UrlName, kept_in
from runner.planning.changes import describe
from runner.planning.lengths import with_chained_prices
from runner.planning.lost import FindUnusable, without_lost
from runner.planning.off_peak import refusal, with_off_peak
from runner.providers.registry import code_info

MAX_FAILURES = 3
"""A request whose tasks failed this often is submitted again only with `--retry-failed`."""

MAX_CANCELLATIONS = 1
"""How often a request is submitted again by itself after its task was cancelled."""

# Classes of errors that may not occur again with the same request.
_RETRYABLE = frozenset(
    {ErrorClass.AUTH, ErrorClass.QUOTA, ErrorClass.TRANSIENT, ErrorClass.PROVIDER}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanInputs:
    """What a plan is made from, in addition to the jobs."""

    attempts: Mapping[str, Attempt]
    """Fingerprint to the latest attempt in the ledger."""
    evidence: Mapping[str, Evidence]
    """Fingerprint to its row in an earlier results manifest."""
    alive: Callable[[str], bool]
    """Whether the run with this id is still alive."""
    present: Callable[[StoredFile], bool]
    """Whether this file exists, with its digest."""
    estimate: Callable[[Job], Amount | None]
    expected_s: Callable[[Job], float | None]
    limit_s: Callable[[Job], float | None] = lambda _job: None
    """How long a job's task may take, where that is not as usual."""
    changes: Callable[[Job], Sequence[Changed]] = lambda _job: ()
    """What a job with a new request asks for differently than the last time."""
    recorded: Collection[str] = ()
    """Ids with a row in an earlier results manifest that proves another request only."""
    replaced: Mapping[str, str] = field(default_factory=dict)
    """Id of each take that stands in for a rejected one, to the id of that one."""
    pointer: Callable[[StoredFile], bool] = lambda _file: False
    """Whether a Git LFS pointer to this file is in its place."""
    operations: Mapping[str, Operation] = field(default_factory=dict)
    """By name; needed for `PlanOptions.off_peak`, and for prices by the length of results."""
    find_unusable: FindUnusable = lambda _job, _made: None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOptions:
    """What the user wants this run to do."""

    selected: Collection[str] | None = None
    """Ids of the selected jobs; None for all."""
    retry_failed: bool = False
    forced: Collection[str] = ()
    """Ids of the jobs whose results are to be made again, and paid for again."""
    submit: bool = True
    """False where nothing will be sent: a failed job is then reported as it is."""
    download: bool = True
    keep: frozenset[UrlName] = frozenset({"url"})
    """Which URLs of each result are to be downloaded."""
    complete: bool = False
    """Ask again for results that are not what was paid for."""
    off_peak: bool | None = None
    """Whether to submit off-peak what is offered so; None where nobody has decided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanTotals:
    """A plan in numbers."""

    actions: Mapping[Action, int]
    """Every action to its number of jobs."""
    cost: Mapping[Unit, Decimal]
    """What the submissions should cost, as far as prices are known."""
    unpriced: int
    """Submissions whose price is not known; not included in `cost`."""
    at_risk: Mapping[Unit, Decimal]
    """What the submissions of unknown fate may have cost."""


def make_plan(jobs: Iterable[Job], inputs: PlanInputs, options: PlanOptions) -> Plan:
    """What will happen to each job, in the order of the manifest.

    Of several jobs with one fingerprint the first selected one makes it, and the others share it.
    """
    makers: dict[str, str] = {}
    entries = [_entry(job, inputs, options, makers) for job in jobs]
    entries = without_lost(entries, inputs.find_unusable)
    return Plan(entries=with_chained_prices(entries, inputs.operations, inputs.estimate))


def undecided(plan: Plan) -> list[Diagnostic]:
    """What keeps jobs from being submitted: an error where the plan would submit the job.

    Otherwise a warning: what is paid for already is kept.
    """
    return [
        replace(problem, warning=entry.action not in (Action.SUBMIT, Action.DECIDE))
        for entry in plan.entries
        if (problem := entry.job.undecided) and entry.reason.code is not ReasonCode.NOT_SELECTED
    ]


def totals(plan: Plan) -> PlanTotals:
    """The numbers of a plan."""
    submits = [entry for entry in plan.entries if entry.action is Action.SUBMIT]
    decides = [entry for entry in plan.entries if entry.action is Action.DECIDE]
    numbers = Counter(entry.action for entry in plan.entries)
    return PlanTotals(
        actions={action: numbers[action] for action in Action},
        cost=add_up(entry.estimate for entry in submits),
        unpriced=sum(entry.estimate is None for entry in submits),
        at_risk=add_up(entry.estimate for entry in decides),
    )


def _entry(job: Job, inputs: PlanInputs, options: PlanOptions, makers: dict[str, str]) -> PlanEntry:
    attempt = inputs.attempts.get(job.fingerprint)
    evidence = None if attempt else inputs.evidence.get(job.fingerprint)
    forced = job.id in options.forced
    share: str | None = None
    changes: Sequence[Changed] = ()
    if options.selected is not None and job.id not in options.selected:
        action, reason = Action.SKIP, _NOT_SELECTED
    elif (maker := makers.setdefault(job.fingerprint, job.id)) != job.id:
        text = f'the same request as job "{maker}"'
        action, reason, share = Action.SHARE, Reason(ReasonCode.SAME_REQUEST, text), maker
    elif attempt and attempt.superseded_at:  # `--force` was interrupted: a plain run continues it
        action, reason = Action.SUBMIT, _SET_ASIDE
    elif forced and _is_paid(attempt, evidence):
        action, reason = Action.SUBMIT, _PAID_AGAIN
    elif attempt:
        again = replace(options, retry_failed=True) if forced else options
        action, reason = _of_attempt(attempt, inputs, again)
    elif evidence:
        action, reason = _of_evidence(evidence, inputs, options)
    else:
        changes = inputs.changes(job)
        action, reason = Action.SUBMIT, _of_unknown(job, changes, inputs)
    job, as_usual = _at_its_hour(job, action, attempt or evidence, inputs, options)
    if action is Action.SUBMIT and as_usual is None and _stays_off_peak(job, attempt, options):
        reason = Reason(reason.code, f"{reason}; off-peak as before (--no-off-peak: at once)")
        job = with_off_peak(job, True)
    is_run = action in {Action.SUBMIT, Action.ATTACH, Action.DECIDE}
    return PlanEntry(
        job=job,
        action=action,
        reason=reason,
        # A forced submission supersedes it; any other submission has nothing to do with it.
        attempt=None if action is Action.SUBMIT and not forced else attempt,
        evidence=evidence,
        share=share,
        estimate=_estimate(job, action, attempt, evidence, inputs),
        expected_s=inputs.expected_s(job) if action in {Action.SUBMIT, Action.ATTACH} else None,
        limit_s=inputs.limit_s(job) if is_run else None,
        changes=changes,
        as_usual=as_usual,
        failures=attempt.failures if attempt else 0,
        cancellations=attempt.cancellations if attempt else 0,
    )


def _at_its_hour(
    job: Job,
    action: Action,
    known: Attempt | Evidence | None,
    inputs: PlanInputs,
    options: PlanOptions,
) -> tuple[Job, str | None]:
    """The job off-peak or not, as it was submitted or will be; and why not, if the run asks for it.

    What is known of it is true of the request that was sent: its price, and its time limit.
    """
    if action is not Action.SUBMIT:
        return (job if known is None else with_off_peak(job, _was_off_peak(known))), None
    if not options.off_peak:
        return job, None
    why = refusal(job, inputs.operations[job.operation])
    return (with_off_peak(job, True) if why is None else job), why


def _stays_off_peak(job: Job, attempt: Attempt | None, options: PlanOptions) -> bool:
    """Whether a job whose off-peak task has failed is submitted off-peak again."""
    # The user agreed to half the price: a later command without the flag must not double it.
    if options.off_peak is not None or OFF_PEAK in job.parameters or attempt is None:
        return False
    # Users may cancel a task because they need its result sooner.
    is_failed = attempt.state is AttemptState.FAILED and attempt.error is not None
    by_user = attempt.error is not None and attempt.error.code == CANCELLED
    return is_failed and not by_user and _was_off_peak(attempt)


def _was_off_peak(known: Attempt | Evidence) -> bool:
    if isinstance(known, Evidence):
        return known.off_peak
    return known.intent.request.get(OFF_PEAK) is True


def _of_unknown(job: Job, changes: Sequence[Changed], inputs: PlanInputs) -> Reason:
    if job.undecided:
        return Reason(ReasonCode.UNDECIDED, job.undecided.message)
    if rejected := inputs.replaced.get(job.id):
        return Reason(ReasonCode.NEW, f"new: {rejected} was rejected")
    if changes:
        return Reason(ReasonCode.CHANGED, describe(changes))
    return _CHANGED if job.id in inputs.recorded else _NEW


# Reasons that many entries share, made once: a plan has up to a million entries.
_NEW = Reason(ReasonCode.NEW, "new")
_CHANGED = Reason(
    ReasonCode.CHANGED, "changed: the results manifest has its result for another request"
)
_NOT_SELECTED = Reason(ReasonCode.NOT_SELECTED, "not selected")
_SET_ASIDE = Reason(ReasonCode.FORCED, "forced: its earlier result was set aside")
_PAID_AGAIN = Reason(ReasonCode.FORCED, "forced: made again, and paid for again")
_NOT_SENT = Reason(ReasonCode.NOT_SENT, "was not sent before")
_SUBMITTING = Reason(ReasonCode.UNDER_WAY, "another run is submitting it")
_FATE_UNKNOWN = Reason(ReasonCode.UNKNOWN_FATE, "what became of its submission is unknown")
_FATE_UNKNOWN_BY_RESULTS = Reason(
    ReasonCode.UNKNOWN_FATE,
    "what became of its submission is unknown, according to the results manifest",
)
_RUN_DIED = Reason(ReasonCode.UNKNOWN_FATE, "an earlier run ended while submitting it")
_DONE = Reason(ReasonCode.DONE, "done")
_DONE_BY_RESULTS = Reason(ReasonCode.DONE_ELSEWHERE, "done, according to the results manifest")


def _of_attempt(
    attempt: Attempt, inputs: PlanInputs, options: PlanOptions
) -> tuple[Action, Reason]:
    match attempt.state:
        case AttemptState.INTENT if inputs.alive(attempt.run):
            return Action.ATTACH, _SUBMITTING
        case AttemptState.INTENT:  # the answer, if there was one, was never recorded
            return Action.DECIDE, _RUN_DIED
        case AttemptState.SUCCEEDED:
            return _of_result(attempt, _DONE, inputs, options)
        case AttemptState.REFUSED | AttemptState.FAILED:
            action, text = _of_failure(attempt, options)
            is_left = action is Action.SKIP and options.submit
            code = ReasonCode.NOT_RETRIED if is_left else ReasonCode.FAILED_BEFORE
            return action, Reason(code, text)
        case AttemptState.SUBMITTED:
            text = f"its task {attempt.task.id} is under way"
            return Action.ATTACH, Reason(ReasonCode.UNDER_WAY, text)
        case AttemptState.AMBIGUOUS:
            return Action.DECIDE, _FATE_UNKNOWN
        case AttemptState.NOT_SENT if attempt.error and attempt.error.code == DECLARED_LOST:
            return Action.SUBMIT, Reason(ReasonCode.NOT_SENT, attempt.error.message)
        case AttemptState.NOT_SENT:
            return Action.SUBMIT, _NOT_SENT


def _is_paid(attempt: Attempt | None, evidence: Evidence | None) -> bool:
    """Whether there is a result, or was one: making it again costs again."""
    if attempt:
        return attempt.state is AttemptState.SUCCEEDED
    return evidence is not None and evidence.state is State.SUCCEEDED


def _of_failure(attempt: Attempt, options: PlanOptions) -> tuple[Action, str]:
    """Submit again what may succeed: not for good, not billed, and not too often before."""
    error = attempt.error
    verb = "refused" if attempt.state is AttemptState.REFUSED else "failed"
    before = f"{verb} before: {error.code if error else 'unknown'}"
    if not options.submit:
        return Action.SKIP, before
    if options.retry_failed:
        return Action.SUBMIT, before
    if error is None or not _may_pass(attempt.intent.provider, error):
        return Action.SKIP, f"{before}; change the request or use --retry-failed"
    if attempt.state is AttemptState.REFUSED:  # never billed; and a busy account refuses often
        return Action.SUBMIT, before
    if error.billed is not Billed.NO:
        paid = "and was billed" if error.billed is Billed.YES else "and may have been billed"
        return Action.SKIP, f"{before} {paid}; use --retry-failed to pay again"
    if times := used_up(error, attempt.failures, attempt.cancellations):
        return Action.SKIP, f"{before}, {times} times; use --retry-failed"
    return Action.SUBMIT, before


def used_up(error: JobError, failures: int, cancellations: int) -> int | None:
    """After how many such ends only the user has a request submitted again; None while a run does.

    `failures` and `cancellations` (by the user) include the end with this error.
    """
    is_cancelled = error.code == CANCELLED
    most = MAX_CANCELLATIONS + 1 if is_cancelled else MAX_FAILURES
    times = cancellations if is_cancelled else failures
    return times if times >= most else None


def _may_pass(provider: str, error: JobError) -> bool:
    """Whether the same request may go well the next time."""
    # As the code is understood today: an older version may have recorded another class.
    known = code_info(provider, error)
    if known is None:
        return error.class_ in _RETRYABLE
    return known.class_ in _RETRYABLE and not known.by_hand


def _of_evidence(
    evidence: Evidence, inputs: PlanInputs, options: PlanOptions
) -> tuple[Action, Reason]:
    if evidence.state is State.PENDING:
        text = f"the results manifest has its task {evidence.task.id}"
        return Action.ATTACH, Reason(ReasonCode.UNDER_WAY, text)
    if evidence.state is State.AMBIGUOUS:
        return Action.DECIDE, _FATE_UNKNOWN_BY_RESULTS
    return _of_result(evidence, _DONE_BY_RESULTS, inputs, options)


def _of_result(
    known: Attempt | Evidence, done: Reason, inputs: PlanInputs, options: PlanOptions
) -> tuple[Action, Reason]:
    if known.shortfall and options.complete:
        text = f"{done}, but {known.shortfall.message}"
        return Action.FETCH, Reason(ReasonCode.DONE_ELSEWHERE, text)
    if known.is_damaged and options.complete:
        return Action.FETCH, Reason(ReasonCode.DONE_ELSEWHERE, f"{done}, but its file is damaged")
    return _of_files(known, done, inputs, options)


def _of_files(
    known: Attempt | Evidence, done: Reason, inputs: PlanInputs, options: PlanOptions
) -> tuple[Action, Reason]:
    files = known.files
    missing = [file for file in files if not inputs.present(file)]
    not_offered = known.kept if isinstance(known, Attempt) else frozenset[UrlName]()
    unfetched = options.keep - kept_in(files) - not_offered
    if not missing and not unfetched:
        return Action.REUSE, done
    if files and not missing:
        if not options.download:
            return Action.REUSE, done
        names = ", ".join(name for name in URL_NAMES if name in unfetched)
        return Action.FETCH, Reason(ReasonCode.DONE_ELSEWHERE, f"{done}, but {names} not fetched")
    # The file is where Git LFS fetches it from, while the provider may have it no longer.
    if options.download and any(map(inputs.pointer, missing)):
        text = f"{done}, but its file here is a Git LFS pointer: {LFS_HINT}"
        return Action.SKIP, Reason(ReasonCode.LFS_POINTER, text)
    action = Action.FETCH if options.download else Action.REUSE
    why = f"{len(missing)} of {len(files)} files missing or changed" if files else "not fetched"
    text = f"{done}, but {why}" if options.download else f"{done}; downloads are off"
    return action, Reason(ReasonCode.DONE_ELSEWHERE, text)


def _estimate(
    job: Job, action: Action, attempt: Attempt | None, evidence: Evidence | None, inputs: PlanInputs
) -> Amount | None:
    """What a submission was or will be expected to cost."""
    if action is Action.SHARE:
        return None  # it is in the estimate of the job that makes it
    if attempt and action is not Action.SUBMIT:
        return attempt.intent.estimate
    return evidence.estimated if evidence and action is not Action.SUBMIT else inputs.estimate(job)
