"""`vidu-run validate`: checks manifests without sending anything."""

from __future__ import annotations

from dataclasses import replace

from runner.commands.load import Manifest, read_manifests
from runner.commands.options import Options
from runner.commands.output import print_json, warn
from runner.errors import Diagnostic, Exit, ManifestError, plural
from runner.terminal.plan_view import diagnostic_record


def validate(options: Options) -> Exit:
    """Check every manifest; sends nothing, writes nothing, needs no key."""
    options.check()
    problems: list[Diagnostic]
    manifests: list[Manifest] = []
    code = Exit.OK
    try:
        manifests = read_manifests(replace(options, dry=True))
        problems = [problem for manifest in manifests for problem in manifest.warnings]
    except ManifestError as error:
        if not options.as_json:
            raise
        problems, code = error.diagnostics, Exit.INVALID
    if options.as_json:
        print_json([diagnostic_record(problem) for problem in problems])
        return code
    warn(problems)
    for manifest in manifests:
        print(f"{manifest.path}: {plural(len(manifest.jobs), 'job')}, no errors")
    return code
