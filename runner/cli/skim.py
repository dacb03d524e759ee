"""Skim: finds the ids and tags in a manifest by its lines alone, for completion."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

MAX_BYTES = 1 << 20
"""Of each file: the rest is not looked at."""

_JOBS = re.compile(r"^jobs:[ \t]*(?:#.*)?$", re.MULTILINE)
_NEXT_KEY = re.compile(r"^[^\s#-]", re.MULTILINE)
_ITEM = re.compile(r"^([ \t]*)- ", re.MULTILINE)
_VALUE = r"""("[^"\n]*"|'[^'\n]*'|(?:\$\{\{.*?\}\}|[^\s,{}\[\]#"'])+)"""
_ID = re.compile(rf"\bid:[ \t]+{_VALUE}")
_TAGS = re.compile(r"\btags:[ \t]+\[([^\]]*)\]")
_TAGS_BELOW = re.compile(r"\btags:[ \t]*\n((?:[ \t]+- .*\n?)+)")
_TAG = re.compile(_VALUE)


def skim(manifest: Path) -> tuple[list[str], list[str]]:
    """The ids and the tags of a manifest, without those that an expression is part of.

    What expressions amount to is in the results manifests beside it, of rehearsals too. Raises
    OSError if the manifest cannot be read.
    """
    text = _read(manifest)
    items = [*_items(text)]
    ids = [*_ids(items)]
    tags = [*_tags(items)]
    for kind in ("", ".emulated"):
        results = manifest.with_name(f"{manifest.stem}{kind}.results.yaml")
        if results.is_file():
            rows = [*_items(_read(results))]
            ids += _ids(rows)
            tags += _tags(rows)
    return [*dict.fromkeys(ids)], [*dict.fromkeys(tags)]


def _read(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(MAX_BYTES).decode("utf-8", "replace")


def _items(text: str) -> Iterator[str]:
    """The text of each entry under `jobs`, its own keys first in each line."""
    begun = _JOBS.search(text)
    if begun is None:
        return
    ended = _NEXT_KEY.search(text, begun.end())
    jobs = text[begun.end() : ended.start() if ended else len(text)]
    first = _ITEM.search(jobs)
    if first is None:
        return
    indent = re.escape(first[1])
    # Lines below the keys of a job belong to a prompt or to a parameter, which may have an id, too.
    own = re.compile(rf"^{indent}(?:- |  (?=\S)).*(?:\n{indent}[ \t]+- .*)*", re.MULTILINE)
    for line in own.findall(jobs):
        if not line.lstrip().startswith("#"):
            yield line


def _ids(items: list[str]) -> Iterator[str]:
    for item in items:
        key = item.lstrip(" \t-{")
        # In an entry on one line, the first id is that of the job.
        if (key.startswith("id:") or item.lstrip(" \t").startswith("- {")) and (
            found := _ID.search(item)
        ):
            yield from _plain(found[1])


def _tags(items: list[str]) -> Iterator[str]:
    for item in items:
        for found in (_TAGS.search(item), _TAGS_BELOW.search(item)):
            lines = found[1].replace("- ", " ") if found else ""
            for tag in _TAG.findall(lines):
                yield from _plain(tag)


def _plain(text: str) -> Iterator[str]:
    value = text.strip("\"'")
    if value and "${{" not in value and not re.search(r"[\s*?\[]", value):
        yield value
