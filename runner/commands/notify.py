"""Notification: reports the end of a run by a command of the user's.

The command is named by a flag or a variable, never by a manifest: a manifest may come from anybody.
"""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import IO, Any

from runner.commands.manifest_plan import ManifestPlan
from runner.commands.options import Options
from runner.error_handler import emit
from runner.errors import Exit, Failure, UsageError, one_line
from runner.model.values import as_dict
from runner.providers.registry import PROVIDERS
from runner.settings.accounts import Sources
from runner.settings.settings import read_notify_after
from runner.settings.trust import trusted_pairs
from runner.terminal.summary import RunSummary, headline, summary_record

LIMIT_S = 30.0
"""A command that takes longer is ended: the run itself is over."""

_LAST_BYTES = 2000


@dataclass(slots=True, kw_only=True)
class Notification:
    """What is reported of one command, which may run several manifests."""

    options: Options
    after_s: float
    """How long it must take before any manifest has been run."""
    code: Exit = Exit.DEFECT
    """Until the run has ended, one way or another."""
    error: str | None = None
    """The error that ended it."""
    ended: list[tuple[ManifestPlan, RunSummary]] = field(default_factory=list)
    began_s: float = field(default_factory=time.monotonic)

    def add(self, planned: ManifestPlan, summary: RunSummary) -> None:
        """Report this manifest too."""
        self.ended.append((planned, summary))

    @property
    def is_due(self) -> bool:
        """Whether the command took long enough for one of its manifests."""
        limits = [planned.settings.notify_after_s for planned, _ in self.ended] or [self.after_s]
        return time.monotonic() - self.began_s >= min(limits)

    @property
    def text(self) -> str:
        """One line about each manifest, or the error."""
        lines = [headline(summary) for _, summary in self.ended]
        return "; ".join(map(one_line, [*lines, *([self.error] if self.error else [])]))

    def record(self) -> dict[str, Any]:
        """The JSON that the command reads."""
        return {
            "exit_code": int(self.code),
            "seconds": round(time.monotonic() - self.began_s, 1),
            "summary": self.text,
            "error": self.error,
            "emulated": self.options.emulate,
            "manifests": [summary_record(summary) for _, summary in self.ended],
        }

    def environ(self) -> dict[str, str]:
        """The environment of the command: that of the run without any key, and what it is about."""
        names = [str(path) for path in self.options.manifests]
        return {
            **without_keys(self.options, [planned for planned, _ in self.ended]),
            "VIDU_RUN_EXIT": str(int(self.code)),
            "VIDU_RUN_MANIFEST": "\n".join(names),
            "VIDU_RUN_SUMMARY": self.text,
        }


@contextmanager
def notifying(options: Options) -> Iterator[Notification]:
    """Run the block, then the command of `--notify`, if the block took long enough.

    Raises UsageError where the command cannot be read; that it fails is a warning.
    """
    command = _command(options)
    sources = Sources(run={}, environ=options.environ, flags=options.flags())
    notification = Notification(options=options, after_s=read_notify_after(sources))
    try:
        yield notification
    except Failure as error:
        notification.code, notification.error = error.exit, str(error).partition("\n")[0]
        raise
    except KeyboardInterrupt:
        notification.code = Exit.INTERRUPTED
        raise
    finally:
        if command and notification.is_due:
            _notify(command, notification)


def without_keys(options: Options, plans: Sequence[ManifestPlan]) -> dict[str, str]:
    """The environment without the variables that hold keys of providers, and without their values.

    Which these are: those of the vendors, of `providers` in the manifests and of `--trust`.
    """
    environ = options.environ
    names = {provider.KEY_ENV for provider in PROVIDERS.values()}
    names |= {variable for _, variable in trusted_pairs(environ, options.trust)}
    for planned in plans:
        written = as_dict(planned.manifest.document.value.get("providers"))
        names |= {str(as_dict(block).get("api_key_env")) for block in written.values()}
    keys = {environ[name] for name in names if environ.get(name)}
    return {name: v for name, v in environ.items() if name not in names and v not in keys}


def _command(options: Options) -> list[str]:
    """The words of the command; empty without one."""
    label, text = "--notify", options.notify
    if text is None:
        label, text = "VIDU_RUN_NOTIFY", options.environ.get("VIDU_RUN_NOTIFY") or None
    if text is None:
        return []
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UsageError(
            f"{label} {text}: {str(error).lower()}", hint="close the quotes"
        ) from error
    if not words:
        raise UsageError(f"{label} names no command")
    return words


def _notify(command: Sequence[str], notification: Notification) -> None:
    # Files, not pipes: a command that reads nothing or leaves a child behind holds nobody up.
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as output:
        given.write(
            json.dumps(notification.record(), ensure_ascii=False).encode("utf-8", "replace")
        )
        given.seek(0)
        if problem := _run(command, notification.environ(), given, output):
            emit(f"warning: --notify {shlex.join(command)}: {problem}")


def _run(
    command: Sequence[str], environ: Mapping[str, str], given: IO[bytes], output: IO[bytes]
) -> str | None:
    """Why the command has not done its work; None if it has."""
    try:
        # A session of its own: Ctrl-C is for the run, and all of it can be ended at once.
        process = subprocess.Popen(  # noqa: S603 - the user's own command, without a shell
            command,
            stdin=given,
            stdout=output,  # standard output may be data of ours
            stderr=subprocess.STDOUT,
            env=dict(environ),
            start_new_session=True,
        )
    except (OSError, ValueError) as error:  # ValueError: a NUL in it
        return f"cannot be started: {getattr(error, 'strerror', None) or error}"
    try:
        code = process.wait(LIMIT_S)
    except subprocess.TimeoutExpired:
        return f"ended after {LIMIT_S:.0f} s, in which it had not come to an end"
    finally:
        _end(process)
    return f"exit code {code}{_last_line(output)}" if code else None


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the command and what it has started, if any of that still runs."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _last_line(output: IO[bytes]) -> str:
    output.seek(max(0, output.seek(0, os.SEEK_END) - _LAST_BYTES))
    lines = output.read().decode("utf-8", "replace").split("\n")
    last = next((line for line in reversed(lines) if line.strip()), "")
    return f": {one_line(last.strip())}" if last else ""
