"""Jobs and patterns in, which jobs are meant out."""

from __future__ import annotations

import difflib
import fnmatch
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from runner.errors import UsageError
from runner.model import Draft, Job, State

Test: TypeAlias = Callable[[Draft], bool]

_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The jobs a command speaks of."""

    ids: frozenset[str]
    """Every id that is meant, those in `added` too."""
    added: tuple[str, ...]
    """Ids that no pattern names and that are there because others need them, in job order."""


def select(
    jobs: Sequence[Draft | Job],
    *,
    select: Sequence[str] = (),
    exclude: Sequence[str] = (),
    states: Mapping[str, str] | None = None,
) -> Selection:
    """What matches any of `select` (everything where there is none) and none of `exclude`.

    A pattern is a glob over ids, `tag:GLOB` over tags, or `state:NAME` over `states` (job id to
    the state of its last run). Upper and lower case are one in all of them, as in ids. What a
    meant job needs from others is meant too, even if excluded. Raises UsageError for an id or tag
    that no job has, with the nearest ones, and for a state that does not exist.
    """
    drafts = [job.draft if isinstance(job, Job) else job for job in jobs]
    known = states or {}
    meant = {draft.id for draft in drafts} if not select else _matching(drafts, select, known)
    meant -= _matching(drafts, exclude, known)
    needed = _needed({draft.id: draft.needs for draft in drafts}, meant)
    added = tuple(draft.id for draft in drafts if draft.id in needed)
    return Selection(ids=frozenset(meant | needed), added=added)


def _matching(
    drafts: Sequence[Draft], patterns: Iterable[str], states: Mapping[str, str]
) -> set[str]:
    found: set[str] = set()
    for pattern in patterns:
        test = _test(pattern, states)
        hits = {draft.id for draft in drafts if test(draft)}
        # What failed may well be nothing; an id or a tag that is nowhere is a slip of the pen.
        if not hits and not pattern.startswith("state:"):
            raise UsageError(f'"{pattern}" matches no job', hint=_hint(pattern, drafts))
        found |= hits
    return found


def _test(pattern: str, states: Mapping[str, str]) -> Test:
    kind, colon, text = pattern.partition(":")
    if not colon:
        matches = _glob(pattern)
        return lambda draft: matches(draft.id)
    matches = _glob(text)
    if kind == "tag":
        return lambda draft: any(map(matches, draft.tags))
    if kind == "state":
        _check_state(text)
        return lambda draft: matches(states.get(draft.id, ""))
    hint = "write a glob over ids, tag:NAME or state:NAME"
    raise UsageError(f'"{pattern}" is no pattern', hint=hint)


def _glob(text: str) -> Callable[[str], bool]:
    found = re.compile(fnmatch.translate(_folded(text)))
    return lambda name: found.match(_folded(name)) is not None


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()


def _check_state(text: str) -> None:
    known = [state.value for state in State]
    matches = _glob(text)
    if not any(map(matches, known)):
        raise UsageError(f'there is no state "{text}"', hint=f"known: {', '.join(known)}")


def _hint(pattern: str, drafts: Sequence[Draft]) -> str | None:
    """The nearest id or tag, written as a pattern."""
    prefix, names = "", [draft.id for draft in drafts]
    if pattern.startswith("tag:"):
        prefix, names = "tag:", sorted({tag for draft in drafts for tag in draft.tags})
    if not names:
        return "no job has a tag" if prefix else None
    near = difflib.get_close_matches(pattern.removeprefix(prefix), names, n=3, cutoff=0.5)
    shown = near or names[:_SHOWN]
    return ("nearest: " if near else "for example: ") + ", ".join(prefix + name for name in shown)


def _needed(needs: Mapping[str, Sequence[str]], meant: set[str]) -> set[str]:
    """Ids outside `meant` that it needs, directly or through others."""
    found: set[str] = set()
    pending = [id_ for id_ in needs if id_ in meant]
    while pending:
        for need in needs[pending.pop()]:
            if need not in meant and need not in found:
                found.add(need)
                pending.append(need)
    return found
