"""Reference checks: whether other jobs' results fit where a job uses them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from runner.media.types import with_article
from runner.model.jobs import Draft
from runner.model.names import name_of, rule_at
from runner.model.operations import MediaLimits, Operation
from runner.model.values import TEXTS, Attribute, Deferred, JobOutput, ValuePath, walk
from runner.providers.registry import PROVIDERS
from runner.validation.diagnostics import Finding, dotted
from runner.validation.expected import requested_s


def check_references(
    drafts: Sequence[Draft], operations: Mapping[str, Operation]
) -> list[tuple[Draft, list[Finding]]]:
    """The jobs that use a result where it does not fit, before anything is paid for it.

    A file or its URL can only be an image of its own, and a video cannot; a URL and a seed may be
    part of a text. Ids that do not exist are reported by the expansion.
    """
    linked = [draft for draft in drafts if draft.needs and draft.operation in operations]
    if not linked:
        return []
    # Of all jobs: a partial job's kind of result is known as well.
    known = [draft for draft in drafts if draft.operation in operations]
    makers = {d.id: _Maker(draft=d, operation=operations[d.operation]) for d in known}
    # Whichever take is picked, it is made by the same operation.
    makers = {d.stem: makers[d.id] for d in known} | makers
    checked = [
        (draft, list(_check(draft, operations[draft.operation], makers))) for draft in linked
    ]
    return [(draft, findings) for draft, findings in checked if findings]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Maker:
    """A job whose result another one uses."""

    draft: Draft
    operation: Operation


def _check(draft: Draft, operation: Operation, makers: Mapping[str, _Maker]) -> Iterator[Finding]:
    """`makers`: id of each job to what makes its result."""
    for path, leaf in walk(draft.parameters):
        for part in leaf.parts if isinstance(leaf, Deferred) else ():
            if not isinstance(part, JobOutput):
                continue
            maker = makers.get(part.job)
            is_foreign = maker is not None and maker.operation.provider != operation.provider
            absent = _absent(path, part, maker.operation) if maker else None
            # Of another provider an id would be of no use, whether there is one or not.
            if absent is not None and not (is_foreign and _is_creation(path)):
                yield absent
            elif _is_creation(path):
                yield from _as_creation(path, part, maker, operation, len(leaf.parts) == 1)
            else:
                yield from _as_value(path, part, maker, operation, len(leaf.parts) == 1)


def _as_value(
    path: ValuePath, part: JobOutput, maker: _Maker | None, operation: Operation, alone: bool
) -> Iterator[Finding]:
    """A result in a text, or in the place of a medium."""
    limits = operation.limits_at(path)
    if part.attribute in TEXTS:
        if part.attribute != "seed":
            yield from _as_id(path, part, limits)
    elif limits is None:
        yield from _as_text(path, part)
    elif not alone:
        last = part.attribute if part.attribute in {"picked", "url", "cover"} else "output"
        hint = f"write {_expression(part.job, last)} and nothing else"
        message = f"{dotted(path)} has text around {_file(part)}"
        yield Finding(path=path, message=message, hint=hint)
    elif maker is not None:
        yield from _as_image(path, part, maker.operation)
        # Several in the place of one, and the reverse, are left to the schema.
        if isinstance(path[-1], int) == _is_list(operation, path):
            yield from _wrong_kind(path, part, maker, limits, operation)


def _is_list(operation: Operation, path: ValuePath) -> bool:
    """Whether the parameter at a path, or the one that has it as an item, is a list."""
    rule = rule_at(operation.schema, name_of(path))
    return rule is not None and rule.get("type") == "array"


def _file(part: JobOutput) -> str:
    if part.attribute == "picked":
        return f'the picked take of "{part.job}"'
    if part.attribute in {"url", "cover"}:
        return f'the {_WORDS[part.attribute]} of what job "{part.job}" makes'
    return f'the file that job "{part.job}" makes'


_WORDS: Mapping[Attribute, str] = {
    "url": "URL",
    "cover": "cover",
    "creation_id": "creation id",
    "task_id": "task id",
    "seed": "seed",
}


def _expression(job: str, attribute: str) -> str:
    name = f"jobs.{job}" if job.isidentifier() else f"jobs['{job}']"
    return f"${{{{ {name}.{attribute} }}}}"


# -------------------------------------------------------------------------- what a job has not


def _absent(path: ValuePath, part: JobOutput, maker: Operation) -> Finding | None:
    """The error about a part that results of this operation never have."""
    hint = None
    match part.attribute:
        case "seed" if maker.seed is None:
            hint = "leave it out, or use the seed of a job whose operation takes one"
        case "cover" if not _has_cover(maker):
            hint = "only pictures and videos by vidu have one"
        case "creation_id" if not _has_creations(maker):
            hint = f"for its file, write {_expression(part.job, 'output')}"
    if hint is None:
        return None
    what = f"the {_WORDS[part.attribute]} of job"
    message = f'{dotted(path)} is {what} "{part.job}", but {maker.name} makes none'
    return Finding(path=path, message=message, hint=hint)


def _has_creations(maker: Operation) -> bool:
    # A synchronous answer is the result itself, without a creation around it.
    return PROVIDERS[maker.provider].HAS_CREATIONS and not maker.result.synchronous


def _has_cover(maker: Operation) -> bool:
    return PROVIDERS[maker.provider].HAS_CREATIONS and maker.makes != "audio"


# ------------------------------------------------------------------------------- ids and texts


def _is_creation(path: ValuePath) -> bool:
    # By the name that the API documents share, as `validation.expected` does.
    return isinstance(path[-1], str) and path[-1].endswith("creation_id")


def _as_creation(
    path: ValuePath, part: JobOutput, maker: _Maker | None, operation: Operation, alone: bool
) -> Iterator[Finding]:
    """What stands where the id of a creation is needed: a video, by every document so far."""
    hint = f"write {_expression(part.job, 'creation_id')}"
    if maker is not None and (wrong := _wrong_maker(path, part, maker.operation, operation)):
        yield wrong
    elif part.attribute != "creation_id":
        is_text = part.attribute in TEXTS
        what = f'the {_WORDS[part.attribute]} of job "{part.job}"' if is_text else _file(part)
        message = f"{dotted(path)} takes the id of a creation, not {what}"
        yield Finding(path=path, message=message, hint=hint)
    elif not alone:
        message = f'{dotted(path)} has text around the creation id of job "{part.job}"'
        yield Finding(path=path, message=message, hint=f"{hint} and nothing else")
    elif maker is not None:
        limits = (each for each in operation.media.values() if each.kind == "video")
        yield from _wrong_length(path, part, maker, next(limits, None))


def _wrong_maker(
    path: ValuePath, part: JobOutput, maker: Operation, operation: Operation
) -> Finding | None:
    """The error about a creation of another provider, or one that is no video."""
    if maker.provider != operation.provider:
        message = f'{dotted(path)} takes a creation of {operation.provider}, and job "{part.job}"'
        named = (name for name, each in operation.media.items() if each.kind == "video")
        media = next(named, None)
        hint = f"write {media}: {_expression(part.job, 'url')} instead" if media else None
        return Finding(path=path, message=f"{message} is one of {maker.provider}", hint=hint)
    if maker.makes != "video":
        message = f'{dotted(path)} is the creation of job "{part.job}", {with_article(maker.makes)}'
        hint = _way(part, maker, "video", operation)
        return Finding(path=path, message=f"{message}: only videos are accepted", hint=hint)
    return None


def _as_text(path: ValuePath, part: JobOutput) -> Iterator[Finding]:
    if part.attribute == "cover":
        message = f'{dotted(path)} takes text, not the cover of what job "{part.job}" makes'
        yield Finding(path=path, message=message)
    if part.attribute == "picked":
        yield Finding(path=path, message=f"{dotted(path)} takes text, not {_file(part)}")
    if part.attribute == "output":
        hint = f"for its address, as text, write {_expression(part.job, 'url')}"
        yield Finding(path=path, message=f"{dotted(path)} takes text, not {_file(part)}", hint=hint)


def _as_id(path: ValuePath, part: JobOutput, limits: MediaLimits | None) -> Iterator[Finding]:
    """An id where a file is needed."""
    if limits is not None:
        hint = f"write {_expression(part.job, 'output')}"
        message = f"{dotted(path)} takes {with_article(limits.kind)}, not the {part.attribute}"
        yield Finding(path=path, message=f'{message} of job "{part.job}"', hint=hint)


# --------------------------------------------------------------------------------------- media


def _as_image(path: ValuePath, part: JobOutput, maker: Operation) -> Iterator[Finding]:
    if part.index:
        # A warning only: the provider may return more than its document shows.
        message = (
            f'{dotted(path)} is file number {part.index + 1} of job "{part.job}",'
            f" but by its document {maker.name} makes one"
        )
        yield Finding(path=path, message=message, warning=True)


def _wrong_kind(
    path: ValuePath, part: JobOutput, maker: _Maker, limits: MediaLimits, operation: Operation
) -> Iterator[Finding]:
    """A video where an image is needed, a URL instead of a file, or a video of a wrong length."""
    is_cover = part.attribute == "cover"
    if (kind := "image" if is_cover else maker.operation.makes) != limits.kind:
        what = f'the cover of job "{part.job}"' if is_cover else f'what job "{part.job}" makes'
        message = f"{dotted(path)} is {what}, {with_article(kind)}"
        message += f": only {_PLURALS[limits.kind]} are accepted"
        hint = _way(part, maker.operation, limits.kind, operation)
        yield Finding(path=path, message=message, hint=hint)
    elif part.attribute == "url" and "url" not in limits.forms:
        hint = f"write {_expression(part.job, 'output')}"
        message = f'{dotted(path)} is the URL of what job "{part.job}" makes'
        yield Finding(path=path, message=f"{message}: only files are accepted", hint=hint)
    elif not is_cover and kind != "image":
        yield from _wrong_length(path, part, maker, limits)


_PLURALS = {"image": "images", "video": "videos", "audio": "audio files"}


def _way(part: JobOutput, maker: Operation, needed: str, operation: Operation) -> str | None:
    """How to get from what a job makes to the kind that is needed; None where no way is known."""
    makes = "image" if part.attribute == "cover" else maker.makes
    if needed == makes or "audio" in (needed, makes):
        return None
    if needed == "image":
        if not _has_cover(maker):
            return None
        return f"for a picture of it, write {_expression(part.job, 'cover')}"
    if part.attribute == "cover" and maker.makes == "video":
        return f"for the video itself, write {_expression(part.job, 'output')}"
    return f"{operation.provider}/img2video makes a video of an image: use what such a job makes"


def _wrong_length(
    path: ValuePath, part: JobOutput, maker: _Maker, limits: MediaLimits | None
) -> Iterator[Finding]:
    """A video or a sound whose job asks for fewer seconds than are needed, or for more."""
    seconds = requested_s(maker.operation, maker.draft.parameters)
    # How many there are decides the limits of a list; a video of its own has the first one.
    if limits is None or seconds is None or isinstance(path[-1], int):
        return
    least, most = limits.min_s[:1], limits.max_s[:1]
    is_short = bool(least) and seconds < least[0]
    if not is_short and not (most and seconds > most[0]):
        return
    bound = f"at least {least[0]:g} s" if is_short else f"at most {most[0]:g} s"
    message = f'{dotted(path)} is what job "{part.job}" makes, of {seconds:g} s, and takes {bound}'
    hint = f'give job "{part.job}" a duration of {bound}'
    yield Finding(path=path, message=message, hint=hint)
