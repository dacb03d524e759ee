"""A job and what it asked for the last time in; which parameters changed, from what to what, out.

What has no effect on the fingerprint is no change: tags, labels, parameters at their default.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any

from runner.ledger import LastRequest
from runner.model import Changed, Deferred, Job, Media, Operation, Parameters
from runner.operations import defaults_of

SHOWN = 3
"""How many changes a reason spells out."""
LONGEST = 24
"""Characters of a value that are shown, from a little before where two texts part."""
_DIGEST = 8
_RESULT = "the result of "


def changes_of(job: Job, operation: Operation, before: LastRequest) -> list[Changed]:
    """What the job asks for otherwise than before, in the order of its parameters.

    A result of another job counts as changed where nothing else is: only its fingerprint is
    known. A drawn seed follows the rest of the request, and is a change only alone.
    """
    if before.operation != job.operation:
        return [Changed(name="operation", before=before.operation, after=job.operation)]
    if before.fingerprint == job.fingerprint:
        return []
    found = list(_changes(job, operation, before.request))
    drawn = operation.seed is not None and operation.seed not in job.draft.parameters
    if drawn and (len(found) > 1 or job.draft.needs):
        found = [change for change in found if change.name != operation.seed]
    if not found:
        return [
            Changed(name=f'{_RESULT}"{need}"', before=None, after=None) for need in job.draft.needs
        ]
    return found


def describe(changes: Sequence[Changed]) -> str:
    """`changed: aspect_ratio 16:9 -> 1:1, images[0]`; empty for no changes."""
    if not changes:
        return ""
    parts = [_describe(change) for change in changes[:SHOWN]]
    more = len(changes) - SHOWN
    return f"changed: {', '.join(parts)}" + (f" and {more} more" if more > 0 else "")


def _changes(job: Job, operation: Operation, request: Parameters) -> Iterator[Changed]:
    before, was = _effective(operation, request)
    after, is_ = _effective(operation, job.parameters)
    for name in [*after, *(name for name in before if name not in after)]:
        if name in operation.media:
            yield from _images(name, before.get(name, ()), job.media.get(name, ()))
        elif not _later(after.get(name)) and not _same(before.get(name), after.get(name)):
            old, new = before.get(name, was.get(name)), after.get(name, is_.get(name))
            yield Changed(name=name, before=old, after=new)


def _effective(
    operation: Operation, parameters: Parameters
) -> tuple[dict[str, Any], Mapping[str, Any]]:
    """What counts of a request: no parameters without effect or at their default; the defaults."""
    defaults = defaults_of(operation, parameters)
    return {
        name: value
        for name, value in parameters.items()
        if name not in operation.unhashed
        and name != operation.tag
        and not (name in defaults and _same(value, defaults[name]))
    }, defaults


def _images(
    name: str, before: Sequence[Any], after: Sequence[Media | Deferred]
) -> Iterator[Changed]:
    """Place by place; what another job makes is told by that job's own changes."""
    for index, (old, new) in enumerate(zip_longest(map(_known, before), map(_labelled, after))):
        if "" not in (old, new) and old != new:
            yield Changed(name=f"{name}[{index}]", before=old, after=new)


def _known(image: Any) -> str:
    """An image of the ledger by digest or URL; empty for another job's result."""
    return str(image.get("sha256") or image.get("url") or "") if isinstance(image, dict) else ""


def _labelled(image: Media | Deferred) -> str:
    return "" if isinstance(image, Deferred) else image.sha256 or image.source


def _later(value: Any) -> bool:
    """Whether a value holds another job's result, which is not known yet."""
    if isinstance(value, dict):
        return any(map(_later, value.values()))
    if isinstance(value, list | tuple):
        return any(map(_later, value))
    return isinstance(value, Deferred)


def _same(left: Any, right: Any) -> bool:
    """Equal as JSON: `true` is not 1."""
    return bool(left == right) and isinstance(left, bool) == isinstance(right, bool)


def _describe(change: Changed) -> str:
    old, new = change.before, change.after
    if change.name.startswith(_RESULT):
        return change.name
    if change.name.endswith("]"):
        return _describe_image(change.name, old, new)
    start = 0
    if isinstance(old, str) and isinstance(new, str):
        pairs = enumerate(zip(old, new, strict=False))
        start = next((at for at, (one, other) in pairs if one != other), min(len(old), len(new)))
    return f"{change.name} {_short(old, start)} -> {_short(new, start)}"


def _describe_image(name: str, old: str | None, new: str | None) -> str:
    if old is None or new is None:
        return f"{name} {'added' if old is None else 'removed'}"
    return f"{name} {_short_image(old)} -> {_short_image(new)}"


def _short_image(text: str) -> str:
    return _short(text, 0) if ":" in text else text[:_DIGEST]


def _short(value: Any, start: int) -> str:
    """A value in few characters; a long text from a little before `start`, where it changed."""
    if value is None:
        return "not set"
    if not isinstance(value, str):
        return _cut(json.dumps(value, ensure_ascii=False))
    if len(value) <= LONGEST and value and not any(c.isspace() or c in '",' for c in value):
        return value
    begin = max(0, start - LONGEST // 3) if len(value) > LONGEST else 0
    text = value[begin:]
    lead, tail = "…" * bool(begin), "…" * (len(text) > LONGEST)
    return json.dumps(f"{lead}{text[:LONGEST]}{tail}", ensure_ascii=False)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
