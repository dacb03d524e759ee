"""Outcomes in, a results manifest on the disk: the old one or the new one, never a half."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any, BinaryIO

from runner.documents import dump, dump_item
from runner.errors import OutputError
from runner.model import Outcome
from runner.results.rows import Header, head, plain, row

_YAML_LEFT_OUT = (b"run:", b"  reused:", b"    reused:", b"    reason:")
_JSON_LEFT_OUT = (b'  "run":', b'    "reused":', b'      "reused":', b'      "reason":')


def write_results(
    path: Path,
    header: Header,
    outcomes: Sequence[Outcome],
    removed: Sequence[Mapping[str, Any]] = (),
) -> bool:
    """Write the results manifest at `path`, JSON when its name ends in .json, otherwise YAML.

    `removed` are rows of jobs that are no longer in the manifest. It goes row by row to a
    temporary file beside `path`, which then takes its place, durably.

    A file that another run has left stays untouched, and False is returned, when nothing but
    what that run said of itself differs: its `run`, and the rows' `reused` and `reason`.

    Blocks; may be called from any thread. Raises `OutputError` when it cannot be written.
    """
    json_wanted = path.suffix.lower() == ".json"
    written = _json if json_wanted else _yaml
    left_out = _JSON_LEFT_OUT if json_wanted else _YAML_LEFT_OUT
    rows = (row(outcome, path.parent) for outcome in outcomes)
    chunks = written(head(header, outcomes), rows, [plain(each) for each in removed])
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return _replace(path, chunks, header.run, left_out)
    except OSError as error:
        why = error.strerror or str(error)
        raise OutputError(
            f"the results {path} cannot be written: {why}",
            hint="mend this, or name another file with -o, and run again",
        ) from error


def _replace(path: Path, chunks: Iterable[str], run: str, left_out: tuple[bytes, ...]) -> bool:
    temporary = path.with_name(f".{path.name}.part")
    with _in_own_folder(temporary) as file:
        try:
            for chunk in chunks:
                file.write(chunk.encode("utf-8", "replace"))
            file.flush()
            if _unchanged(path, temporary, run, left_out):
                temporary.unlink()
                return False
            os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    _sync(path.parent)
    return True


@contextmanager
def _in_own_folder(temporary: Path) -> Iterator[BinaryIO]:
    """The emptied temporary file, locked: another run may be writing the same results.

    Its name is always the same, so that what a killed run left is used up by the next.
    """
    while True:
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW
        with os.fdopen(os.open(temporary, flags, 0o666), "r+b") as file:
            with suppress(OSError):  # some network file systems know no locks
                fcntl.flock(file, fcntl.LOCK_EX)
            if _is_at(file, temporary):
                file.truncate(0)
                yield file
                return
        # While we waited, the other run made a results manifest of this file: take a new one.


def _is_at(file: BinaryIO, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _unchanged(path: Path, new: Path, run: str, left_out: tuple[bytes, ...]) -> bool:
    """Whether the file at `path` says the same; compared by lines, for a file may be large.

    What this very run wrote while it went on must be completed: it counts as changed.
    """
    if not path.is_file():
        return False
    with path.open("rb") as before, new.open("rb") as after:
        if any(run.encode() in line for line in islice(before, 20)):
            return False
        before.seek(0)
        pairs = zip_longest(_significant(before, left_out), _significant(after, left_out))
        return all(one == other for one, other in pairs)


def _significant(lines: Iterable[bytes], left_out: tuple[bytes, ...]) -> Iterator[bytes]:
    """The lines without those keys and what is indented under them."""
    depth: int | None = None
    for line in lines:
        indent = len(line) - len(line.lstrip(b" "))
        if depth is not None and indent > depth:
            continue
        depth = indent if line.startswith(left_out) else None
        if depth is None:
            yield line


def _yaml(
    start: Mapping[str, Any], jobs: Iterable[Any], removed: Sequence[Mapping[str, Any]]
) -> Iterator[str]:
    yield dump(start)
    for name, rows in (("jobs", iter(jobs)), ("removed", iter(removed))):
        first = next(rows, None)
        yield f"{name}: []\n" if first is None else f"{name}:\n{dump_item(first, indent=2)}"
        for each in rows:
            yield dump_item(each, indent=2)


def _json(
    start: Mapping[str, Any], jobs: Iterable[Any], removed: Sequence[Mapping[str, Any]]
) -> Iterator[str]:
    yield json.dumps(start, indent=2, ensure_ascii=False).removesuffix("\n}")
    for name, rows in (("jobs", iter(jobs)), ("removed", iter(removed))):
        before = f',\n  "{name}": ['
        for each in rows:
            text = json.dumps(each, indent=2, ensure_ascii=False).replace("\n", "\n    ")
            yield f"{before}\n    {text}"
            before = ","
        yield "\n  ]" if before == "," else f"{before}]"
    yield "\n}\n"


def _sync(folder: Path) -> None:
    """Make the new name durable, where the system lets a folder be opened."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
