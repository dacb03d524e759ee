"""Changes: which parameters of a job differ from what it asked for the last time.

What has no effect on the fingerprint is not a change: tags, labels, parameters at their default.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from runner.ledger.records import LastRequest
from runner.model.jobs import Job, Media
from runner.model.names import steps
from runner.model.operations import Operation
from runner.model.plans import Changed
from runner.model.values import (
    Deferred,
    Parameters,
    ValuePath,
    map_leaves,
    references,
    same,
    substitute,
)
from runner.operations import defaults_of, with_inner_defaults
from runner.results.rows import plain
from runner.validation.diagnostics import dotted

SHOWN = 3
"""How many changes a reason describes."""
LONGEST = 24
"""Characters of a value that are shown, from a little before the first difference."""
_DIGEST_CHARACTERS = 8


def changes_of(job: Job, operation: Operation, before: LastRequest) -> list[Changed]:
    """What the job asks for differently than before, in the order of its parameters.

    Of another job's result only the fingerprint is known: it counts as changed where nothing else
    is. A drawn seed depends on the rest of the request, and is a change only on its own.
    """
    if before.operation != job.operation:
        return [Changed(name="operation", before=before.operation, after=job.operation)]
    if before.fingerprint == job.fingerprint:
        return []
    changes = list(_changes(job, operation, before.request))
    is_drawn = operation.seed is not None and operation.seed not in job.draft.parameters
    # The seed follows from the rest, so it is not what the user changed.
    if is_drawn and (len(changes) > 1 or job.draft.needs):
        changes = [change for change in changes if change.name != operation.seed]
    if not changes:
        return [
            Changed(kind="result", name=f'the result of "{need}"', before=None, after=None)
            for need in job.draft.needs
        ]
    return changes


def describe(changes: Sequence[Changed]) -> str:
    """`changed: aspect_ratio 16:9 -> 1:1, images[0] added`, for one change or more."""
    parts = [_describe(change) for change in changes[:SHOWN]]
    more = len(changes) - SHOWN
    return f"changed: {', '.join(parts)}" + (f" and {more} more" if more > 0 else "")


def _changes(job: Job, operation: Operation, request: Parameters) -> Iterator[Changed]:
    sent = {path: _stored_label(image) for path, image in operation.media_in(request)}
    asked = {path: _label(image) for path, image in job.media.items()}
    before, defaults_before = _effective(operation, substitute(request, sent))
    after, defaults_after = _effective(operation, substitute(job.parameters, asked))
    with_media = {steps(name)[0] for name in operation.media}
    # A parameter that is gone was changed, too: back to its default.
    for name in [*after, *(name for name in before if name not in after)]:
        if name in with_media:
            yield from _differences((name,), before.get(name), after.get(name))
        # A value from another job changes with that job, whose own changes are reported.
        elif not any(references(after.get(name))) and not same(before.get(name), after.get(name)):
            yield Changed(
                name=name,
                before=before.get(name, defaults_before.get(name)),
                after=after.get(name, defaults_after.get(name)),
            )


def _effective(
    operation: Operation, parameters: Parameters
) -> tuple[dict[str, Any], Mapping[str, Any]]:
    """The parameters that have an effect and are not at their default; and the defaults."""
    defaults = defaults_of(operation, parameters)
    return {
        name: with_inner_defaults(operation, name, value)
        for name, value in parameters.items()
        if name not in operation.unhashed
        and name != operation.tag
        and not (name in defaults and same(value, defaults[name]))
    }, defaults


@dataclass(frozen=True, slots=True)
class _Image:
    """An image, in its place inside a value."""

    label: str
    """Its digest or URL; empty where another job makes it."""


def _differences(path: ValuePath, before: Any, after: Any) -> Iterator[Changed]:
    """What differs inside a value with images, key by key and index by index; None is absent."""
    if isinstance(before, dict | None) and isinstance(after, dict | None):
        old, new = before or {}, after or {}
        for key in [*new, *(key for key in old if key not in new)]:
            yield from _differences((*path, key), old.get(key), new.get(key))
    elif isinstance(before, list | None) and isinstance(after, list | None):
        for index, (one, other) in enumerate(zip_longest(before or (), after or ())):
            if isinstance(one or other, dict) and None in (one, other):
                yield Changed(
                    kind="item",
                    name=dotted((*path, index)),
                    before=_as_data(one),
                    after=_as_data(other),
                )
            else:
                yield from _differences((*path, index), one, other)
    elif isinstance(before, _Image | None) and isinstance(after, _Image | None):
        labels = before and before.label, after and after.label
        # Another job's image changes with that job.
        if before != after and "" not in labels:
            yield Changed(kind="media", name=dotted(path), before=labels[0], after=labels[1])
    elif not any(references(after)) and not same(before, after):
        yield Changed(name=dotted(path), before=before, after=after)


def _as_data(item: Any) -> Any:
    """The item with its images by their labels, and other jobs' results as expressions."""
    named = map_leaves(item, lambda _, leaf: leaf.label if isinstance(leaf, _Image) else leaf)
    return plain(named)


def _stored_label(image: Any) -> _Image:
    """An image of the ledger."""
    known = image if isinstance(image, dict) else {}
    return _Image(str(known.get("sha256") or known.get("url") or ""))


def _label(image: Media | Deferred) -> _Image:
    return _Image("" if isinstance(image, Deferred) else image.sha256 or image.source)


def _describe(change: Changed) -> str:
    old, new = change.before, change.after
    if change.kind == "result":
        return change.name
    if change.kind != "value" and None in (old, new):
        return f"{change.name} {'added' if old is None else 'removed'}"
    if change.kind == "media":
        return f"{change.name} {_shortened_image(old)} -> {_shortened_image(new)}"
    start = 0
    if isinstance(old, str) and isinstance(new, str):
        pairs = enumerate(zip(old, new, strict=False))
        start = next((at for at, (a, b) in pairs if a != b), min(len(old), len(new)))
    return f"{change.name} {_shortened(old, start)} -> {_shortened(new, start)}"


def _shortened_image(label: str) -> str:
    return _shortened(label, 0) if ":" in label else label[:_DIGEST_CHARACTERS]


def _shortened(value: Any, start: int) -> str:
    """A value in few characters; a long text from a little before `start`, where it changed."""
    if value is None:
        return "not set"
    if not isinstance(value, str):
        text = json.dumps(value, ensure_ascii=False)
        return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
    if len(value) <= LONGEST and value and not any(c.isspace() or c in '",' for c in value):
        return value
    # Two long prompts often differ in a word far from their start.
    begin = max(0, start - LONGEST // 3) if len(value) > LONGEST else 0
    text = value[begin:]
    lead, tail = "…" * bool(begin), "…" * (len(text) > LONGEST)
    return json.dumps(f"{lead}{text[:LONGEST]}{tail}", ensure_ascii=False)
