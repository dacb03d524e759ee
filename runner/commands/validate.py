"""`vidu-run validate`: checks manifests without sending anything."""

from __future__ import annotations

from dataclasses import replace

from runner.commands.load import read_manifests
from runner.commands.manifest_plan import setting_sources
from runner.commands.options import Options
from runner.commands.output import print_json, warn
from runner.errors import Exit, ManifestError, plural
from runner.planning.off_peak import count_jobs
from runner.settings.settings import read_off_peak
from runner.terminal.plan_view import diagnostic_record, off_peak_lines


def validate(options: Options) -> Exit:
    """Check every manifest; sends nothing, writes nothing, needs no key."""
    options.check()
    try:
        manifests = read_manifests(replace(options, dry=True))
    except ManifestError as error:
        if not options.as_json:
            raise  # the error handler prints it as text
        print_json([diagnostic_record(problem) for problem in error.diagnostics])
        return error.exit
    warnings = [problem for manifest in manifests for problem in manifest.warnings]
    if options.as_json:
        print_json([diagnostic_record(problem) for problem in warnings])
        return Exit.OK
    warn(warnings)
    for manifest in manifests:
        print(f"{manifest.path}: {plural(len(manifest.jobs), 'job')}, no errors")
        if read_off_peak(setting_sources(manifest, options)):
            count = count_jobs(manifest.jobs, manifest.operations)
            print("\n".join(f"  {line}" for line in off_peak_lines(count, "job")))
    return Exit.OK
