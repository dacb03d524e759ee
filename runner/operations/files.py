"""Operation files: where the schemas are, and which operations they are by their names."""

from __future__ import annotations

import functools
from pathlib import Path

SUFFIX = ".schema.json"

_PACKAGE = Path(__file__).parent.parent


def schema_folder() -> Path:
    """Where the schemas are: inside the installed package, or beside it in a checkout."""
    inside = _PACKAGE / "schemas"
    return inside if inside.is_dir() else _PACKAGE.parent / "schemas"


def operation_files(folder: Path | None = None) -> list[Path]:
    """The operations' files under `folder`, or of the program, in order of names."""
    root = folder or schema_folder()
    # Those in the folder itself describe manifests and results.
    return sorted(root.glob("*/**/*" + SUFFIX), key=functools.partial(operation_at, folder=root))


def operation_at(file: Path, folder: Path) -> str:
    """The operation of a file under `folder`: its path in there, `<provider>/<operation>`."""
    return file.relative_to(folder).as_posix().removesuffix(SUFFIX)
