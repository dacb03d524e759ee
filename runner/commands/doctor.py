"""`vidu-run doctor`: checks what runs of the manifests rely on; changes and pays nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from runner.commands.load import Manifest, read_manifests
from runner.commands.manifest_plan import ManifestPlan, plan_manifest
from runner.commands.manifest_settings import (
    project_paths,
    setting_sources,
    used_providers,
)
from runner.commands.marks_files import without_marks
from runner.commands.options import Options, ProjectPaths
from runner.commands.output import print_json
from runner.commands.results_files import without_results
from runner.commands.schema_copy import SCHEMA, outdated_copies
from runner.doctor.accounts import check_account
from runner.doctor.check import Check, exit_of, fail, failed, guarded, ok, warn, within
from runner.doctor.ledger import check_ledger
from runner.doctor.machine import (
    check_disk,
    check_media,
    check_terminal,
    check_version,
    encodings,
)
from runner.doctor.network import ask_all
from runner.doctor.provider import check_provider
from runner.doctor.shared_ledger import check_shared_ledger
from runner.doctor.text import report_record, report_text
from runner.errors import (
    Diagnostic,
    Exit,
    Failure,
    LedgerError,
    ManifestError,
    plural,
    terminal_columns,
)
from runner.fs import is_file
from runner.model.operations import MediaKind
from runner.model.plans import Action
from runner.model.requests import Account
from runner.providers.registry import PROVIDERS
from runner.settings.accounts import Sources, emulated_accounts
from runner.settings.settings import read_ledger
from runner.terminal.format import money_list

_MANIFEST_LIMIT_S = 120.0
_FETCHED = frozenset({Action.SUBMIT, Action.ATTACH, Action.FETCH})


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """One manifest, as far as it can be read and planned, and the checks of that."""

    path: Path
    checks: list[Check]
    manifest: Manifest | None = None
    planned: ManifestPlan | None = None


def doctor(options: Options) -> Exit:
    """Print a line a check; the exit code is that with which a run would end.

    Sends free questions to the providers, nothing else, and writes nothing. Raises UsageError.
    """
    options.check()
    options = replace(options, dry=True, progress="none")
    checks = [check_version(), check_media(), check_terminal(*encodings())]
    # Over all of them: `*.yaml` names results and marks with their manifests.
    paths, others = without_results(options.manifests)
    paths, more = without_marks(paths)
    checks += map(_not_a_manifest, (*others, *more))
    examined = [_examine(path, options) for path in paths]
    checks += [check for each in examined for check in each.checks]
    checks += _provider_checks(examined, options)
    checks += _disk_checks(examined)
    checks += _ledger_checks(examined, options)
    checks = [*dict.fromkeys(checks)]  # manifests may share a folder, a key, a disk
    if options.as_json:
        print_json(report_record(checks))
    else:
        print(report_text(checks, terminal_columns(sys.stdout)))
    return exit_of(checks)


def _ledger_checks(examined: Sequence[Examined], options: Options) -> list[Check]:
    """Of the ledger of every manifest; without one, of the ledger in the current folder."""
    try:
        paths = [_paths(each.path, each.manifest, options) for each in examined]
        paths = paths or [_paths(Path("manifest.yaml"), None, options)]
    except Failure as error:
        return [failed("ledger-place", error)]
    locations = dict.fromkeys(each.location for each in paths)
    return [
        check
        for location in locations
        for check in (
            check_ledger(location) if isinstance(location, Path) else check_shared_ledger(location)
        )
    ]


def _paths(path: Path, manifest: Manifest | None, options: Options) -> ProjectPaths:
    if manifest is not None:
        return project_paths(manifest, options)
    sources = Sources(environ=options.environment(), flags=options.flags())
    shared = None if options.emulate else read_ledger(sources)
    return ProjectPaths.of(path, options, shared)


# -------------------------------------------------------------------------------------- manifests


def _not_a_manifest(problem: Diagnostic) -> Check:
    about = problem.location.path if problem.location else ""
    return failed("manifest", ManifestError([problem]), about)


def _examine(path: Path, options: Options) -> Examined:
    """Read and plan one manifest."""
    about = str(path)
    alone = replace(options, manifests=(path,))
    try:
        (manifest,) = within(_MANIFEST_LIMIT_S, lambda: read_manifests(alone))
    except Failure as error:
        return Examined(path=path, checks=[failed("manifest", error, about)])
    except TimeoutError:
        text = f"not read within {_MANIFEST_LIMIT_S:g} s"
        return Examined(path=path, checks=[fail("manifest", text, Exit.INCOMPLETE, about)])
    text = plural(len(manifest.jobs), "job")
    if manifest.warnings:
        text += f", {plural(len(manifest.warnings), 'warning')}: see `vidu-run validate`"
    checks = [ok("manifest", text, about), *guarded("schema", about, lambda: _schema(path))]
    try:
        planned = within(_MANIFEST_LIMIT_S, lambda: plan_manifest(manifest, alone))
        planned.check_earlier_results()
    except LedgerError:  # the checks of the ledger report it
        return Examined(path=path, checks=checks, manifest=manifest)
    except Failure as error:
        checks.append(failed("plan", error, about))
        return Examined(path=path, checks=checks, manifest=manifest)
    except TimeoutError:
        text = f"not planned within {_MANIFEST_LIMIT_S:g} s"
        checks.append(fail("plan", text, Exit.INCOMPLETE, about))
        return Examined(path=path, checks=checks, manifest=manifest)
    checks.append(ok("plan", _plan_text(planned), about))
    return Examined(path=path, checks=checks, manifest=manifest, planned=planned)


def _plan_text(planned: ManifestPlan) -> str:
    submits = sum(entry.action is Action.SUBMIT for entry in planned.plan.entries)
    cost = money_list(planned.outlook.cost)
    return f"{submits} to submit" + (f", about {' and '.join(cost)}" if cost else "")


def _schema(path: Path) -> Iterator[Check]:
    """Whether the copy of the schema beside the manifest is of this version, if there is one."""
    copy = path.parent / SCHEMA
    if problems := outdated_copies([path]):
        yield warn("schema", problems[0].message, str(copy), hint=problems[0].hint)
    elif is_file(copy):
        yield ok("schema", "as this version writes it", str(copy))


# -------------------------------------------------------------------------------------- providers


def _provider_checks(examined: list[Examined], options: Options) -> list[Check]:
    checks, accounts = _accounts(examined, options)
    with _asked(accounts, options) as asked:
        facts = ask_all(asked, trust_env=not options.emulate)
    needed = _needed_credits(examined)
    for each in facts:
        checks += check_provider(each, needed)
    return checks


def _accounts(examined: list[Examined], options: Options) -> tuple[list[Check], list[Account]]:
    """The checks of keys, and what each provider is asked with; each account once."""
    checks: list[Check] = []
    accounts: dict[tuple[str, str, str], Account] = {}
    manifests = [each.manifest for each in examined if each.manifest]
    # Without a manifest nobody knows which providers are used: no key has to be there.
    used = [
        (name, PROVIDERS[name], setting_sources(manifest, options))
        for manifest in manifests
        for name in used_providers(manifest)
    ] or [
        (name, vendor, Sources(environ=options.environment(), flags=options.flags()))
        for name, vendor in PROVIDERS.items()
    ]
    for name, vendor, sources in used:
        check, account = (
            (ok("key", "not needed: --emulate", name), _rehearsing(name))
            if options.emulate
            else check_account(name, vendor, sources, is_needed=bool(manifests))
        )
        checks.append(check)
        if account is not None:
            accounts[name, account.base_url, account.key_env] = account
    return checks, [*accounts.values()]


def _rehearsing(name: str) -> Account:
    """A stand-in until the emulator has an address."""
    return emulated_accounts("", {name: PROVIDERS[name]})[name]


@contextmanager
def _asked(accounts: list[Account], options: Options) -> Iterator[list[Account]]:
    """The accounts themselves, or those at an emulator that lives as long as this context."""
    if not options.emulate:
        yield accounts
        return
    # Late: its server takes long to load.
    from runner.emulator.options import EmulatorOptions
    from runner.emulator.server import run_emulator

    with run_emulator(EmulatorOptions()) as url:
        yield [replace(account, base_url=url) for account in accounts]


def _needed_credits(examined: Iterable[Examined]) -> Decimal | None:
    """The credits that the plans expect to spend; None where a plan is not known."""
    plans = [each.planned for each in examined]
    known = [planned for planned in plans if planned]
    if not known or len(known) < len(plans):
        return None
    costs = (planned.outlook.cost.get("credits", Decimal(0)) for planned in known)
    return sum(costs, Decimal(0))


# ------------------------------------------------------------------------------------------ disks


def _disk_checks(examined: Iterable[Examined]) -> list[Check]:
    """Whether there is room for the results, by the folder that they go to."""
    makes: dict[Path, list[MediaKind]] = {}
    for each in examined:
        if (planned := each.planned) is not None and planned.settings.download:
            operations = planned.manifest.operations
            makes.setdefault(planned.settings.outputs, []).extend(
                operations[entry.job.operation].makes
                for entry in planned.plan.entries
                if entry.action in _FETCHED
            )
    found = makes or {Path(): []}
    return [check for folder, kinds in found.items() for check in _disk(folder, kinds)]


def _disk(folder: Path, kinds: list[MediaKind]) -> list[Check]:
    return guarded("disk", str(folder), lambda: [check_disk(folder, kinds)])
