"""A stream and the environment in; whether things may move there, before eyes, out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TextIO


def fancy(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Whether it is a terminal that can redraw a line, and not in the hands of a CI service."""
    return stream.isatty() and not environ.get("CI") and environ.get("TERM") != "dumb"
