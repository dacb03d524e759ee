"""Completion: the scripts for shells, and what a press of Tab offers."""

from __future__ import annotations

import contextlib
import io
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    ShellComplete,
    add_completion_class,
    get_completion_class,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runner.errors import Exit

PROGRAM = "vidu-run"
VARIABLE = "_VIDU_RUN_COMPLETE"
SHELLS = ("bash", "zsh", "fish")
BUDGET_S = 0.15
"""For ids and tags: after that, nothing is offered."""
_OLDEST_BASH = (4, 4)  # the first with `complete -o nosort`, which the script needs

_FIXED = {
    "state:": ("succeeded", "failed", "ambiguous", "pending", "skipped"),
    "mark:": ("picked", "rejected", "none"),
}
"""What follows a prefix in any manifest."""


class _Bash(BashComplete):
    """Click's, with words that bash takes apart at `:` and `=` put together again."""

    name = "bash"

    def get_completion_args(self) -> tuple[list[str], str]:
        args, incomplete = super().get_completion_args()
        *before, last = rejoin([*args, incomplete])
        # Bash replaces only what follows the last of these characters.
        self._begun = last.removesuffix(incomplete.lstrip(":="))
        return before, last

    def format_completion(self, item: CompletionItem[str]) -> str:
        return f"{item.type},{item.value.removeprefix(self._begun)}"


add_completion_class(_Bash)


def rejoin(words: Iterable[str]) -> list[str]:
    """The words as they were typed, `tag`, `:`, `food` being `tag:food`.

    `--select=x` becomes two words, as if it had been typed with a space.
    """
    found: list[str] = []
    is_open = False
    for word in words:
        if word == "=" and found and found[-1].startswith("--"):
            found.append("")
            is_open = True
        elif word in (":", "=") and found:
            found[-1] += word
            is_open = True
        elif is_open:
            found[-1] += word
            is_open = False
        else:
            found.append(word)
    return found


def complete(cli: click.Command, instruction: str) -> None:
    """Print what completes the words in the environment, or nothing: an error helps nobody here."""
    output = io.StringIO()
    with contextlib.redirect_stderr(io.StringIO()), contextlib.suppress(Exception):
        shell, _, action = instruction.partition("_")
        kind = get_completion_class(shell)
        if kind is not None and action == "complete":
            output.write(kind(cli, {}, PROGRAM, VARIABLE).complete())
    with contextlib.suppress(OSError):
        sys.stdout.write(f"{output.getvalue()}\n")
        sys.stdout.flush()


def print_script(cli: click.Command, shell: str) -> Exit:
    """Print the script for a shell; raises UsageError for a bash that is too old for it."""
    from runner.errors import Exit, UsageError  # late: a press of Tab needs neither

    kind = get_completion_class(shell)
    assert kind is not None, "one of SHELLS"
    if shell == "bash" and (version := bash_version()) and version < _OLDEST_BASH:
        raise UsageError(
            f"bash {version[0]}.{version[1]} is too old for completion, which needs bash 4.4",
            hint="install a newer one (macOS: brew install bash), or complete in zsh or fish",
        )
    # Not that of click's class for bash, which only warns of an old one.
    sys.stdout.write(ShellComplete.source(kind(cli, {}, PROGRAM, VARIABLE)))
    return Exit.OK


def bash_version() -> tuple[int, int] | None:
    """Major and minor version of the bash on the path; None if there is none that reports it."""
    program = shutil.which("bash")
    if program is None:
        return None
    asked = [program, "--norc", "-c", "echo $BASH_VERSION"]
    try:
        ended = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=5)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.match(r"(\d+)\.(\d+)", ended.stdout)
    return (int(found[1]), int(found[2])) if found else None


def selectors(ctx: click.Context, incomplete: str) -> list[str]:
    """What `--select` takes: ids, `changed`, and names after `tag:` and the like.

    Ids and tags are those of the manifests before it.
    """
    ids, tags = _skimmed(ctx)
    prefixes = ("tag:", *_FIXED)
    if prefix := next((each for each in _FIXED if incomplete.startswith(each)), None):
        offered = [f"{prefix}{name}" for name in _FIXED[prefix]]
    else:
        # Prefixes come last, and no tags with them: there may be many.
        offered = [*ids, *(f"tag:{tag}" for tag in tags if incomplete.startswith("tag:"))]
        offered += ["changed", *(each for each in prefixes if not incomplete.startswith(each))]
    return [each for each in offered if each.startswith(incomplete)]


def job_ids(ctx: click.Context, incomplete: str) -> list[str]:
    """The ids of the manifests that are named already."""
    return [each for each in _skimmed(ctx)[0] if each.startswith(incomplete)]


def _skimmed(ctx: click.Context) -> tuple[list[str], list[str]]:
    named = ctx.params.get("manifests") or [ctx.params.get("manifest")]
    # Where an option lacks its value still, click has not assigned the arguments before it.
    paths = [Path(each) for each in [*named, *ctx.args] if each]
    ids: list[str] = []
    tags: list[str] = []

    def work() -> None:
        from runner.cli.skim import skim

        for path in dict.fromkeys(paths):
            with contextlib.suppress(OSError):
                found = skim(path)
                ids.extend(found[0])
                tags.extend(found[1])

    # A file may be large, or on a disk that does not answer.
    thread = threading.Thread(target=work, name="skim", daemon=True)
    thread.start()
    thread.join(BUDGET_S)
    return ([], []) if thread.is_alive() else (ids, tags)
