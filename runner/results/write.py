"""Writes a results manifest row by row, as YAML or JSON, in place of the old one."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from runner.documents.dump import dump, dump_item
from runner.documents.events import is_json
from runner.errors import OutputError
from runner.fs import atomic_write
from runner.model.outcomes import Outcome
from runner.results.rows import Header, head, plain, row

END = "..."
"""The last line of a YAML file with removed jobs, which shows that nothing of it was cut off."""

# Lines of keys that describe the run rather than its results.
_YAML_RUN_KEYS = (b"run:", b"  reused:", b"    reused:", b"    reason:")
_JSON_RUN_KEYS = (b'  "run":', b'    "reused":', b'      "reused":', b'      "reason":')
# Keys of rows that older versions did not write. A file that lacks nothing else stays, because an
# update of the program changes no result; it gets them when some result changes.
_YAML_LATER_KEYS = (b"    axes:", b"    labels:")
_JSON_LATER_KEYS = (b'      "axes":', b'      "labels":')


def write_results(
    path: Path,
    header: Header,
    outcomes: Collection[Outcome],
    removed: Sequence[Mapping[str, Any]] = (),
) -> bool:
    """Write the results manifest at `path`: JSON if its name ends in .json, otherwise YAML.

    `removed` are rows of jobs that are no longer in the manifest. The file is replaced in one
    step, durably. If another run has left a file with the same results, that one stays, and False
    is returned; `run` and the rows' `reused` and `reason` are not compared, nor are `axes` and
    `labels` where the file has none.

    Blocks; for any thread. Raises `OutputError` when the file cannot be written.
    """
    as_json = is_json(path.name)
    run_keys = _JSON_RUN_KEYS if as_json else _YAML_RUN_KEYS
    later_keys = _JSON_LATER_KEYS if as_json else _YAML_LATER_KEYS
    rows = (row(outcome, path.parent) for outcome in outcomes)
    format_ = _json if as_json else _yaml
    chunks = format_(head(header, outcomes), rows, [plain(each) for each in removed])
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return atomic_write(
            path,
            (chunk.encode("utf-8", "replace") for chunk in chunks),  # a lone surrogate has no UTF-8
            is_same=lambda new: _has_same_results(path, new, header.run, run_keys, later_keys),
        )
    except OSError as error:
        why = error.strerror or str(error)
        raise OutputError(
            f"the results {path} cannot be written: {why}",
            hint="fix this, or name another file with -o, and run again",
        ) from error


def _has_same_results(
    path: Path, new: Path, run: str, run_keys: tuple[bytes, ...], later_keys: tuple[bytes, ...]
) -> bool:
    if not path.is_file():
        return False
    # Line by line, because the files may be large.
    with path.open("rb") as old_file, new.open("rb") as new_file:
        # A file that this run wrote while it went on must be completed: its head has the run's id.
        if any(run.encode() in line for line in islice(old_file, 20)):
            return False
        old_file.seek(0)
        old_lines, new_lines = (_without(run_keys, each) for each in (old_file, new_file))
        return _are_same(old_lines, new_lines, later_keys)


def _without(keys: tuple[bytes, ...], lines: Iterable[bytes]) -> Iterator[bytes]:
    """The lines without those keys and what is indented under them."""
    depth: int | None = None
    for line in lines:
        if depth is not None and _indent(line) > depth:
            continue  # it belongs to the key that was left out
        depth = _indent(line) if line.startswith(keys) else None
        if depth is None:
            yield line


def _are_same(
    old_lines: Iterator[bytes], new_lines: Iterator[bytes], later_keys: tuple[bytes, ...]
) -> bool:
    """Whether the lines are the same but for those keys where only the new ones have them."""
    old, depth = next(old_lines, None), -1
    for new in new_lines:
        if depth >= 0 and _is_inside(new, depth):
            continue
        depth = -1
        if new == old:
            old = next(old_lines, None)
        elif new.startswith(later_keys):
            depth = _indent(new)
        else:
            return False
    return old is None


def _is_inside(line: bytes, depth: int) -> bool:
    """Whether a line belongs to a key at that depth: a text may have blank lines."""
    is_end = line.lstrip(b" ")[:1] in (b"}", b"]") and _indent(line) == depth
    return is_end or not line.strip() or _indent(line) > depth


def _indent(line: bytes) -> int:
    return len(line) - len(line.lstrip(b" "))


def _yaml(
    start: Mapping[str, Any], jobs: Iterable[Any], removed: Sequence[Mapping[str, Any]]
) -> Iterator[str]:
    yield dump(start)
    yield from _yaml_list("jobs:", jobs)
    # Cut between two rows, a list is still valid YAML. Of the jobs totals.jobs is the number.
    if removed:
        yield from _yaml_list(f'removed:  # to the end of the document, "{END}"', removed)
        yield f"{END}\n"
    else:
        yield "removed: []\n"


def _yaml_list(head: str, rows: Iterable[Any]) -> Iterator[str]:
    items = iter(rows)
    first = next(items, None)
    yield f"{head} []\n" if first is None else f"{head}\n{dump_item(first, indent=2)}"
    for each in items:
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
