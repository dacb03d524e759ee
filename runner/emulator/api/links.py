"""Links: how answers name files, so that each has a URL that is valid from now on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

Link: TypeAlias = Callable[[str, str], str]
"""Maps owner and name of a file to a fresh URL."""
