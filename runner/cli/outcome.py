"""Outcome verbs: look at what runs made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from runner.cli.flags import PATH, PATHS, SELECTION, YES, add, flag, value
from runner.cli.group import call, cli

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
@add(PATHS, SELECTION, flag("--emulate", text="Show the results of a rehearsal."))
@value("--copy", "DIR|FILE.zip", _COPY, PATH)
@value("--embed", "FILE.html", _EMBED, PATH)
@value("--preview", "PX", _PREVIEW, click.IntRange(100, 4096))
@value("--marks", "FILE", _MARKS, PATH, multiple=True)
@value("--lang", None, _LANG, click.Choice(["en", "zh"]))
@flag("--xmp", text="Also write marks, tags and prompts beside the files, for photo programs.")
@flag("--open", "open_page", text="Open it in a browser, unless nobody would see that.")
@add(REPORT_PROGRESS, YES)
def report(manifest: Path, **flags: Any) -> None:
    """Make a gallery of the results, to look at and to choose from. Sends nothing.

    Without --copy and --embed it is made in place: MANIFEST's stem with `.report`, whose
    `index.html` shows the files where they are.
    """
    from runner.commands import report

    own = {name: flags.pop(name) for name in report.ReportOptions.__slots__}
    options = report.ReportOptions(**own)
    call(lambda each: report.report(each, options), {**flags, "manifests": (manifest,)})


_FORMAT = "What to write; without it, the ending of --to decides."
_TO = "File to write.  [default: standard output]"
_EXPORT_MARKS = "Marks to include.  [default: those beside the manifest]"
_RAW = "Leave cells that a spreadsheet takes for formulas as they are."


@cli.command()
@click.argument("manifest", type=PATH)
@value("--format", None, _FORMAT, click.Choice(["csv", "json", "jsonl", "junit", "markdown"]))
@value("--to", "FILE", _TO, PATH)
@add(PATHS, SELECTION, flag("--emulate", text="Export the results of a rehearsal."))
@value("--marks", "FILE", _EXPORT_MARKS, PATH)
@flag("--raw", text=_RAW)
def export(manifest: Path, **flags: Any) -> None:
    """Write the results for other programs: a table, JSON, test results, Markdown. Sends nothing.

    Formats: csv (spreadsheets), json and jsonl (the rows of the results manifest), junit (GitLab,
    Jenkins), markdown (a summary).
    """
    from runner.commands import export

    own = export.ExportOptions(
        form=flags.pop("format"), **{name: flags.pop(name) for name in ("to", "marks", "raw")}
    )
    call(lambda each: export.export(each, own), {**flags, "manifests": (manifest,)})
