"""`vidu-run run`: submits what is new, collects what is paid for, writes the results."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from runner.commands.consent import confirm_cost
from runner.commands.execute import execute_all
from runner.commands.folders import check_folders, prepare_folders
from runner.commands.load import Manifest, read_manifests
from runner.commands.manifest_plan import ManifestPlan, networked, plan_manifest
from runner.commands.manifest_settings import project_paths
from runner.commands.notify import Notification, notifying
from runner.commands.options import Options
from runner.commands.output import announce
from runner.commands.session import (
    RunSession,
    accounts_with_keys,
    add_to_ledger,
    check_limits,
    proxy_warning,
)
from runner.engine.context import Context
from runner.errors import Exit, UsageError, plural
from runner.ledger.changes import Settle, Stale, Supersede
from runner.ledger.location import LedgerLocation, open_ledger
from runner.ledger.protocol import Ledger
from runner.ledger.rescue import read_rescue, rescue_path
from runner.ledger.sqlite.filesystem import sharing_warning
from runner.model.outcomes import State
from runner.model.plans import Action, PlanEntry
from runner.model.tasks import AttemptState
from runner.terminal.plan_view import off_peak_lines
from runner.timestamps import stamp_now


def run(options: Options) -> Exit:
    """Make what the manifests ask for, one manifest after the other.

    Everything that can be wrong with any of them (errors, keys, addresses, consent) is reported
    before anything is sent for the first.
    """
    options.check()
    with notifying(options) as notification:
        notification.code = _run(options, notification)
    return notification.code


def _run(options: Options, notification: Notification) -> Exit:
    check_force(options)
    plans = agreed_plans(read_manifests(options), options)
    return execute_all(_current(plans), ended=notification.add)


def check_force(options: Options) -> None:
    """Raise UsageError where everything would be paid for again, and nobody has said so."""
    if options.force and not (options.select or options.yes):
        raise UsageError(
            "--force pays again for results that already exist",
            hint="name the jobs with --select, or add --yes to mean all of them",
        )


def agreed_plans(manifests: Sequence[Manifest], options: Options) -> list[ManifestPlan]:
    """The plans of these manifests, checked, agreed to and ready to be carried out.

    Rescued tasks are in the ledger, folders are made, and what `--force` makes again is superseded.
    Raises every error that can be found before anything is sent.
    """
    # Before planning, which would otherwise take a rescued task for a submission of unknown fate.
    ledgers = {
        paths.rescue: paths.location
        for paths in (project_paths(manifest, options) for manifest in manifests)
    }
    for rescue, location in ledgers.items():
        for line in recover_rescued(rescue, location, options.emit):
            options.emit(line)
    plans = [plan_manifest(manifest, options) for manifest in manifests]
    check_folders(plans)
    for planned in plans:
        _check_before_sending(planned)
    for planned in plans:  # once all are agreed to
        prepare_folders(planned)
    if options.force:
        for planned in plans:
            _supersede(planned)
        # From here on a plain run makes what is superseded, so that it continues an interrupted
        # `--force`. What failed is tried again as well.
        options = replace(options, force=False, retry_failed=True)
        plans = [plan_manifest(manifest, options) for manifest in manifests]
    return plans


def _current(plans: Iterable[ManifestPlan]) -> Iterator[ManifestPlan]:
    """Each plan, made again at its turn if the ledger may have changed since."""
    acted = False
    for planned in plans:
        # An earlier manifest of this command may have made what this one asks for.
        current = plan_manifest(planned.manifest, planned.options) if acted else planned
        yield current
        acted = acted or bool(networked(current))


def _check_before_sending(planned: ManifestPlan) -> None:
    """Emit warnings and ask for consent; raises every error that needs no request to be found."""
    emit = planned.options.emit
    place = sharing_warning(planned.paths.ledger)
    planned.check_earlier_results()
    planned.check_file_names()
    announce(planned)
    if (count := planned.off_peak) is not None:
        for line in off_peak_lines(count, "submission"):
            emit(f"{planned.manifest.path}: {line}")
    if not planned.options.emulate:
        accounts_with_keys(planned)  # for its errors: each session reads the keys for itself
    for warning in filter(None, (place, proxy_warning(planned))):
        emit(warning)
    check_limits(planned)
    confirm_cost(planned)


def _supersede(planned: ManifestPlan) -> None:
    """Mark the results that `--force` makes again as superseded, in one commit.

    A result that only a results manifest knows is first added to the ledger. Raises LedgerError.
    """
    forced = [entry for entry in planned.plan.entries if _is_forced(entry)]
    if not forced:
        return
    with RunSession.open(planned) as session:
        numbers = [entry.attempt.number for entry in forced if entry.attempt]
        from_results = [entry for entry in forced if entry.attempt is None]

        async def adopt_all(context: Context) -> list[int]:
            fetched = [replace(entry, action=Action.FETCH) for entry in from_results]
            return [await add_to_ledger(context, entry) for entry in fetched]

        if from_results:
            numbers += session.act(adopt_all)
        session.ledger.apply([Supersede(number=number, at=stamp_now()) for number in numbers])


def _is_forced(entry: PlanEntry) -> bool:
    """Whether there is a result, and the plan is to make it again all the same."""
    if entry.action is not Action.SUBMIT:
        return False
    if entry.attempt is not None:
        return entry.attempt.state is AttemptState.SUCCEEDED
    return entry.evidence is not None and entry.evidence.state is State.SUCCEEDED


def recover_rescued(rescue: Path, ledger: LedgerLocation, emit: Callable[[str], None]) -> list[str]:
    """Move the task ids in rescue files of the ledger into it; a message for each file.

    `emit` receives a message where that takes long. Files of runs that are still alive are left
    alone. A file is deleted once all of it is in the ledger; an empty one, which a killed run
    leaves, as well. Raises LedgerError.
    """
    messages: list[str] = []
    for path in sorted(rescue.parent.glob(rescue_path(rescue, "*").name)):
        run_id = path.stem.partition(".rescue-")[2]
        # Only now: without rescue files there may be no ledger, and none is to be made.
        with open_ledger(ledger, on_wait=emit) as opened:
            if opened.alive(run_id):  # it may still write to the file
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
    if not isinstance(number, int) or not isinstance(task_id, str):  # it names no submission
        return False
    # Of another ledger, where that number is another submission's?
    tagged = ledger.attempts_with_tag(str(entry.get("provider")), str(entry.get("tag")))
    if [attempt.number for attempt in tagged] != [number]:
        return False
    at = stamp_now()
    settle = Settle(number=number, state=AttemptState.SUBMITTED, at=at, task_id=task_id)
    (result,) = ledger.apply([settle])
    return result.attempt.task.id == task_id if isinstance(result, Stale) else True
