"""Start verbs: what comes before the first run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from runner.cli.flags import ADDRESSES, PATH, add, flag, value
from runner.cli.group import call, cli, exit_with

# Written out: their homes are modules that take time to load.
EXAMPLES = ("quickstart", "campaign", "storyboard", "prompt-set", "film")
COMPLETED = ("bash", "zsh", "fish")
_EXAMPLE = "An example to start from, instead of three commented pictures."


@cli.command()
@click.argument("folder", metavar="[DIR]", type=PATH, default=Path())
@value("--example", None, _EXAMPLE, click.Choice(EXAMPLES))
def init(folder: Path, example: str | None) -> None:
    """Write a manifest to start from, with a schema for editors. Overwrites nothing.

    DIR is made if it is not there; without it, the files go into the current folder.
    """
    from runner.commands import init

    exit_with(lambda: init.init(folder, example))


@cli.command()
@click.argument("shell", type=click.Choice(COMPLETED))
def completion(shell: str) -> None:
    """Print the script with which a shell completes verbs, flags, ids and tags.

    \b
    bash: eval "$(vidu-run completion bash)"    in ~/.bashrc
    zsh:  eval "$(vidu-run completion zsh)"     in ~/.zshrc, after compinit
    fish: vidu-run completion fish > ~/.config/fish/completions/vidu-run.fish
    """  # noqa: D301 - click keeps the lines after this character as they are
    from runner.cli.completion import print_script

    exit_with(lambda: print_script(cli, shell))


_ANY_MANIFESTS = click.argument("manifests", nargs=-1, metavar="[MANIFEST...]", type=PATH)
_STATE_DIR = click.option("--state-dir", type=PATH, help="Folder of the ledger.")
_LEDGER = value("--ledger", "URL", "The PostgreSQL that is shared as the ledger.")


@cli.command()
@add(
    _ANY_MANIFESTS, _STATE_DIR, _LEDGER, flag("--emulate", text="Check what a rehearsal relies on.")
)
@add(ADDRESSES, flag("--json", "as_json", text="Print the checks as JSON."))
def doctor(**flags: Any) -> None:
    """Check what a run relies on: keys, network, balance, ledger, disk. Changes nothing.

    Exits with the code that a run would end with; with 0 if there are only warnings.
    """
    from runner.commands import doctor

    call(doctor.doctor, flags)


@cli.command()
def skill() -> None:
    """Print how an agent is to use this program, in the form of a SKILL.md."""
    from runner.commands import skill

    exit_with(skill.skill)
