"""Selection: which jobs `--select` and `--exclude` match."""

from __future__ import annotations

import difflib
import fnmatch
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from runner.errors import UsageError
from runner.expansion.ids import fold_case
from runner.model.jobs import Draft, Job
from runner.model.marks import Choice
from runner.model.outcomes import State

CHANGED = "changed"
MARK = "mark:"
NO_MARK = "none"

_MAX_EXAMPLES = 5
_MAX_NAMES = 8
"""Tags that a message lists."""
_LONGEST = 40
"""Characters of a tag or id that a message shows: both may be as long as a prompt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFacts:
    """What patterns look at, in addition to ids and tags; jobs are named by their ids."""

    states: Mapping[str, str] = field(default_factory=dict)
    """The states of the last run. A job without one is pending."""
    changed: Collection[str] | None = ()
    """The jobs whose requests were never submitted; None where they are not known."""
    marks: Mapping[str, str] | None = None
    """The marked ones to `picked` or `rejected`; None where there is no marks file."""
    marks_hint: str = "name their file"
    """What makes marks known where there is no marks file."""

    def state(self, id_: str) -> str:
        """The state that `state:NAME` looks at."""
        return self.states.get(id_, State.PENDING)


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
    facts: JobFacts | None = None,
) -> Selection:
    """The jobs that match any of `select` (all jobs if it is empty) and none of `exclude`.

    A pattern is a glob over ids, `tag:GLOB` over tags, `state:NAME`, `mark:NAME` or `changed`; all
    ignore case, as ids do, and match what is written exactly like them. What a selected job needs
    from others is selected too, even if excluded. Raises UsageError for an id or tag that no job
    has, with the nearest ones, and for a state or mark that does not exist.
    """
    drafts = [_draft(job) for job in jobs]
    known = facts or JobFacts()
    ids = {draft.id for draft in drafts} if not select else _matching(drafts, select, known)
    ids -= _matching(drafts, exclude, known)
    # Without what it needs a selected job could not be made, so that wins over `exclude`.
    needed = _needed({draft.id: draft.needs for draft in drafts}, ids)
    added = tuple(draft.id for draft in drafts if draft.id in needed)
    return Selection(ids=frozenset(ids | needed), added=added)


def available(jobs: Iterable[Draft | Job], facts: JobFacts) -> str:
    """What patterns may name, with numbers of jobs: `states: failed (2); tags: still (3)`."""
    drafts = [_draft(job) for job in jobs]
    groups = {
        "states": Counter(facts.state(draft.id) for draft in drafts),
        "tags": Counter(tag for draft in drafts for tag in dict.fromkeys(draft.tags)),
        "marks": Counter((facts.marks or {}).values()),
    }
    return "; ".join(f"{name}: {_counted(group)}" for name, group in groups.items() if group)


def _draft(job: Draft | Job) -> Draft:
    return job.draft if isinstance(job, Job) else job


def _counted(names: Counter[str]) -> str:
    shown = [f"{_short(name)} ({count:,})" for name, count in names.most_common(_MAX_NAMES)]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more:,} more" if more else "")


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 3]}..."


def _matching(drafts: Sequence[Draft], patterns: Iterable[str], facts: JobFacts) -> set[str]:
    matching: set[str] = set()
    for pattern in patterns:
        matches = _matcher(pattern, drafts, facts)
        found = {draft.id for draft in drafts if matches(draft)}
        # No job needs to have failed, but an id or a tag that no job has is a typing error.
        if not found and _is_name(pattern):
            raise UsageError(f'"{pattern}" matches no job', hint=_hint(pattern, drafts, facts))
        matching |= found
    return matching


def _is_name(pattern: str) -> bool:
    """Whether the pattern is of an id or of a tag."""
    return pattern.startswith("tag:") or (":" not in pattern and fold_case(pattern) != CHANGED)


def _matcher(pattern: str, drafts: Sequence[Draft], facts: JobFacts) -> Callable[[Draft], bool]:
    kind, colon, text = pattern.partition(":")
    if not colon:
        return _id_matcher(pattern, drafts, facts)
    matches = _glob(text)
    match kind:
        case "tag":
            return lambda draft: any(map(matches, draft.tags))
        case "state":
            _check_name(kind, text, State)
            return lambda draft: matches(facts.state(draft.id))
        case "mark":
            return _mark_matcher(text, facts)
    hint = "write a glob over ids, tag:NAME, state:NAME, mark:NAME or changed"
    raise UsageError(f'"{pattern}" is not a pattern', hint=hint)


def _id_matcher(pattern: str, drafts: Sequence[Draft], facts: JobFacts) -> Callable[[Draft], bool]:
    # A job that has this id was selected by it before the word meant more.
    is_id = fold_case(pattern) != CHANGED or any(fold_case(d.id) == CHANGED for d in drafts)
    if is_id:
        matches = _glob(pattern)
        return lambda draft: matches(draft.id)
    if facts.changed is None:
        message = f'"{CHANGED}" compares a manifest with its results'
        raise UsageError(message, hint="here there are only results; use it with list, plan or run")
    changed = facts.changed
    return lambda draft: draft.id in changed


def _mark_matcher(name: str, facts: JobFacts) -> Callable[[Draft], bool]:
    if facts.marks is None:
        raise UsageError(f"{MARK}{name} needs marks", hint=facts.marks_hint)
    marks = facts.marks
    if fold_case(name) == NO_MARK:
        return lambda draft: draft.id not in marks
    _check_name("mark", name, (*Choice, NO_MARK))
    matches = _glob(name)
    return lambda draft: draft.id in marks and matches(marks[draft.id])


def _check_name(kind: str, text: str, known: Iterable[str]) -> None:
    """Raise UsageError if the glob matches none of the names that there are."""
    names = [str(name) for name in known]
    if not any(map(_glob(text), names)):
        raise UsageError(f'there is no {kind} "{text}"', hint=f"known: {', '.join(names)}")


def _glob(text: str) -> Callable[[str], bool]:
    """Whether a name matches the glob, or is written exactly like it: a tag may be `[wip]`."""
    folded = fold_case(text)
    compiled = re.compile(fnmatch.translate(folded))
    return lambda name: (each := fold_case(name)) == folded or compiled.match(each) is not None


def _hint(pattern: str, drafts: Sequence[Draft], facts: JobFacts) -> str | None:
    """The nearest ids or tags, written as patterns, and what else there is."""
    prefix, names = "", [draft.id for draft in drafts]
    if pattern.startswith("tag:"):
        prefix, names = "tag:", sorted({tag for draft in drafts for tag in draft.tags})
    return "; ".join(_hints(prefix, pattern, names, available(drafts, facts))) or None


def _hints(prefix: str, pattern: str, names: Sequence[str], others: str) -> Iterator[str]:
    if names:
        # Not `suggest`: several ids may be as near as each other (takes, a matrix).
        near = difflib.get_close_matches(pattern.removeprefix(prefix), names, n=3, cutoff=0.5)
        shown = near or names[:_MAX_EXAMPLES]
        label = "nearest: " if near else "for example: "
        yield label + ", ".join(prefix + _short(name) for name in shown)
    elif prefix:
        yield "no job has a tag"
    if others:
        yield others


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
