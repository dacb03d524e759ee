"""`vidu-run schema`: prints the JSON Schemas of manifests, results and operations."""

from __future__ import annotations

import sys

from runner.errors import Exit, UsageError, suggest
from runner.operations import schema_folder


def schema(name: str | None) -> Exit:
    """Print the schema of that name, or every name. Raises UsageError for an unknown one."""
    folder = schema_folder()
    names = {
        path.relative_to(folder).as_posix().removesuffix(".schema.json"): path
        for path in sorted(folder.rglob("*.schema.json"))
    }
    if name is None:
        print("\n".join(names))
        return Exit.OK
    if name not in names:
        raise UsageError(f'there is no schema "{name}"', hint=suggest(name, names))
    # Byte for byte, to be saved as it is, whatever the locale.
    sys.stdout.flush()
    sys.stdout.buffer.write(names[name].read_bytes())
    return Exit.OK
