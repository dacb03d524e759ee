"""`vidu-run validate`: checks manifests and marks files without sending anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from runner.commands.load import Manifest, read_manifests
from runner.commands.manifest_settings import setting_sources
from runner.commands.marks_files import split_marks
from runner.commands.options import Options
from runner.commands.output import print_json, warn
from runner.commands.schema_copy import outdated_copies
from runner.errors import Diagnostic, Exit, ManifestError, Problem, merge, plural
from runner.marks.document import MarksFile, read_marks
from runner.settings.settings import read_off_peak


def validate(options: Options) -> Exit:
    """Check every manifest and every marks file; sends nothing, writes nothing, needs no key."""
    options.check()
    paths, marks_paths = split_marks(options.manifests)
    try:
        manifests, marks = _read(replace(options, manifests=tuple(paths), dry=True), marks_paths)
    except ManifestError as error:
        if not options.as_json:
            raise  # the error handler prints it as text
        options.step.add_failure(error)
        print_json([asdict(problem) for problem in error.problems])
        return error.exit
    warnings = [problem for manifest in manifests for problem in manifest.warnings]
    warnings += [problem for file in marks for problem in file.document.diagnostics]
    warnings += outdated_copies(paths)
    options.step.add_problems(warnings)
    if options.as_json:
        print_json([asdict(Problem.of(problem)) for problem in warnings])
        return Exit.OK
    warn(warnings)
    for manifest in manifests:
        print(f"{manifest.path}: {plural(len(manifest.jobs), 'job')}, no errors")
        if read_off_peak(setting_sources(manifest, options)):
            print("\n".join(f"  {line}" for line in _off_peak_lines(manifest)))
    for file in marks:
        print(f"{file.path}: {plural(len(file.marks), 'mark')}, no errors")
    return Exit.OK


def _read(options: Options, marks_paths: Sequence[Path]) -> tuple[list[Manifest], list[MarksFile]]:
    """What the command line names; raises ManifestError with the errors of all of it."""
    manifests: list[Manifest] = []
    marks: list[MarksFile] = []
    problems: list[Diagnostic] = []
    try:
        manifests = read_manifests(options)
    except ManifestError as error:
        problems += error.diagnostics
    # A run may be about other jobs only; here all of them are asked about.
    undecided = [job.undecided for manifest in manifests for job in manifest.jobs if job.undecided]
    if undecided:
        problems += [problem for manifest in manifests for problem in manifest.warnings]
        problems += merge(undecided)
    for path in marks_paths:
        try:
            marks.append(read_marks(path))
        except ManifestError as error:
            problems += error.diagnostics
    if any(not problem.warning for problem in problems):
        raise ManifestError(problems)
    return manifests, marks


def _off_peak_lines(manifest: Manifest) -> list[str]:
    # Late: few manifests ask for it.
    from runner.planning.off_peak import count_jobs
    from runner.terminal.plan_view import off_peak_lines

    return off_peak_lines(count_jobs(manifest.jobs, manifest.operations), "job")
