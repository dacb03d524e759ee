"""Group: the program `vidu-run` itself, and how its verbs are called."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem
from click_default_group import DefaultGroup

from runner import __version__

if TYPE_CHECKING:
    from runner.commands.options import Options
    from runner.errors import Exit

    _Group = click.Group  # DefaultGroup is one, but has no types
else:
    _Group = DefaultGroup


class Verbs(_Group):
    """The verbs. A first word that is not one is the path of a manifest to run."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Raises UsageError for a word that is not a verb and does not look like a path."""
        word = args[0]
        # What looks like a path is taken for one, and reported as a missing manifest.
        bare = word[:1].isalnum() and not {".", "/"} & set(word)
        is_completing = ctx.resilient_parsing
        if word not in self.commands and bare and not is_completing and not os.path.lexists(word):
            from runner.errors import nearest

            near = nearest(word, list(self.commands))
            hint = f'did you mean "{near}"?' if near else f"verbs: {', '.join(self.commands)}"
            message = f'there is no verb and no file named "{word}"; {hint}'
            raise click.UsageError(message, ctx)
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        """The verbs, or the files that may be manifests."""
        # First: the script for bash forgets what came before it.
        return [CompletionItem(incomplete, type="file"), *super().shell_complete(ctx, incomplete)]


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


def call(verb: Callable[[Options], Exit], flags: Mapping[str, Any]) -> None:
    """Call the verb with its flags in one record, and exit with its code."""
    from runner.commands.options import Options
    from runner.commands.workflow import in_workflow

    exit_with(lambda: in_workflow(verb, Options(**flags)))


def exit_with(step: Callable[[], Exit]) -> None:
    """End the process with the step's code, or with that of the error it raises."""
    from runner.error_handler import handle_errors

    sys.exit(handle_errors(step))
