"""`vidu-run run`: submits what is new, collects what is paid for, writes the results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from runner.commands.execute import execute
from runner.commands.load import read_manifests
from runner.commands.manifest_plan import ManifestPlan, plan_manifest
from runner.commands.options import Options
from runner.commands.output import announce, confirm_cost
from runner.commands.paths import ProjectPaths
from runner.commands.session import RunSession, accounts_with_keys, networked
from runner.engine.context import Context
from runner.engine.job_run import JobRun
from runner.engine.reconcile.decide import adopt
from runner.error_handler import emit
from runner.errors import Exit, UsageError, plural, worst
from runner.ledger.changes import Settle, Stale, Supersede
from runner.ledger.rescue import read_rescue, rescue_path
from runner.ledger.store import Ledger, open_ledger
from runner.model.outcomes import State
from runner.model.plans import Action, PlanEntry
from runner.model.tasks import AttemptState
from runner.terminal.summary import format_summary
from runner.timestamps import stamp_now


def run(options: Options) -> Exit:
    """Make what the manifests ask for, one manifest after the other.

    Everything that can be wrong with any of them (errors, keys, addresses, consent) is reported
    before anything is sent for the first.
    """
    options.check()
    _check_force(options)
    manifests = read_manifests(options)
    for ledger in dict.fromkeys(ProjectPaths.of(each.path, options).ledger for each in manifests):
        for line in recover_rescued(ledger):
            emit(line)
    plans = [plan_manifest(manifest, options) for manifest in manifests]
    for planned in plans:
        _check_before_sending(planned)
    if options.force:
        plans = _supersede_forced(plans)
    return _execute_all(plans)


def _execute_all(plans: Sequence[ManifestPlan]) -> Exit:
    codes: list[Exit] = []
    acted = False
    for planned in plans:
        # An earlier manifest of this command may have made what this one asks for.
        current = plan_manifest(planned.manifest, planned.options) if acted else planned
        code, summary = execute(current)
        emit(format_summary(summary))
        codes.append(code)
        if code in (Exit.INTERRUPTED, Exit.TERMINATED):
            break
        acted = acted or bool(networked(current))
    return worst(codes)


# ---------------------------------------------------------------------------------------- checks


def _check_force(options: Options) -> None:
    if options.force and not (options.select or options.yes):
        raise UsageError(
            "--force pays again for results that already exist",
            hint="name the jobs with --select, or add --yes to mean all of them",
        )


def _check_before_sending(planned: ManifestPlan) -> None:
    """Print warnings and ask for consent; raises every error that needs no request to be found."""
    announce(planned)
    planned.check_earlier_results()
    if not planned.options.emulate:
        accounts_with_keys(planned)
    confirm_cost(planned)


# ------------------------------------------------------------------------------ results set aside


def _supersede_forced(plans: Sequence[ManifestPlan]) -> list[ManifestPlan]:
    """Supersede the results that `--force` makes again, then plan without it.

    From then on a plain run makes them, so that one continues an interrupted `--force`.
    """
    for planned in plans:
        _supersede(planned)
    # What failed is tried again as well.
    return [
        plan_manifest(each.manifest, replace(each.options, force=False, retry_failed=True))
        for each in plans
    ]


def _supersede(planned: ManifestPlan) -> None:
    """Mark the results that are made again as superseded, in one commit. Raises LedgerError.

    A result that only a results manifest knows is first added to the ledger.
    """
    forced = [entry for entry in planned.plan.entries if _is_forced(entry)]
    if not forced:
        return
    with RunSession.open(planned) as session:
        numbers = [entry.attempt.number for entry in forced if entry.attempt]
        from_results = [entry for entry in forced if entry.attempt is None]

        async def adopt_all(context: Context) -> list[int]:
            return [await _adopt_result(context, entry) for entry in from_results]

        if from_results:
            numbers += session.act(adopt_all)
        session.ledger.apply([Supersede(number=number, at=stamp_now()) for number in numbers])
        session.exit_code = Exit.OK


def _is_forced(entry: PlanEntry) -> bool:
    """Whether there is a result, and the plan is to make it again all the same."""
    if entry.action is not Action.SUBMIT:
        return False
    if entry.attempt is not None:
        return entry.attempt.state is AttemptState.SUCCEEDED
    return entry.evidence is not None and entry.evidence.state is State.SUCCEEDED


async def _adopt_result(context: Context, entry: PlanEntry) -> int:
    """Add a result to the ledger; its number there."""
    fetched = replace(entry, action=Action.FETCH)
    job_run = JobRun.of(fetched, context.operations[entry.job.operation])
    await adopt(context, job_run)
    assert job_run.number is not None
    return job_run.number


# ---------------------------------------------------------------------------------- rescue files


def recover_rescued(ledger: Path) -> list[str]:
    """Move the task ids in rescue files beside the ledger into it; a message for each file.

    Files of runs that are still alive are left alone. A file is deleted once all of it is in the
    ledger; an empty one, which a killed run leaves, as well. Raises LedgerError.
    """
    messages: list[str] = []
    for path in sorted(ledger.parent.glob(rescue_path(ledger, "*").name)):
        run_id = path.stem.partition(".rescue-")[2]
        with open_ledger(ledger, on_wait=emit) as opened:
            if opened.alive(run_id):
                continue
            entries = read_rescue(path)
            lost = [entry for entry in entries if not _recover(opened, entry)]
        if not lost:
            path.unlink(missing_ok=True)
        messages += [f"{path}: task {entry.get('task_id')} is not in the ledger" for entry in lost]
        if found := len(entries) - len(lost):
            messages.append(f"{plural(found, 'task')} recovered from {path}")
    return messages


def _recover(ledger: Ledger, entry: dict[str, Any]) -> bool:
    """Write the entry's task id into the ledger; whether it has it now."""
    number, task_id = entry.get("attempt"), entry.get("task_id")
    if not isinstance(number, int) or not isinstance(task_id, str):
        return False
    at = stamp_now()
    settle = Settle(number=number, state=AttemptState.SUBMITTED, at=at, task_id=task_id)
    (result,) = ledger.apply([settle])
    return result.attempt.task.id == task_id if isinstance(result, Stale) else True
