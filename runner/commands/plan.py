"""`vidu-run plan`: shows what a run would do, and why."""

from __future__ import annotations

import sys
from dataclasses import replace

from runner.commands.folders import check_folders
from runner.commands.manifest_plan import plan_manifests
from runner.commands.options import Options
from runner.commands.output import announce, print_json
from runner.errors import Exit, terminal_columns
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
    actions = {entry.action for planned in plans for entry in planned.plan.entries}
    return Exit.TO_SUBMIT if detailed_exitcode and Action.SUBMIT in actions else Exit.OK
