"""JSON: the rows of results as they are, as one list or one a line."""

from __future__ import annotations

import json

from runner.export.results import Export


def json_rows(export: Export) -> str:
    """A list of the rows."""
    return json.dumps(list(export.rows), ensure_ascii=False, indent=2) + "\n"


def json_lines(export: Export) -> str:
    """A row on each line."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in export.rows)
