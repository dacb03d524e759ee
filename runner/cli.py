"""Command line: turns flags into options, calls a verb with them and exits with its code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click_default_group import DefaultGroup

from runner import __version__

if TYPE_CHECKING:
    from runner.errors import Exit

    _Group = click.Group  # DefaultGroup is one, but has no types
else:
    _Group = DefaultGroup

# Each verb imports its own module: `--help` and completion load none of them.

F = TypeVar("F", bound=Callable[..., Any])

PATH = click.Path(path_type=Path)


def _add(*options: Callable[[F], F]) -> Callable[[F], F]:
    def add(command: F) -> F:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def _no_verb(ctx: click.Context, _: click.Parameter, paths: tuple[Path, ...]) -> tuple[Path, ...]:
    """Raises UsageError for a verb after the flags, where it would be taken for a manifest."""
    for path in paths:
        word = str(path)
        if word in cli.commands and not os.path.lexists(path):
            message = f'there is no file "{word}"; if you mean the verb, write it first:'
            raise click.UsageError(f"{message} vidu-run {word} ...", ctx)
    return paths


MANIFESTS = click.argument(
    "manifests", nargs=-1, required=True, metavar="MANIFEST...", type=PATH, callback=_no_verb
)

PATHS = _add(
    click.option(
        "-o", "--results", type=PATH, help="Results file; JSON if its name ends in .json."
    ),
    click.option("--state-dir", type=PATH, help="Folder of the ledger.  [default: .vidu-run]"),
    click.option(
        "--outputs", metavar="DIR", help="Folder for the fetched files.  [default: outputs]"
    ),
)

SELECTION = _add(
    click.option(
        "--select",
        multiple=True,
        metavar="GLOB",
        help="Only these jobs: an id, tag:NAME or state:STATE; * matches anything.",
    ),
    click.option("--exclude", multiple=True, metavar="GLOB", help="Leave out these jobs."),
)

EMULATION = _add(
    click.option("--emulate", is_flag=True, help="Use the built-in emulator: no key, no money."),
    click.option(
        "--time-scale",
        type=click.FloatRange(min=0),
        metavar="X",
        help="Duration of emulated tasks; 1 is real time.  [default: 0.1]",
    ),
)

ADDRESSES = _add(
    click.option(
        "--base-url", multiple=True, metavar="PROVIDER=URL", help="Address of a provider."
    ),
    click.option(
        "--trust", multiple=True, metavar="HOST=VAR", help="Allow sending the key in VAR to HOST."
    ),
)

SETTINGS = _add(
    ADDRESSES,
    click.option("--concurrency", metavar="N", help="Most tasks in flight at once.  [default: 5]"),
    click.option(
        "--timeout",
        metavar="TIME",
        help="Time limit of a job, from its submission.  [default: 30m]",
    ),
    click.option(
        "--poll-rate",
        metavar="N",
        help="Status requests per second to each provider.  [default: 5]",
    ),
    click.option(
        "--outage",
        metavar="TIME",
        help="How long to wait for an unreachable provider.  [default: 10m]",
    ),
    click.option(
        "--download/--no-download",
        default=None,
        help="Whether to fetch the files.  [default: download]",
    ),
    click.option(
        "--budget",
        metavar="UNIT=N,...",
        help="Most that the manifest may cost over all runs: credits=500,cny=40.",
    ),
    click.option("--confirm-above", metavar="UNIT=N,...", help="Ask before a run that costs more."),
    click.option(
        "--on-ambiguous",
        metavar="ask|resubmit",
        help="Whether to submit again where the fate of a submission is unknown.  [default: ask]",
    ),
    click.option(
        "--settle",
        metavar="TIME",
        help="How far a provider's task list may lag behind.  [default: 5s]",
    ),
    click.option("--max-failures", metavar="N", help="Stop submitting after N failed jobs."),
)

PROGRESS = click.option(
    "--progress",
    type=click.Choice(["auto", "bar", "plain", "json", "none"]),
    default="auto",
    show_default=True,
    help="How to show progress; json writes NDJSON to standard output.",
)


class Verbs(_Group):
    """The verbs. A first word that is not one is the path of a manifest to run."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Raises UsageError for a word that is not a verb and does not look like a path."""
        word = args[0]
        bare = word[:1].isalnum() and not {".", "/"} & set(word)
        if word not in self.commands and bare and not os.path.lexists(word):
            from runner.errors import nearest

            near = nearest(word, list(self.commands))
            hint = f'did you mean "{near}"?' if near else f"verbs: {', '.join(self.commands)}"
            message = f'there is no verb and no file named "{word}"; {hint}'
            raise click.UsageError(message, ctx)
        return super().resolve_command(ctx, args)


@click.group(
    cls=Verbs,
    default="run",
    default_if_no_args=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="vidu-run", message="%(prog)s %(version)s")
def cli() -> None:
    """Generate the images and videos that manifests describe, paying for each once.

    `vidu-run MANIFEST` runs a manifest. The API keys are read from VIDU_API_KEY and
    MODELVERSE_API_KEY.
    """


@cli.command()
@_add(MANIFESTS, PATHS, SELECTION, EMULATION, SETTINGS, PROGRESS)
@click.option("-n", "--dry-run", is_flag=True, help="Show the plan and stop.")
@click.option("--retry-failed", is_flag=True, help="Also retry jobs that failed for good.")
@click.option("--force", is_flag=True, help="Make the selected jobs again, and pay for them again.")
@click.option("--fail-fast", is_flag=True, help="Stop submitting after the first failed job.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask for confirmation.")
def run(dry_run: bool, **flags: Any) -> None:
    """Make what the manifests describe. The default verb."""
    from runner.commands import plan, run
    from runner.commands.options import Options

    options = Options(**flags)
    _exit_with(lambda: plan.plan(options) if dry_run else run.run(options))


@cli.command()
@MANIFESTS
@click.option("--json", "as_json", is_flag=True, help="Print errors and warnings as JSON.")
def validate(manifests: tuple[Path, ...], as_json: bool) -> None:
    """Check manifests. Sends nothing and needs no key."""
    from runner.commands import validate
    from runner.commands.options import Options

    _exit_with(lambda: validate.validate(Options(manifests=manifests, as_json=as_json)))


@cli.command()
@_add(MANIFESTS, PATHS, SELECTION, EMULATION, SETTINGS)
@click.option("--retry-failed", is_flag=True, help="Plan what run --retry-failed would do.")
@click.option("--force", is_flag=True, help="Plan what run --force would do.")
@click.option("--json", "as_json", is_flag=True, help="Print the plan as JSON.")
@click.option(
    "--detailed-exitcode", is_flag=True, help="Exit with 10 if there is something to submit."
)
def plan(detailed_exitcode: bool, **flags: Any) -> None:
    """Show what a run would do, and why. Writes nothing."""
    from runner.commands import plan
    from runner.commands.options import Options

    options = Options(**flags)
    _exit_with(lambda: plan.plan(options, detailed_exitcode=detailed_exitcode))


@cli.command()
@_add(MANIFESTS, PATHS, SELECTION, EMULATION, ADDRESSES)
@click.option("--refresh", is_flag=True, help="Ask the providers about tasks under way first.")
@click.option("--json", "as_json", is_flag=True, help="Print the states as JSON.")
def status(refresh: bool, **flags: Any) -> None:
    """Show the state of every job. Submits nothing."""
    from runner.commands import status
    from runner.commands.options import Options

    options = Options(progress="none", **flags)
    _exit_with(lambda: status.status(options, refresh=refresh))


@cli.command()
@_add(MANIFESTS, PATHS, SELECTION, EMULATION, ADDRESSES, PROGRESS)
@click.option(
    "--verify",
    is_flag=True,
    help="Read every file; report and fetch those that are damaged.",
)
def fetch(verify: bool, **flags: Any) -> None:
    """Fetch paid results that are missing or damaged. Submits nothing."""
    from runner.commands import fetch
    from runner.commands.options import Options

    options = Options(**flags)
    _exit_with(lambda: fetch.fetch(options, verify=verify))


@cli.command()
@_add(MANIFESTS, PATHS, SELECTION, EMULATION, ADDRESSES)
@click.option("-y", "--yes", is_flag=True, help="Do not ask for confirmation.")
def cancel(**flags: Any) -> None:
    """Cancel tasks that have not started yet."""
    from runner.commands import cancel
    from runner.commands.options import Options

    options = Options(**flags)
    _exit_with(lambda: cancel.cancel(options))


@cli.command()
@click.argument("manifest", type=PATH)
@click.argument("job", required=False)
@_add(PATHS, SELECTION, EMULATION, ADDRESSES)
@click.option(
    "--lost", is_flag=True, help="The submission was lost: the next run submits it again."
)
@click.option(
    "--task-id", metavar="ID", help="The submission created this task: the next run collects it."
)
def resolve(manifest: Path, job: str | None, lost: bool, task_id: str | None, **flags: Any) -> None:
    """Decide about submissions whose fate is unknown.

    Decides about JOB, or about the jobs that --select names.
    """
    from runner.commands import resolve
    from runner.commands.options import Options

    options = Options(manifests=(manifest,), **flags)
    _exit_with(lambda: resolve.resolve(options, job=job, lost=lost, task_id=task_id))


@cli.command()
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    metavar="N",
    default=8787,
    show_default=True,
    help="Port to listen on; 0 takes a free one.",
)
@click.option(
    "--time-scale",
    type=click.FloatRange(min=0),
    metavar="X",
    default=1.0,
    show_default=True,
    help="Duration of tasks; 1 is real time.",
)
@click.option(
    "--concurrency",
    type=click.IntRange(min=1),
    metavar="N",
    default=5,
    show_default=True,
    help="Tasks that the account may have at once.",
)
@click.option("--credits", type=click.IntRange(min=0), metavar="N", help="The account's credits.")
@click.option("--key", multiple=True, metavar="KEY", help="A key to accept.  [default: any key]")
@click.option("--state-dir", type=PATH, help="Folder to keep tasks in.  [default: in memory]")
@click.option("--faults", type=PATH, metavar="FILE", help="A script of the faults to produce.")
def emulate(**flags: Any) -> None:
    """Serve an emulator of both APIs on loopback, for any client."""
    from runner.commands import emulate

    _exit_with(lambda: emulate.emulate(**flags))


@cli.command()
@click.argument("name", required=False)
def schema(name: str | None) -> None:
    """Print a JSON Schema, or the names of all.

    NAME is manifest, results or an operation, such as vidu/reference2image.
    """
    from runner.commands import schema

    _exit_with(lambda: schema.schema(name))


def _exit_with(step: Callable[[], Exit]) -> None:
    from runner.error_handler import handle_errors

    sys.exit(handle_errors(step))


def main() -> None:
    """Read the command line, run the verb and exit."""
    cli(prog_name="vidu-run")
