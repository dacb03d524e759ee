"""Progress: what a run shows while it reads, plans and works."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TextIO

from runner.model.events import Observer
from runner.progress.observers import (
    JsonObserver,
    LineObserver,
    RequestObserver,
    UntilClosed,
    is_interactive,
)


def observer(
    mode: str, environ: Mapping[str, str], *, verbose: bool = False, err: TextIO | None = None
) -> Observer:
    """The observer for `--progress`; `auto` is a bar on a terminal, otherwise lines.

    NDJSON goes to standard output, everything else to `err`. `verbose`: with each request, and
    each retry of a job.
    """
    err = err or sys.stderr
    if mode == "auto":
        mode = "bar" if is_interactive(err, environ) else "plain"
    match mode:
        case "bar":
            from runner.progress.bar import BarObserver  # loads tqdm, which takes a while

            return UntilClosed(BarObserver(err, verbose=verbose))
        case "plain":
            return UntilClosed(LineObserver(err, verbose=verbose))
    shown = JsonObserver(sys.stdout) if mode == "json" else Observer()
    return RequestObserver(shown, err) if verbose else UntilClosed(shown)
