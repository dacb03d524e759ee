"""`vidu-run plan`: shows what a run would do, and why."""

from __future__ import annotations

import sys
from dataclasses import replace

from runner.commands.folders import check_folders
from runner.commands.manifest_plan import ManifestPlan, plan_manifests
from runner.commands.options import Options
from runner.commands.output import announce, print_json
from runner.errors import Exit, terminal_columns, worst
from runner.model.plans import Action
from runner.terminal.plan_view import plan_record, plan_text


def plan(options: Options, *, detailed_exitcode: bool = False) -> Exit:
    """Show what a run would do, and why; sends nothing, writes nothing, needs no key."""
    plans = plan_manifests(replace(options, dry=True))
    check_folders(plans)
    for planned in plans:
        planned.check_earlier_results()  # without them a plan would order what is paid for
    if options.as_json:  # one document for all manifests
        print_json([plan_record(str(p.manifest.path), p.plan, p.outlook) for p in plans])
    for planned in plans:
        announce(planned)
        if not options.as_json:
            name, columns = str(planned.manifest.path), terminal_columns(sys.stdout)
            print(plan_text(name, planned.plan, planned.outlook, columns=columns))
        if options.step.is_shown:
            _show_in_workflow(planned)
    return worst(_code(planned, detailed=detailed_exitcode) for planned in plans)


def _show_in_workflow(planned: ManifestPlan) -> None:
    # Late: it loads what a gallery needs too.
    from runner.github.summaries import plan_section

    name = str(planned.manifest.path)
    planned.options.step.add_section(
        lambda room: plan_section(name, planned.plan, planned.outlook, room)
    )


def _code(planned: ManifestPlan, *, detailed: bool) -> Exit:
    """`Exit.BUDGET` where a run would submit nothing more to a provider, as the run has it."""
    stops = planned.budget_stops()
    submits = [entry for entry in planned.plan.entries if entry.action is Action.SUBMIT]
    if detailed and any(entry.job.provider not in stops for entry in submits):
        return Exit.TO_SUBMIT
    return Exit.BUDGET if stops else Exit.OK
