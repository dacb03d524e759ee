"""Batch verbs: run manifests, and what is asked and decided before and after."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from runner.cli.flags import (
    ADDRESSES,
    EMULATION,
    MANIFESTS,
    MARKS,
    OFF_PEAK,
    PATH,
    PATHS,
    PROGRESS,
    SELECTION,
    SETTINGS,
    VERBOSE,
    YES,
    add,
    complete_ids,
    flag,
    value,
)
from runner.cli.group import call, cli


@cli.command()
@add(MANIFESTS, MARKS, PATHS, SELECTION, EMULATION, SETTINGS, PROGRESS, VERBOSE)
@flag("-n", "--dry-run", text="Show the plan and stop.")
@flag("--retry-failed", text="Also retry jobs that failed for good.")
@flag("--force", text="Make the selected jobs again, and pay for them again.")
@flag("--detach", text="Submit what there is room for and end; `fetch` collects the results.")
@flag("--fail-fast", text="Stop submitting after the first failed job.")
@value("--notify", "COMMAND", "Report the end of a long run by this command, without a shell.")
@YES
def run(dry_run: bool, **flags: Any) -> None:
    """Make what the manifests describe. The default verb."""
    from runner.commands import plan, run

    call(plan.plan if dry_run else run.run, flags)


@cli.command()
@add(MANIFESTS, MARKS, OFF_PEAK)
@flag("--json", "as_json", text="Print errors and warnings as JSON.")
def validate(**flags: Any) -> None:
    """Check manifests and marks files. Sends nothing and needs no key."""
    from runner.commands import validate

    call(validate.validate, flags)


@cli.command()
@add(MANIFESTS, MARKS, PATHS, SELECTION, EMULATION, SETTINGS)
@flag("--retry-failed", text="Plan what run --retry-failed would do.")
@flag("--force", text="Plan what run --force would do.")
@flag("--json", "as_json", text="Print the plan as JSON.")
@flag("--detailed-exitcode", text="Exit with 10 if there is something to submit.")
def plan(detailed_exitcode: bool, **flags: Any) -> None:
    """Show what a run would do, and why. Writes nothing."""
    from runner.commands import plan

    call(lambda options: plan.plan(options, detailed_exitcode=detailed_exitcode), flags)


@cli.command(name="list")
@add(MANIFESTS, MARKS, PATHS, SELECTION, EMULATION, ADDRESSES)
@flag("--json", "as_json", text="Print operation, state, tags and axes, too, as JSON.")
def list_jobs(**flags: Any) -> None:
    """Print the ids of the selected jobs, one a line. Sends and writes nothing."""
    from runner.commands import list as verb

    call(verb.list_jobs, {**flags, "progress": "none"})


@cli.command()
@add(MANIFESTS, MARKS, PATHS, SELECTION, EMULATION, ADDRESSES)
@flag("--refresh", text="Ask the providers about tasks under way first.")
@flag("--json", "as_json", text="Print the states as JSON.")
def status(refresh: bool, **flags: Any) -> None:
    """Show the state of every job. Submits nothing."""
    from runner.commands import status

    call(lambda options: status.status(options, refresh=refresh), {**flags, "progress": "none"})


@cli.command()
@add(MANIFESTS, MARKS, PATHS, SELECTION, EMULATION, ADDRESSES, PROGRESS, VERBOSE)
@flag("--verify", text="Read every file; report and fetch those that are damaged.")
def fetch(verify: bool, **flags: Any) -> None:
    """Fetch paid results that are missing or damaged. Submits nothing."""
    from runner.commands import fetch

    call(lambda options: fetch.fetch(options, verify=verify), flags)


@cli.command()
@add(MANIFESTS, MARKS, PATHS, SELECTION, EMULATION, ADDRESSES, VERBOSE, YES)
def cancel(**flags: Any) -> None:
    """Cancel tasks that have not started yet."""
    from runner.commands import cancel

    call(cancel.cancel, flags)


@cli.command()
@click.argument("manifest", type=PATH)
@click.argument("job", required=False, shell_complete=complete_ids)
@add(MARKS, PATHS, SELECTION, EMULATION, ADDRESSES)
@flag("--lost", text="The submission was lost: the next run submits it again.")
@value("--task-id", "ID", "The submission created this task: the next run collects it.")
def resolve(manifest: Path, job: str | None, lost: bool, task_id: str | None, **flags: Any) -> None:
    """Decide about submissions whose fate is unknown.

    Decides about JOB, or about the jobs that --select names.
    """
    from runner.commands import resolve

    flags["manifests"] = (manifest,)
    call(lambda options: resolve.resolve(options, job=job, lost=lost, task_id=task_id), flags)
