"""The page: makes one HTML text of a gallery, with its data, style and script inside."""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import re
import statistics
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from runner.report.contents import CostRow, Gallery, GalleryFile, GalleryJob

LANGUAGES = ("en", "zh")
SCRIPTS = (
    "words",
    "dom",
    "data",
    "filter",
    "state",
    "marks",
    "player",
    "grid",
    "axes",
    "compare",
    "viewer",
    "app",
    "keys",
)
"""Classic scripts, in the order in which they need each other."""
MAX_WITHOUT_SCRIPT = 200
"""Thumbnails that stand in the page for whoever blocks scripts."""

_FOLDER = Path(__file__).parent / "gallery"
_NO_CODE = re.compile(
    r"""^[ ]*(?:/\*\*.*?\*/|//[^\n]*)?\n|^[ ]+|[ ]//[ ][^\n'"`]*$""", re.DOTALL | re.MULTILINE
)
"""Comments, blank lines and indentation: the page does without."""

_HELP_KEYS = (
    ("← → ↑ ↓ Home End", "help_move"),
    (", .", "help_takes"),
    ("Enter", "help_open"),
    ("Space", "help_space"),
    ("Esc", "help_back"),
    ("P X U", "help_pick"),
    ("Shift+P", "help_pick_only"),
    ("0 1 2 3 4 5", "help_stars"),
    ("N", "help_note"),
    ("Ctrl+Z", "help_undo"),
    ("Ctrl+S", "help_save"),
    ("S", "help_select"),
    ("C", "help_compare"),
    ("D", "help_mode"),
    ("Z + -", "help_zoom"),
    ("G A", "help_views"),
    ("/ ?", "help_search"),
)
_HELP_TOKENS = (
    ("fog lantern", "help_words"),
    ('"red umbrella" -night', "help_not"),
    ("tag:hero state:failed", "help_tag"),
    ("mark:picked stars>=3", "help_mark"),
    ("model:viduq2 seed:7", "help_model"),
    ("cost>10 duration<5", "help_cost"),
    ("label:none", "help_label"),
    ("style:noir,ink", "help_axis"),
)


def render(gallery: Gallery, *, lang: str | None) -> str:
    """The whole page; without a language each reader gets the browser's own."""
    script = page_script()
    data = _data(gallery)
    html: str = _template().render(
        gallery=gallery,
        totals=_totals(gallery),
        lang=lang,
        shown_lang=lang or LANGUAGES[0],
        t=functools.partial(_word, lang or LANGUAGES[0]),
        style=Markup(_read("style.css")),  # noqa: S704 (a file of this package)
        script=Markup(script),  # noqa: S704 (a file of this package)
        script_hash=content_hash(script),
        words=_json({name: words()[name] for name in ([lang] if lang else LANGUAGES)}),
        data=_json(data),
        tall=data["shape"] >= 1,
        charts=tuple(_charts(gallery)),
        costs=tuple(_costs(gallery.costs)),
        failures=[job for job in gallery.jobs if job.failure or job.state in _UNFINISHED],
        run_facts=tuple(_run_facts(gallery)),
        first_thumbnails=_first_thumbnails(gallery),
        help_keys=_HELP_KEYS,
        help_tokens=_HELP_TOKENS,
    )
    return html


_UNFINISHED = {"failed", "ambiguous", "skipped"}


def page_script() -> str:
    """The one script of the page: the files in order, in one function, without comments."""
    code = "".join(_NO_CODE.sub("", _read(f"{name}.js")) for name in SCRIPTS)
    return f"(() => {{\n'use strict';\n{code}}})();\n"


def content_hash(script: str) -> str:
    """The script as a Content-Security-Policy names it."""
    digest = hashlib.sha256(script.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


@functools.cache
def words() -> Mapping[str, Mapping[str, str]]:
    """Every text of the page by language and key."""
    value: dict[str, dict[str, str]] = json.loads(_read("words.json"))
    return value


def _word(lang: str, key: str) -> str:
    """A key that no language has is its own text, such as a provider's error class."""
    return words()[lang].get(key, key)


def _read(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _template() -> Any:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html.j2")


def _json(value: Any) -> Markup:
    """JSON that no HTML parser can leave: without <, > and &."""
    return htmlsafe_json_dumps(value, json.dumps, ensure_ascii=False, separators=(",", ":"))


def _data(gallery: Gallery) -> dict[str, Any]:
    """What the script reads; `shape` is how high a cell's picture is for its width."""
    data = gallery.data()
    known = {axis["name"] for axis in data["axes"]}
    data["axes"] += [axis for axis in _more_axes(gallery) if axis["name"] not in known]
    shapes = [
        file.height / file.width
        for job in gallery.jobs
        for file in job.files[:1]
        if file.width and file.height
    ]
    median = statistics.median_low(shapes) if shapes else _USUAL_SHAPE
    data["shape"] = round(min(_HIGHEST, max(_LOWEST, median)), 4)
    return data


_USUAL_SHAPE, _LOWEST, _HIGHEST = 3 / 4, 9 / 16, 6 / 5


def _more_axes(gallery: Gallery) -> Iterator[dict[str, Any]]:
    """In what else jobs differ."""
    found = {
        # Rejected takes are removed jobs, which stand behind the others.
        "take": [str(take) for take in sorted({job.take for job in gallery.jobs if job.take})],
        "model": [job.model for job in gallery.jobs if job.model is not None],
        "op": [job.operation for job in gallery.jobs],
    }
    for name, values in found.items():
        different = list(dict.fromkeys(values))
        if len(different) > 1:
            yield {"name": name, "values": different}


def _totals(gallery: Gallery) -> dict[str, Any]:
    names = ("jobs", "failed", "ambiguous", "pending", "credits", "cny")
    return {name: gallery.totals.get(name, 0) for name in names}


def _charts(gallery: Gallery) -> Iterator[tuple[str, Markup]]:
    """The SVG elements that there are, each with its name."""
    for name in ("timeline", "in_flight", "money"):
        svg = getattr(gallery.charts, name)
        if svg:
            yield name, Markup(svg)  # noqa: S704 (charts.py escapes its texts)


def _costs(rows: tuple[CostRow, ...] | Any) -> Iterator[tuple[str, str, list[CostRow]]]:
    """Tables: title, or the key of a word for it, and rows."""
    for (by, axis), group in groupby(rows, key=lambda row: (row.by, row.axis)):
        yield (axis or "", "" if axis else {"operation": "op"}.get(by, by), list(group))


def _run_facts(gallery: Gallery) -> Iterator[tuple[str, str]]:
    run = gallery.run
    facts = (
        ("run_id", run.id),
        ("tool", run.tool),
        ("started", run.started and _moment(run.started)),
        ("finished", run.finished and _moment(run.finished)),
        ("exit", run.exit),
        *((name, gallery.totals.get(name)) for name in ("succeeded", "reused", *_TROUBLES)),
    )
    return (
        (key, str(value)) for key, value in facts if value or (key == "exit" and value is not None)
    )


def _moment(time: str) -> str:
    """`2026-11-30T09:25:37.721Z` as people write it, to the second."""
    return f"{time[:19].replace('T', ' ')} UTC"


_TROUBLES = ("failed", "ambiguous", "pending", "skipped")


def _first_thumbnails(gallery: Gallery) -> list[tuple[GalleryJob, GalleryFile]]:
    found = [(job, file) for job in gallery.jobs for file in job.files[:1] if file.thumb]
    return found[:MAX_WITHOUT_SCRIPT]
