"""Cards: results as HTML for a notebook, with thumbnails inside.

Whatever stands in a prompt or in a file's name is text there, and no other file than those of the
results is shown.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from runner.errors import one_line
from runner.report.files import Places
from runner.report.thumbnails import make_thumbnails, quiet_pillow

MOST = 24
"""Jobs that are shown; a notebook keeps them all."""
PX = 200
_PROMPT = 120
"""Characters of a prompt that are shown."""

_GRID = "display:flex;flex-wrap:wrap;align-items:flex-start;gap:12px"
_FIGURE = f"margin:0;width:{PX}px;font:12px sans-serif;overflow-wrap:anywhere"
_EMPTY = f"height:{PX // 2}px;border:1px dashed;opacity:.5;display:grid;place-items:center"


def cards_html(title: str, headline: str, rows: Sequence[Mapping[str, Any]], places: Places) -> str:
    """The totals, then a card for each of the first jobs. Blocks: it reads their files."""
    with quiet_pillow():
        cards = "".join(_card(row, places) for row in rows[:MOST])
    more = f"<p>… and {len(rows) - MOST:,} more</p>" if len(rows) > MOST else ""
    head = f"<p><b>{escape(title)}</b>: {escape(headline)}</p>"
    return f'{head}<div style="{_GRID}">{cards}</div>{more}'


def _card(row: Mapping[str, Any], places: Places) -> str:
    prompt = one_line(str(row["prompt"] or ""))
    text = prompt if len(prompt) <= _PROMPT else f"{prompt[:_PROMPT]}…"
    state = "" if row["state"] == "succeeded" else f" ({row['state']})"
    caption = f"<b>{escape(row['id'])}</b>{state}<br>{escape(text)}"
    picture = _picture(row, places) or f'<div style="{_EMPTY}">{escape(_kind(row))}</div>'
    return f'<figure style="{_FIGURE}">{picture}<figcaption>{caption}</figcaption></figure>'


def _picture(row: Mapping[str, Any], places: Places) -> str | None:
    """The thumbnail of the first file that has one."""
    for index in range(len(row["files"])):
        path = places.find(row, index).path
        if path is not None and (content := _thumbnail(path)):
            uri = f"data:image/webp;base64,{base64.b64encode(content).decode('ascii')}"
            return f'<img alt="{escape(row["id"])}" style="display:block" src="{uri}">'
    return None


def _thumbnail(path: Path) -> bytes | None:
    try:
        return make_thumbnails(path, [PX]).pictures.get(PX)
    except OSError:  # gone since it was found
        return None


def _kind(row: Mapping[str, Any]) -> str:
    """What stands in the place of a picture: the media type of the file, or that there is none."""
    types = [file.get("media_type") for file in row["files"]]
    return str(next(filter(None, types), "no file"))
