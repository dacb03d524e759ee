"""Error handler: turns known errors into messages and exit codes, defects into crash logs."""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from runner import __version__
from runner.errors import Exit, Failure, Secret, leaves, looks_secret, printable, redact
from runner.limits import shortage
from runner.signals import end_at_once, hand_over
from runner.streams import abandon, open_streams

AGAIN = "allow more, then run again: the ledger has everything that was paid for"


def handle_errors(step: Callable[[], Exit], environ: Mapping[str, str] = os.environ) -> Exit:
    """Run `step`; its exit code, or the code of the error that ended it, after printing that."""
    open_streams()
    handed_over = False
    try:
        handed_over = hand_over()
        return _run(step, environ)
    except KeyboardInterrupt:  # before or after a run, which handles signals by itself
        emit("interrupted")
        return Exit.INTERRUPTED
    finally:
        if handed_over:  # what is left is the interpreter's own clean-up
            end_at_once()


def _run(step: Callable[[], Exit], environ: Mapping[str, str]) -> Exit:
    code = Exit.OK
    try:
        code = step()
        sys.stdout.flush()  # here, where a failure still has a message
    except BrokenPipeError:
        abandon(sys.stdout)  # its reader has closed it, as `head` does: no error
    except Failure as error:
        emit(str(error))
        return error.exit
    except Exception as error:  # noqa: BLE001 - the outermost frame
        if lacking := shortage(error):
            emit(f"error: {lacking}\n  hint: {AGAIN}")
            return Exit.INCOMPLETE
        # With a name it is about a file, and what can go wrong there is a Failure.
        if not isinstance(error, OSError) or error.filename is not None:
            return _defect(error, environ)
        abandon(sys.stdout)
        emit(f"error: the output cannot be written: {error.strerror}")
        return Exit.INCOMPLETE
    return code


def _defect(error: BaseException, environ: Mapping[str, str]) -> Exit:
    # A traceback shows values: those of all variables that look like keys are taken out.
    keys = [Secret(v) for k, v in environ.items() if v and looks_secret(k, anywhere=True)]
    text = redact("".join(traceback.format_exception(error)), keys)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    head = f"vidu-run {__version__}, Python {sys.version}, {sys.platform}\n\n"
    what = f"error: a bug in vidu-run: {next(leaves(error))!r}"
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix=f"vidu-run-crash-{stamp}-", suffix=".log", delete=False, encoding="utf-8"
        ) as log:
            log.write(head + text)
        where = f"a crash log was written to {Path(log.name)}"
    except OSError as failure:
        where = f"no crash log could be written ({failure.strerror}); the traceback:\n{text}"
    emit(redact(f"{what}\n  {where}\n  the ledger has everything that was paid for", keys))
    return Exit.DEFECT


def emit(text: str) -> None:
    """Print a message on standard error, if that is still open."""
    # Closed, it is no reason to stop: the exit code has the result as well.
    try:
        print(printable(text), file=sys.stderr, flush=True)
    except OSError:
        abandon(sys.stderr)
