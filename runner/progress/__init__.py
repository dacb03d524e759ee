"""Progress: what a run shows while it reads, plans and works."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TextIO

from runner.progress.observers import (
    JsonObserver,
    LineObserver,
    SilentObserver,
    UntilClosed,
    is_interactive,
)
from runner.progress.stages import Stages, stages

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runner.model.events import Observer

__all__ = ["Stages", "observer", "stages"]


def observer(
    mode: str, environ: Mapping[str, str], *, out: TextIO | None = None, err: TextIO | None = None
) -> Observer:
    """The observer for `--progress`; `auto` is a bar on a terminal, otherwise lines.

    NDJSON goes to `out` (standard output), everything else to `err`.
    """
    out, err = out or sys.stdout, err or sys.stderr
    if mode == "auto":
        mode = "bar" if is_interactive(err, environ) else "plain"
    match mode:
        case "bar":
            from runner.progress.bar import BarObserver

            return UntilClosed(BarObserver(err))
        case "plain":
            return UntilClosed(LineObserver(err))
        case "json":
            return UntilClosed(JsonObserver(out))
        case _:
            return SilentObserver()
