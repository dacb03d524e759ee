"""The outermost frame: known errors become messages with their code, defects a crash log."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from runner import __version__
from runner.errors import Exit, Failure, Secret, looks_secret, printable, redact
from runner.signals import end_at_once, hand_over


def handle_errors(step: Callable[[], Exit], environ: Mapping[str, str] = os.environ) -> Exit:
    """Run `step`; its exit code, or that of the error that ended it, told on standard error."""
    _open_streams()
    early = False
    try:
        early = hand_over()
        return _ended(step, environ)
    except KeyboardInterrupt:
        emit("interrupted")
        return Exit.INTERRUPTED
    finally:
        if early:
            end_at_once()


def _ended(step: Callable[[], Exit], environ: Mapping[str, str]) -> Exit:
    code = Exit.OK
    try:
        code = step()
        sys.stdout.flush()
    except BrokenPipeError:
        _abandon(sys.stdout)  # whoever read our output has had enough
    except Failure as error:
        emit(str(error))
        return error.exit
    except OSError as error:
        if error.filename is not None:
            return _defect(error, environ)
        _abandon(sys.stdout)
        emit(f"error: the output cannot be written: {error.strerror}")
        return Exit.INCOMPLETE
    except Exception as error:  # noqa: BLE001 - the outermost frame: a defect, told as one
        return _defect(error, environ)
    return code


def _open_streams() -> None:
    """Streams that the caller has closed lead nowhere, rather than being None."""
    sys.stdout = sys.stdout or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    sys.stderr = sys.stderr or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115


def _abandon(stream: TextIO) -> None:
    """Point the stream's descriptor away, so that the flush at exit does not fail once more."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def secrets_of(environ: Mapping[str, str]) -> list[Secret]:
    """Everything in the environment that looks like a key, for redaction."""
    return [Secret(v) for k, v in environ.items() if v and looks_secret(k, anywhere=True)]


def _defect(error: BaseException, environ: Mapping[str, str]) -> Exit:
    text = redact("".join(traceback.format_exception(error)), secrets_of(environ))
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    head = f"vidu-run {__version__}, Python {sys.version}, {sys.platform}\n\n"
    what = f"error: a defect in vidu-run: {next(_leaves(error))!r}"
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix=f"vidu-run-crash-{stamp}-", suffix=".log", delete=False, encoding="utf-8"
        ) as log:
            log.write(head + text)
        where = f"a crash log was written to {Path(log.name)}"
    except OSError as trouble:
        where = f"no crash log could be written ({trouble.strerror}); the traceback:\n{text}"
    emit(redact(f"{what}\n  {where}\n  what was paid for is in the ledger", secrets_of(environ)))
    return Exit.DEFECT


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _leaves(inner)
    else:
        yield error


def emit(text: str) -> None:
    """Tell something on standard error; where nobody listens, the exit code still tells."""
    try:
        print(printable(text), file=sys.stderr, flush=True)
    except OSError:
        return  # nobody listens any more; the exit code still tells
