"""Doctor's report: the checks as aligned lines, or as JSON values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from runner.doctor.check import Check, Level
from runner.errors import hang, plural, printable


def report_text(checks: Sequence[Check], columns: int | None = None) -> str:
    """A line a check, its hint below it, and the numbers; folded at `columns` of a terminal."""
    wide = max((len(check.id) for check in checks), default=0)
    lines: list[str] = []
    for check in checks:
        about = f"{check.about}: " if check.about else ""
        head = f"{check.level.upper():<6}{check.id:<{wide}}  "
        lines += hang(head, printable(f"{about}{check.text}"), columns)
        if check.hint:
            lines += hang(f"{'':<{len(head)}}hint: ", printable(check.hint), columns)
    return "\n".join([*lines, "", _numbers(checks)])


def _numbers(checks: Sequence[Check]) -> str:
    levels = Counter(check.level for check in checks)
    parts = [f"{plural(len(checks), 'check')}: {levels[Level.OK]} OK"]
    parts.append(plural(levels[Level.WARN], "warning"))
    parts.append(plural(levels[Level.FAIL], "failure"))
    return ", ".join(parts)


def report_record(checks: Sequence[Check]) -> list[dict[str, Any]]:
    """The checks as JSON values."""
    return [
        {
            "id": check.id,
            "level": str(check.level),
            "about": check.about or None,
            "text": check.text,
            "hint": check.hint,
            "exit_code": int(check.exit),
        }
        for check in checks
    ]
