"""Selection: which jobs `--select` and `--exclude` match."""

from __future__ import annotations

import difflib
import fnmatch
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from runner.errors import UsageError
from runner.expansion.ids import fold_case
from runner.model.jobs import Draft, Job
from runner.model.outcomes import State

_MAX_EXAMPLES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The jobs that a command applies to."""

    ids: frozenset[str]
    """Every selected id, including those in `added`."""
    added: tuple[str, ...]
    """Ids that no pattern matches, selected because others need them, in job order."""


def select(
    jobs: Sequence[Draft | Job],
    *,
    select: Sequence[str] = (),
    exclude: Sequence[str] = (),
    states: Mapping[str, str] | None = None,
) -> Selection:
    """The jobs that match any of `select` (all jobs if it is empty) and none of `exclude`.

    A pattern is a glob over ids, `tag:GLOB` over tags, or `state:NAME` over `states` (job id to
    the state of its last run); all ignore case, as ids do, and match what is written exactly like
    them. What a selected job needs from others is selected too, even if excluded. Raises UsageError
    for an id or tag that no job has, with the nearest ones, and for a state that does not exist.
    """
    drafts = [job.draft if isinstance(job, Job) else job for job in jobs]
    known = states or {}
    ids = {draft.id for draft in drafts} if not select else _matching(drafts, select, known)
    ids -= _matching(drafts, exclude, known)
    # Without what it needs a selected job could not be made, so that wins over `exclude`.
    needed = _needed({draft.id: draft.needs for draft in drafts}, ids)
    added = tuple(draft.id for draft in drafts if draft.id in needed)
    return Selection(ids=frozenset(ids | needed), added=added)


def _matching(
    drafts: Sequence[Draft], patterns: Iterable[str], states: Mapping[str, str]
) -> set[str]:
    matching: set[str] = set()
    for pattern in patterns:
        matches = _matcher(pattern, states)
        found = {draft.id for draft in drafts if matches(draft)}
        # No job needs to have failed, but an id or a tag that no job has is a typing error.
        if not found and not pattern.startswith("state:"):
            raise UsageError(f'"{pattern}" matches no job', hint=_hint(pattern, drafts))
        matching |= found
    return matching


def _matcher(pattern: str, states: Mapping[str, str]) -> Callable[[Draft], bool]:
    kind, colon, text = pattern.partition(":")
    if not colon:
        matches = _glob(pattern)
        return lambda draft: matches(draft.id)
    matches = _glob(text)
    if kind == "tag":
        return lambda draft: any(map(matches, draft.tags))
    if kind == "state":
        known = [state.value for state in State]
        if not any(map(matches, known)):
            raise UsageError(f'there is no state "{text}"', hint=f"known: {', '.join(known)}")
        return lambda draft: matches(states.get(draft.id, ""))
    hint = "write a glob over ids, tag:NAME or state:NAME"
    raise UsageError(f'"{pattern}" is not a pattern', hint=hint)


def _glob(text: str) -> Callable[[str], bool]:
    """Whether a name matches the glob, or is written exactly like it: a tag may be `[wip]`."""
    folded = fold_case(text)
    compiled = re.compile(fnmatch.translate(folded))
    return lambda name: (each := fold_case(name)) == folded or compiled.match(each) is not None


def _hint(pattern: str, drafts: Sequence[Draft]) -> str | None:
    """The nearest ids or tags, written as patterns."""
    prefix, names = "", [draft.id for draft in drafts]
    if pattern.startswith("tag:"):
        prefix, names = "tag:", sorted({tag for draft in drafts for tag in draft.tags})
    if not names:
        return "no job has a tag" if prefix else None
    # Not `suggest`: several ids may be as near as each other (takes, a matrix).
    near = difflib.get_close_matches(pattern.removeprefix(prefix), names, n=3, cutoff=0.5)
    shown = near or names[:_MAX_EXAMPLES]
    return ("nearest: " if near else "for example: ") + ", ".join(prefix + name for name in shown)


def _needed(needs: Mapping[str, Sequence[str]], selected: set[str]) -> set[str]:
    """Ids outside `selected` that it needs, directly or through others."""
    needed: set[str] = set()
    # Not recursive: chains may be longer than the interpreter's stack.
    pending = [id_ for id_ in needs if id_ in selected]
    while pending:
        for need in needs[pending.pop()]:
            if need not in selected and need not in needed:
                needed.add(need)
                pending.append(need)
    return needed
