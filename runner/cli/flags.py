"""Flags: the options that verbs share, in groups."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import reduce
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

PATH = click.Path(path_type=Path)


def add(*options: Callable[[F], F]) -> Callable[[F], F]:
    """A decorator that gives a verb all of these options."""
    # Reversed, as decorators are: `--help` lists them in the order written here.
    return lambda command: reduce(lambda done, option: option(done), reversed(options), command)


def flag(*names: str, text: str) -> Callable[[F], F]:
    """An option without a value."""
    return click.option(*names, is_flag=True, help=text)


def value(
    name: str, metavar: str | None, text: str, kind: click.ParamType[Any] | None = None, **more: Any
) -> Callable[[F], F]:
    """An option whose value is named `metavar` in the help."""
    return click.option(name, metavar=metavar, help=text, type=kind, **more)


def _no_verb(ctx: click.Context, _: click.Parameter, paths: tuple[Path, ...]) -> tuple[Path, ...]:
    """Raises UsageError for a verb after the flags, where it would be taken for a manifest."""
    group = ctx.find_root().command
    verbs = group.commands if isinstance(group, click.Group) else {}
    for path in paths:
        word = str(path)
        # A manifest may be named like a verb, but then it exists.
        if word in verbs and not os.path.lexists(path):
            message = f'there is no file "{word}"; if you mean the verb, write it first:'
            raise click.UsageError(f"{message} vidu-run {word} ...", ctx)
    return paths


MANIFESTS = click.argument(
    "manifests", nargs=-1, required=True, metavar="MANIFEST...", type=PATH, callback=_no_verb
)

PATHS = add(
    click.option(
        "-o", "--results", type=PATH, help="Results file; JSON if its name ends in .json."
    ),
    click.option("--state-dir", type=PATH, help="Folder of the ledger.  [default: .vidu-run]"),
    value("--outputs", "DIR", "Folder for the fetched files.  [default: outputs]"),
    value("--ledger", "URL", "A PostgreSQL that several machines share as their ledger."),
)

# Here and below the defaults are written out: the settings apply them, where a flag, a variable
# and the manifest meet, so that click must leave a flag that is not given at None.

_SELECTORS = (
    "Only these jobs: an id, tag:NAME, state:STATE, mark:picked, mark:rejected, mark:none, or "
    "changed since they were last made; * matches anything."
)


def _selectors(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    from runner.cli.completion import selectors

    return selectors(ctx, incomplete)


def complete_ids(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """The ids of jobs that complete a word."""
    from runner.cli.completion import job_ids

    return job_ids(ctx, incomplete)


SELECTION = add(
    value("--select", "GLOB", _SELECTORS, multiple=True, shell_complete=_selectors),
    value("--exclude", "GLOB", "Leave out these jobs.", multiple=True, shell_complete=_selectors),
)

SCALE = click.FloatRange(min=0)
_EMULATED_SCALE = "Duration of emulated tasks; 1 is real time.  [default: 0.1]"
EMULATION = add(
    flag("--emulate", text="Use the built-in emulator: no key, no money."),
    value("--time-scale", "X", _EMULATED_SCALE, SCALE),
)

ADDRESSES = add(
    value("--base-url", "PROVIDER=URL", "Address of a provider.", multiple=True),
    value("--trust", "HOST=VAR", "Allow sending the key in VAR to HOST.", multiple=True),
)

_OFF_PEAK = "Whether to submit off-peak what is offered so: half the price, up to 48 hours."
OFF_PEAK = click.option("--off-peak/--no-off-peak", default=None, help=_OFF_PEAK)

_BUDGET = "Most that the manifest may cost over all runs: credits=500,cny=40."
_AMBIGUOUS = "Whether to submit again where the fate of a submission is unknown.  [default: ask]"
_DOWNLOAD = "Whether to fetch the files.  [default: download]"
SETTINGS = add(
    ADDRESSES,
    value("--concurrency", "N", "Most tasks in flight at once.  [default: 5]"),
    value("--timeout", "TIME", "Time limit of a job, from its submission.  [default: 30m]"),
    value(
        "--keep",
        "NAMES",
        "Which URLs of results to download: url, watermarked_url, cover_url.  [default: url]",
    ),
    value("--poll-rate", "N", "Status requests per second to each provider.  [default: 5]"),
    value("--outage", "TIME", "How long to wait for an unreachable provider.  [default: 10m]"),
    click.option("--download/--no-download", default=None, help=_DOWNLOAD),
    OFF_PEAK,
    value("--budget", "UNIT=N,...", _BUDGET),
    value("--confirm-above", "UNIT=N,...", "Ask before a run that costs more."),
    value("--on-ambiguous", "ask|resubmit", _AMBIGUOUS),
    value("--settle", "TIME", "How far a provider's task list may lag behind.  [default: 5s]"),
    value("--max-failures", "N", "Stop submitting after N failed jobs."),
    value(
        "--notify-after",
        "TIME",
        "Report only runs that took longer, with --notify.  [default: 30s]",
    ),
)

MARKS = value("--redo", "MARKS", "Replace each take that this marks file rejects by the next one.")

PROGRESS = click.option(
    "--progress",
    type=click.Choice(["auto", "bar", "plain", "json", "none"]),
    default="auto",
    show_default=True,
    help="How to show progress; json writes NDJSON to standard output.",
)
VERBOSE = flag("-v", "--verbose", text="Show each request, and each retry of a job.")
YES = flag("-y", "--yes", text="Do not ask for confirmation.")
