"""`vidu-run validate`."""

from __future__ import annotations

from dataclasses import replace

from runner.commands.load import Manifest, manifests_of
from runner.commands.options import Options
from runner.commands.output import print_json, warn
from runner.errors.diagnostics import Diagnostic
from runner.errors.exits import Exit, ManifestError
from runner.terminal import plan_view


def validate(options: Options) -> Exit:
    """Check every manifest; sends nothing, writes nothing, needs no key."""
    options.check()
    options = replace(options, dry=True)
    problems: list[Diagnostic]
    manifests: list[Manifest] = []
    code = Exit.OK
    try:
        manifests = manifests_of(options)
        problems = [problem for manifest in manifests for problem in manifest.warnings]
    except ManifestError as error:
        if not options.as_json:
            raise
        problems, code = error.diagnostics, Exit.INVALID
    if options.as_json:
        print_json([plan_view.diagnostic_record(problem) for problem in problems])
        return code
    warn(problems)
    for manifest in manifests:
        count = len(manifest.jobs)
        print(f"{manifest.path}: {count} job{'s' * (count != 1)}, nothing wrong")
    return code
