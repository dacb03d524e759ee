"""`vidu-run emulate`: serves the emulator of both APIs to any client."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from runner.commands.operation_files import installed_operations
from runner.commands.options import check_expanded
from runner.documents.files import load, read_text
from runner.emulator.faults.script import Rule, parse_faults
from runner.emulator.options import EmulatorOptions, missing_extra
from runner.emulator.server import serve
from runner.error_handler import emit
from runner.errors import Diagnostic, Exit, Location, ManifestError, UsageError


def emulate(
    *,
    port: int,
    credits: int | None,  # noqa: A002 - the flag's name
    key: tuple[str, ...],
    state_dir: Path | None,
    faults: Path | None = None,
    **behaviour: Any,
) -> Exit:
    """Serve both APIs on loopback until SIGINT or SIGTERM; print the address first. Blocks.

    `behaviour`: the fields of `EmulatorOptions` whose names and values are those of their flags.
    `faults` is the file of a fault script; raises UsageError if it is invalid.
    """
    check_expanded("--state-dir", state_dir)
    options = EmulatorOptions(
        credits=EmulatorOptions().credits if credits is None else credits,
        keys=frozenset(key) or None,
        state_dir=state_dir,
        faults=read_script(faults) if faults else (),
        **behaviour,
    )
    missing = missing_extra(installed_operations())
    if missing is not None:  # only some operations need it: the others can be served
        emit(f"warning: {missing}")
    serve(options, port, lambda url: _print_address(url, key[0] if key else "any-text"))
    return Exit.OK


def read_script(path: Path) -> tuple[Rule, ...]:
    """The rules of a fault script (YAML or JSON); raises UsageError with the file's name."""
    try:
        # YAML 1.1 would read the key `on` as true.
        script = load(read_text(path)[0], path=str(path), text_keys=frozenset({"on"}))
        return parse_faults(script)
    except ManifestError as error:  # the file is no manifest, so the exit code is another one
        first, *others = error.diagnostics
    except UsageError as error:
        place = Location(path=str(path))
        first, others = Diagnostic(message=error.message, hint=error.hint, location=place), []
    raise UsageError(first.message, hint=first.hint, location=first.location, others=others)


def _print_address(url: str, key: str) -> None:
    print(f"Vidu and ModelVerse are emulated at {url} (Ctrl-C stops it). For any client:\n")
    for name in ("VIDU", "MODELVERSE"):
        print(f"  export {name}_BASE_URL={url} {name}_API_KEY={key}")
    sys.stdout.flush()  # programs read it through a pipe while the server runs
