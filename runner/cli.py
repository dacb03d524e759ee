"""The command line: flags become options, options go to a command, an exit code comes back."""

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

    _Group = click.Group  # what DefaultGroup is, which has no types of its own
else:
    _Group = DefaultGroup

# The commands are imported by the verbs, not here: `--help` and completion load nothing.

F = TypeVar("F", bound=Callable[..., Any])

PATH = click.Path(path_type=Path)


def _with(*options: Callable[[F], F]) -> Callable[[F], F]:
    def add(command: F) -> F:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def _no_verb(ctx: click.Context, _: click.Parameter, paths: tuple[Path, ...]) -> tuple[Path, ...]:
    """Raises UsageError for a verb behind the flags, where it would pass for a manifest."""
    for path in paths:
        word = str(path)
        if word in cli.commands and not os.path.lexists(path):
            message = f'there is no file "{word}"; if the verb is meant, it comes first:'
            raise click.UsageError(f"{message} vidu-run {word} ...", ctx)
    return paths


MANIFESTS = click.argument(
    "manifests", nargs=-1, required=True, metavar="MANIFEST...", type=PATH, callback=_no_verb
)

PLACES = _with(
    click.option("-o", "--results", type=PATH, help="Results manifest; a .json name gives JSON."),
    click.option("--state-dir", type=PATH, help="Where the ledger lives.  [default: .vidu-run]"),
    click.option("--outputs", metavar="DIR", help="Folder for the files.  [default: outputs]"),
)

SELECTION = _with(
    click.option("--select", multiple=True, metavar="GLOB", help="Only these ids, or tag:NAME."),
    click.option("--exclude", multiple=True, metavar="GLOB", help="Not these."),
)

EMULATION = _with(
    click.option("--emulate", is_flag=True, help="Use the built-in emulator: no key, no money."),
    click.option(
        "--time-scale",
        type=click.FloatRange(min=0),
        metavar="X",
        help="How long emulated tasks take, 1 being real.  [default: 0.1]",
    ),
)

ADDRESSES = _with(
    click.option("--base-url", multiple=True, metavar="PROVIDER=URL", help="A provider's address."),
    click.option(
        "--trust", multiple=True, metavar="HOST=VAR", help="Let HOST have the key in VAR."
    ),
)

SETTINGS = _with(
    ADDRESSES,
    click.option("--concurrency", metavar="N", help="Tasks in flight.  [default: 5]"),
    click.option("--timeout", metavar="TIME", help="A job's limit from its submission on.  [30m]"),
    click.option("--poll-rate", metavar="N", help="Status requests a second and provider.  [5]"),
    click.option(
        "--outage", metavar="TIME", help="How long to try an unreachable provider.  [10m]"
    ),
    click.option("--download/--no-download", default=None, help="Fetch the files.  [download]"),
    click.option(
        "--budget",
        metavar="UNIT=N,...",
        help="Ceiling over all a manifest has cost: credits=500,cny=40.",
    ),
    click.option(
        "--confirm-above", metavar="UNIT=N,...", help="Ask before submissions that cost more."
    ),
    click.option(
        "--on-ambiguous",
        metavar="ask|resubmit",
        help="What to do about a submission of unknown fate.  [ask]",
    ),
    click.option(
        "--settle", metavar="TIME", help="How far a provider's list of tasks may lag.  [5s]"
    ),
    click.option("--max-failures", metavar="N", help="Submit nothing more after N failed jobs."),
)

PROGRESS = click.option(
    "--progress",
    type=click.Choice(["auto", "bar", "plain", "json", "none"]),
    default="auto",
    show_default=True,
    help="How to tell what happens; json is NDJSON on standard output.",
)


class Verbs(_Group):
    """The verbs; where none is named, the first word is a manifest's path and is run."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Raises UsageError for a word that is neither a verb nor looks like a path."""
        word = args[0]
        bare = word[:1].isalnum() and not {".", "/"} & set(word)
        if word not in self.commands and bare and not os.path.lexists(word):
            import difflib

            near = difflib.get_close_matches(word, self.commands, n=1)
            hint = f'did you mean "{near[0]}"?' if near else f"verbs: {', '.join(self.commands)}"
            message = f'there is no verb "{word}", nor is there a file of that name; {hint}'
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
    """Run manifests of paid picture and video generation, paying for each job once.

    `vidu-run MANIFEST` runs it. Keys come from VIDU_API_KEY and MODELVERSE_API_KEY.
    """


@cli.command()
@_with(MANIFESTS, PLACES, SELECTION, EMULATION, SETTINGS, PROGRESS)
@click.option("-n", "--dry-run", is_flag=True, help="Only show the plan.")
@click.option("--retry-failed", is_flag=True, help="Try again what failed for good, too.")
@click.option("--force", is_flag=True, help="Make what is selected anew, and pay for it again.")
@click.option("--fail-fast", is_flag=True, help="Submit nothing more after the first failed job.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask whether to pay, pay.")
def run(dry_run: bool, **flags: Any) -> None:
    """Make what the manifests ask for (the default verb)."""
    from runner.commands import plan, run
    from runner.commands.options import Options

    options = Options(**flags)
    _end(lambda: plan.plan(options) if dry_run else run.run(options))


@cli.command()
@MANIFESTS
@click.option("--json", "as_json", is_flag=True, help="Problems as JSON on standard output.")
def validate(manifests: tuple[Path, ...], as_json: bool) -> None:
    """Check manifests without sending anything; no key is needed."""
    from runner.commands import validate
    from runner.commands.options import Options

    _end(lambda: validate.validate(Options(manifests=manifests, as_json=as_json)))


@cli.command()
@_with(MANIFESTS, PLACES, SELECTION, EMULATION, SETTINGS)
@click.option("--retry-failed", is_flag=True, help="Plan what failed for good again, too.")
@click.option("--force", is_flag=True, help="Plan what is selected anew, though it is there.")
@click.option("--json", "as_json", is_flag=True, help="The plan as JSON on standard output.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit 10 if there is something to submit.")
def plan(detailed_exitcode: bool, **flags: Any) -> None:
    """Show what a run would submit, reuse and re-attach to. Writes nothing."""
    from runner.commands import plan
    from runner.commands.options import Options

    options = Options(**flags)
    _end(lambda: plan.plan(options, detailed_exitcode=detailed_exitcode))


@cli.command()
@_with(MANIFESTS, PLACES, SELECTION, EMULATION, ADDRESSES)
@click.option("--refresh", is_flag=True, help="Ask the providers for tasks under way.")
@click.option("--json", "as_json", is_flag=True, help="As JSON on standard output.")
def status(refresh: bool, **flags: Any) -> None:
    """Show where every job stands, from the ledger. Submits nothing."""
    from runner.commands import status
    from runner.commands.options import Options

    options = Options(progress="none", **flags)
    _end(lambda: status.status(options, refresh=refresh))


@cli.command()
@_with(MANIFESTS, PLACES, SELECTION, EMULATION, ADDRESSES, PROGRESS)
@click.option(
    "--verify",
    is_flag=True,
    help="Read every file and tell which are damaged; they are fetched, too.",
)
def fetch(verify: bool, **flags: Any) -> None:
    """Fetch what is paid for and missing or damaged. Submits nothing."""
    from runner.commands import fetch
    from runner.commands.options import Options

    options = Options(**flags)
    _end(lambda: fetch.fetch(options, verify=verify))


@cli.command()
@_with(MANIFESTS, PLACES, SELECTION, EMULATION, ADDRESSES)
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
def cancel(**flags: Any) -> None:
    """Cancel tasks under way, as far as they still wait."""
    from runner.commands import cancel
    from runner.commands.options import Options

    options = Options(**flags)
    _end(lambda: cancel.cancel(options))


@cli.command()
@click.argument("manifest", type=PATH)
@click.argument("job", required=False)
@_with(PLACES, SELECTION, EMULATION, ADDRESSES)
@click.option("--lost", is_flag=True, help="It did not arrive, you say: submit it again.")
@click.option("--task-id", metavar="ID", help="This is its task: collect it.")
def resolve(manifest: Path, job: str | None, lost: bool, task_id: str | None, **flags: Any) -> None:
    """Decide about submissions of unknown fate.

    That of JOB, or those that --select names.
    """
    from runner.commands import resolve
    from runner.commands.options import Options

    options = Options(manifests=(manifest,), **flags)
    _end(lambda: resolve.resolve(options, job=job, lost=lost, task_id=task_id))


@cli.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8787, show_default=True)
@click.option("--time-scale", type=click.FloatRange(min=0), default=1.0, show_default=True)
@click.option("--concurrency", type=click.IntRange(min=1), default=5, show_default=True)
@click.option("--credits", type=click.IntRange(min=0), help="The account's balance.")
@click.option("--key", multiple=True, help="A key that is accepted.  [default: any]")
@click.option("--state-dir", type=PATH, help="Keep tasks here.  [default: in memory]")
@click.option("--faults", type=PATH, metavar="FILE", help="What goes wrong: a script of faults.")
def emulate(**flags: Any) -> None:
    """Serve both APIs on loopback, for any client. No key, no money."""
    from runner.commands import emulate

    _end(lambda: emulate.emulate(**flags))


@cli.command()
@click.argument("name", required=False)
def schema(name: str | None) -> None:
    """Print a JSON Schema, or list those there are.

    NAME is manifest, results or an operation such as vidu/reference2image.
    """
    from runner.commands import schema

    _end(lambda: schema.schema(name))


def _end(step: Callable[[], Exit]) -> None:
    from runner.error_handler import handle_errors

    sys.exit(handle_errors(step))


def main() -> None:
    """Read the command line and do what it says."""
    cli(prog_name="vidu-run")
