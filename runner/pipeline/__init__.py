"""The program as steps: read, validate, expand, plan, run, record, report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from runner.errors import Exit, ManifestError, Problem, UsageError, worst
from runner.guard import say
from runner.model import Action
from runner.pipeline.accounts import with_keys
from runner.pipeline.making import plan_manifest
from runner.pipeline.options import Options
from runner.pipeline.places import Places
from runner.pipeline.planned import must_be_read
from runner.pipeline.reading import Manifest, manifests_of
from runner.pipeline.telling import announce, print_json, tell
from runner.report import records, text
from runner.report.plans import plan_text

__all__ = ["Options", "emulate", "plan", "run", "schema", "validate"]


def validate(options: Options) -> Exit:
    """Check every manifest; sends nothing, writes nothing, needs no key."""
    options.check()
    options = replace(options, dry=True)
    problems: list[Problem]
    manifests: list[Manifest] = []
    code = Exit.OK
    try:
        manifests = manifests_of(options)
        problems = [problem for manifest in manifests for problem in manifest.warnings]
    except ManifestError as error:
        if not options.as_json:
            raise
        problems, code = error.problems, Exit.INVALID
    if options.as_json:
        print_json([records.of_problem(problem) for problem in problems])
        return code
    tell(problems)
    for manifest in manifests:
        count = len(manifest.jobs)
        print(f"{manifest.path}: {count} job{'s' * (count != 1)}, nothing wrong")
    return code


def plan(options: Options, *, detailed_exitcode: bool = False) -> Exit:
    """Show what a run would do, and why; sends nothing, writes nothing, needs no key."""
    options.check()
    options = replace(options, dry=True)
    manifests = manifests_of(options)
    planned = [plan_manifest(manifest, options) for manifest in manifests]
    if options.as_json:
        print_json([records.of_plan(str(p.manifest.path), p.plan, p.outlook) for p in planned])
    for one in planned:
        announce(one)
        if not options.as_json:
            print(plan_text(str(one.manifest.path), one.plan, one.outlook))
    entries = (entry for one in planned for entry in one.plan.entries)
    work = any(entry.action is Action.SUBMIT for entry in entries)
    return Exit.TO_SUBMIT if detailed_exitcode and work else Exit.OK


def run(options: Options) -> Exit:
    """Make what the manifests ask for, one manifest after the other.

    Everything that can be wrong with any of them (problems, keys, addresses) is told before
    anything is sent for the first.
    """
    from runner.pipeline.rescued import bring_home
    from runner.pipeline.running import run_planned
    from runner.pipeline.surroundings import within_reach

    options.check()
    if options.force and not (options.select or options.yes):
        raise UsageError(
            "--force pays again for results that are there",
            hint="name the jobs with --select, or add --yes to mean all of them",
        )
    manifests = manifests_of(options)
    for ledger in dict.fromkeys(Places.of(each.path, options).ledger for each in manifests):
        for line in bring_home(ledger):
            say(line)
    _settle_beforehand(manifests, options)
    # What is set aside is submitted by a plain run; what failed is to be tried again as well.
    options = replace(options, force=False, retry_failed=options.retry_failed or options.force)
    codes: list[Exit] = []
    for manifest in manifests:
        # Planned again: the run before may have made what this one asks for.
        planned = plan_manifest(manifest, options)
        with within_reach(planned) as ready:
            code, told = run_planned(ready)
        say(text.summary(told))
        codes.append(code)
        if code in (Exit.INTERRUPTED, Exit.TERMINATED):
            break
    return worst(codes)


def _settle_beforehand(manifests: Sequence[Manifest], options: Options) -> None:
    """Tell what is planned and have it agreed to; the plans themselves are not kept."""
    from runner.pipeline.consent import confirm
    from runner.pipeline.forcing import set_aside

    plans = [plan_manifest(manifest, options) for manifest in manifests]
    for planned in plans:
        announce(planned)
        must_be_read(planned)
        if not options.emulate:
            with_keys(planned)
        confirm(planned)
    for planned in plans:
        set_aside(planned)


def emulate(
    *,
    port: int,
    time_scale: float,
    concurrency: int,
    credits: int | None,  # noqa: A002 - the flag's name
    key: tuple[str, ...],
    state_dir: Path | None,
    faults: Path | None = None,
) -> Exit:
    """Serve both APIs on loopback until interrupted."""
    from runner.pipeline.emulation import serve_emulator

    serve_emulator(
        port=port,
        time_scale=time_scale,
        concurrency=concurrency,
        credits_=credits,
        keys=key,
        state_dir=state_dir,
        faults=faults,
    )
    return Exit.OK


def schema(name: str | None) -> Exit:
    """Print the schema of that name, or the names there are."""
    from runner.operations import schema_folder

    folder = schema_folder()
    names = {
        path.relative_to(folder).as_posix().removesuffix(".schema.json"): path
        for path in sorted(folder.rglob("*.schema.json"))
    }
    if name is None:
        print("\n".join(names))
        return Exit.OK
    if name not in names:
        raise UsageError(f'there is no schema "{name}"', hint=f"there are: {', '.join(names)}")
    print(names[name].read_text(encoding="utf-8"), end="")
    return Exit.OK
