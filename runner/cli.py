"""Command line: turns flags into options, calls a verb with them and exits with its code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click_default_group import DefaultGroup

from runner import __version__

if TYPE_CHECKING:
    from runner.commands.options import Options
    from runner.errors import Exit

    _Group = click.Group  # DefaultGroup is one, but has no types
else:
    _Group = DefaultGroup

# Each verb imports its own module: `--help` and completion load none of them.

F = TypeVar("F", bound=Callable[..., Any])

PATH = click.Path(path_type=Path)


def _add(*options: Callable[[F], F]) -> Callable[[F], F]:
    # Reversed, as decorators are: `--help` lists them in the order written here.
    return lambda command: reduce(lambda done, option: option(done), reversed(options), command)


def _flag(*names: str, text: str) -> Callable[[F], F]:
    return click.option(*names, is_flag=True, help=text)


def _value(
    name: str, metavar: str | None, text: str, kind: click.ParamType[Any] | None = None, **more: Any
) -> Callable[[F], F]:
    return click.option(name, metavar=metavar, help=text, type=kind, **more)


def _no_verb(ctx: click.Context, _: click.Parameter, paths: tuple[Path, ...]) -> tuple[Path, ...]:
    """Raises UsageError for a verb after the flags, where it would be taken for a manifest."""
    for path in paths:
        word = str(path)
        # A manifest may be named like a verb, but then it exists.
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
    _value("--outputs", "DIR", "Folder for the fetched files.  [default: outputs]"),
)

# Here and below the defaults are written out: the settings apply them, where a flag, a variable
# and the manifest meet, so that click must leave a flag that is not given at None.

_SELECTORS = "Only these jobs: an id, tag:NAME or state:STATE; * matches anything."
SELECTION = _add(
    _value("--select", "GLOB", _SELECTORS, multiple=True),
    _value("--exclude", "GLOB", "Leave out these jobs.", multiple=True),
)

_SCALE = click.FloatRange(min=0)
_EMULATED_SCALE = "Duration of emulated tasks; 1 is real time.  [default: 0.1]"
EMULATION = _add(
    _flag("--emulate", text="Use the built-in emulator: no key, no money."),
    _value("--time-scale", "X", _EMULATED_SCALE, _SCALE),
)

ADDRESSES = _add(
    _value("--base-url", "PROVIDER=URL", "Address of a provider.", multiple=True),
    _value("--trust", "HOST=VAR", "Allow sending the key in VAR to HOST.", multiple=True),
)

_OFF_PEAK = "Whether to submit off-peak what is offered so: half the price, up to 48 hours."
OFF_PEAK = click.option("--off-peak/--no-off-peak", default=None, help=_OFF_PEAK)

_BUDGET = "Most that the manifest may cost over all runs: credits=500,cny=40."
_AMBIGUOUS = "Whether to submit again where the fate of a submission is unknown.  [default: ask]"
_DOWNLOAD = "Whether to fetch the files.  [default: download]"
SETTINGS = _add(
    ADDRESSES,
    _value("--concurrency", "N", "Most tasks in flight at once.  [default: 5]"),
    _value("--timeout", "TIME", "Time limit of a job, from its submission.  [default: 30m]"),
    _value(
        "--keep",
        "NAMES",
        "Which URLs of results to download: url, watermarked_url, cover_url.  [default: url]",
    ),
    _value("--poll-rate", "N", "Status requests per second to each provider.  [default: 5]"),
    _value("--outage", "TIME", "How long to wait for an unreachable provider.  [default: 10m]"),
    click.option("--download/--no-download", default=None, help=_DOWNLOAD),
    OFF_PEAK,
    _value("--budget", "UNIT=N,...", _BUDGET),
    _value("--confirm-above", "UNIT=N,...", "Ask before a run that costs more."),
    _value("--on-ambiguous", "ask|resubmit", _AMBIGUOUS),
    _value("--settle", "TIME", "How far a provider's task list may lag behind.  [default: 5s]"),
    _value("--max-failures", "N", "Stop submitting after N failed jobs."),
)

MARKS = _value("--redo", "MARKS", "Replace each take that this marks file rejects by the next one.")

PROGRESS = click.option(
    "--progress",
    type=click.Choice(["auto", "bar", "plain", "json", "none"]),
    default="auto",
    show_default=True,
    help="How to show progress; json writes NDJSON to standard output.",
)
VERBOSE = _flag("-v", "--verbose", text="Show each request, and each retry of a job.")
YES = _flag("-y", "--yes", text="Do not ask for confirmation.")


class Verbs(_Group):
    """The verbs. A first word that is not one is the path of a manifest to run."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Raises UsageError for a word that is not a verb and does not look like a path."""
        word = args[0]
        # What looks like a path is taken for one, and reported as a missing manifest.
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
@_add(MANIFESTS, MARKS, PATHS, SELECTION, EMULATION, SETTINGS, PROGRESS, VERBOSE)
@_flag("-n", "--dry-run", text="Show the plan and stop.")
@_flag("--retry-failed", text="Also retry jobs that failed for good.")
@_flag("--force", text="Make the selected jobs again, and pay for them again.")
@_flag("--detach", text="Submit what there is room for and end; `fetch` collects the results.")
@_flag("--fail-fast", text="Stop submitting after the first failed job.")
@YES
def run(dry_run: bool, **flags: Any) -> None:
    """Make what the manifests describe. The default verb."""
    from runner.commands import plan, run

    _call(plan.plan if dry_run else run.run, flags)


@cli.command()
@_add(MANIFESTS, MARKS, OFF_PEAK)
@_flag("--json", "as_json", text="Print errors and warnings as JSON.")
def validate(**flags: Any) -> None:
    """Check manifests and marks files. Sends nothing and needs no key."""
    from runner.commands import validate

    _call(validate.validate, flags)


@cli.command()
@_add(MANIFESTS, MARKS, PATHS, SELECTION, EMULATION, SETTINGS)
@_flag("--retry-failed", text="Plan what run --retry-failed would do.")
@_flag("--force", text="Plan what run --force would do.")
@_flag("--json", "as_json", text="Print the plan as JSON.")
@_flag("--detailed-exitcode", text="Exit with 10 if there is something to submit.")
def plan(detailed_exitcode: bool, **flags: Any) -> None:
    """Show what a run would do, and why. Writes nothing."""
    from runner.commands import plan

    _call(lambda options: plan.plan(options, detailed_exitcode=detailed_exitcode), flags)


@cli.command()
@_add(MANIFESTS, MARKS, PATHS, SELECTION, EMULATION, ADDRESSES)
@_flag("--refresh", text="Ask the providers about tasks under way first.")
@_flag("--json", "as_json", text="Print the states as JSON.")
def status(refresh: bool, **flags: Any) -> None:
    """Show the state of every job. Submits nothing."""
    from runner.commands import status

    _call(lambda options: status.status(options, refresh=refresh), {**flags, "progress": "none"})


@cli.command()
@_add(MANIFESTS, MARKS, PATHS, SELECTION, EMULATION, ADDRESSES, PROGRESS, VERBOSE)
@_flag("--verify", text="Read every file; report and fetch those that are damaged.")
def fetch(verify: bool, **flags: Any) -> None:
    """Fetch paid results that are missing or damaged. Submits nothing."""
    from runner.commands import fetch

    _call(lambda options: fetch.fetch(options, verify=verify), flags)


@cli.command()
@_add(MANIFESTS, MARKS, PATHS, SELECTION, EMULATION, ADDRESSES, VERBOSE, YES)
def cancel(**flags: Any) -> None:
    """Cancel tasks that have not started yet."""
    from runner.commands import cancel

    _call(cancel.cancel, flags)


@cli.command()
@click.argument("manifest", type=PATH)
@click.argument("job", required=False)
@_add(MARKS, PATHS, SELECTION, EMULATION, ADDRESSES)
@_flag("--lost", text="The submission was lost: the next run submits it again.")
@_value("--task-id", "ID", "The submission created this task: the next run collects it.")
def resolve(manifest: Path, job: str | None, lost: bool, task_id: str | None, **flags: Any) -> None:
    """Decide about submissions whose fate is unknown.

    Decides about JOB, or about the jobs that --select names.
    """
    from runner.commands import resolve

    flags["manifests"] = (manifest,)
    _call(lambda options: resolve.resolve(options, job=job, lost=lost, task_id=task_id), flags)


REPORT_PROGRESS = click.option(
    "--progress",
    type=click.Choice(["auto", "bar", "none"]),
    default="auto",
    show_default=True,
    help="Whether to show a bar.",
)
_COPY = "Make a folder or an archive to hand over, originals included."
_EMBED = "Make one file with the thumbnails inside, without originals."
_PREVIEW = "With --embed: add pictures of this size in pixels, such as 960."
_MARKS = "Show the marks in this file; repeat it for several reviewers."
_LANG = "Language of the page.  [default: the browser's]"


@cli.command()
@click.argument("manifest", type=PATH)
@_add(PATHS, SELECTION, _flag("--emulate", text="Show the results of a rehearsal."))
@_value("--copy", "DIR|FILE.zip", _COPY, PATH)
@_value("--embed", "FILE.html", _EMBED, PATH)
@_value("--preview", "PX", _PREVIEW, click.IntRange(100, 4096))
@_value("--marks", "FILE", _MARKS, PATH, multiple=True)
@_value("--lang", None, _LANG, click.Choice(["en", "zh"]))
@_flag("--open", "open_page", text="Open it in a browser, unless nobody would see that.")
@_add(REPORT_PROGRESS, YES)
def report(manifest: Path, **flags: Any) -> None:
    """Make a gallery of the results, to look at and to choose from. Sends nothing.

    Without --copy and --embed it is made in place: MANIFEST's stem with `.report`, whose
    `index.html` shows the files where they are.
    """
    from runner.commands import report

    own = {name: flags.pop(name) for name in report.ReportOptions.__slots__}
    options = report.ReportOptions(**own)
    _call(lambda each: report.report(each, options), {**flags, "manifests": (manifest,)})


_PORT = "Port to listen on; 0 takes a free one."
_ACCOUNT_SIZE = "Tasks that the account works on at once."
_OVER_LIMIT = "Whether more tasks wait in order, or are refused with 429."
_LIST_FIELDS = "Fields of the task list: as documented, or with payload and err_code too."


@cli.command(context_settings={"show_default": True})
@_value("--port", "N", _PORT, click.IntRange(0, 65535), default=8787)
@_value("--time-scale", "X", "Duration of tasks; 1 is real time.", _SCALE, default=1.0)
@_value("--concurrency", "N", _ACCOUNT_SIZE, click.IntRange(min=1), default=5)
@_value("--over-limit", None, _OVER_LIMIT, click.Choice(["queue", "refuse"]), default="queue")
@_value(
    "--list-fields", None, _LIST_FIELDS, click.Choice(["documented", "all"]), default="documented"
)
@_value("--credits", "N", "The account's credits.", click.IntRange(min=0))
@_value("--key", "KEY", "A key to accept.  [default: any key]", multiple=True)
@click.option("--state-dir", type=PATH, help="Folder to keep tasks in.  [default: in memory]")
@_value("--faults", "FILE", "A script of the faults to produce.", PATH)
def emulate(**flags: Any) -> None:
    """Serve an emulator of both APIs on loopback, for any client."""
    from runner.commands import emulate

    _exit_with(lambda: emulate.emulate(**flags))


@cli.command()
@click.argument("names", nargs=-1, metavar="[NAME | FILE...]")
@_flag("--check", text="Check operations' files; without FILE, those that are installed.")
def schema(names: tuple[str, ...], check: bool) -> None:
    """Print a JSON Schema, or the names of all.

    NAME is manifest, results, marks, operation or an operation, such as vidu/reference2image.
    """
    from runner.commands import schema

    _exit_with(lambda: schema.schema(names, check=check))


@cli.command()
@click.argument("name", required=False)
@_flag("--json", "as_json", text="Print the reference as JSON.")
def operations(name: str | None, as_json: bool) -> None:
    """List the operations with models and prices, or show one as a page.

    NAME is an operation, such as vidu/img2video.
    """
    from runner.commands import operations

    _exit_with(lambda: operations.operations(name, as_json=as_json))


def _call(verb: Callable[[Options], Exit], flags: Mapping[str, Any]) -> None:
    """Call the verb with its flags in one record, and exit with its code."""
    from runner.commands.options import Options

    _exit_with(lambda: verb(Options(**flags)))


def _exit_with(step: Callable[[], Exit]) -> None:
    from runner.error_handler import handle_errors

    sys.exit(handle_errors(step))


def main() -> None:
    """Read the command line, run the verb and exit."""
    try:
        cli(prog_name="vidu-run")
    except OSError as error:  # help that cannot be written: a verb handles its own errors
        failure = error

        def step() -> Exit:
            raise failure

        _exit_with(step)
