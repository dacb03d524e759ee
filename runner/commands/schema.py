"""`vidu-run schema`: prints the JSON Schemas, and checks operations' files."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from runner.commands.operation_files import check_file
from runner.commands.output import warn
from runner.errors import Diagnostic, Exit, ManifestError, UsageError, suggest
from runner.operations import SUFFIX, operation_files, schema_folder


def schema(names: Sequence[str], *, check: bool) -> Exit:
    """Print the schema of that name, or every name; with `check` the names are those of files.

    Raises UsageError for an unknown name or several, ManifestError for files with mistakes.
    """
    if check:
        return _check([Path(name) for name in names] or [*operation_files()])
    if len(names) > 1:
        raise UsageError("one schema is printed at a time", hint="--check takes several files")
    return _print(names[0] if names else None)


def _print(name: str | None) -> Exit:
    folder = schema_folder()
    names = {
        path.relative_to(folder).as_posix().removesuffix(SUFFIX): path
        for path in folder.rglob("*" + SUFFIX)
    }
    if name is None:
        print("\n".join(sorted(names)))
        return Exit.OK
    if name not in names:
        hint = f"{suggest(name, sorted(names))} (to check a file, add --check)"
        raise UsageError(f'there is no schema "{name}"', hint=hint)
    # Byte for byte, to be saved as it is, whatever the locale.
    sys.stdout.flush()
    sys.stdout.buffer.write(names[name].read_bytes())
    return Exit.OK


def _check(paths: Sequence[Path]) -> Exit:
    found: list[Diagnostic] = []
    wrong = set()
    for path in paths:
        diagnostics = check_file(path)
        found += diagnostics
        if any(not diagnostic.warning for diagnostic in diagnostics):
            wrong.add(path)
    if wrong:
        raise ManifestError(found)
    warn(found)
    for path in paths:
        print(f"{path}: an operation, no errors")
    return Exit.OK
