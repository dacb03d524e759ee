"""`vidu-run skill`: prints how an agent is to use the program."""

from __future__ import annotations

import sys
from pathlib import Path

from runner.errors import Exit

_PACKAGE = Path(__file__).parents[1]


def skill() -> Exit:
    """Print docs/agents.md, which has the form of a SKILL.md, byte for byte."""
    sys.stdout.flush()
    sys.stdout.buffer.write(skill_file().read_bytes())
    return Exit.OK


def skill_file() -> Path:
    """Where it is: inside the installed package, or beside it in a checkout."""
    inside = _PACKAGE / "docs" / "agents.md"
    return inside if inside.is_file() else _PACKAGE.parent / "docs" / "agents.md"
