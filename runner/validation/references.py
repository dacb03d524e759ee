"""Reference checks: whether other jobs' results fit where a job uses them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from runner.media.types import with_article
from runner.model.jobs import Draft
from runner.model.names import name_of, rule_at
from runner.model.operations import MediaLimits, Operation
from runner.model.values import TEXTS, Deferred, JobOutput, ValuePath, walk
from runner.validation.diagnostics import Finding, dotted


def check_references(
    drafts: Sequence[Draft], operations: Mapping[str, Operation]
) -> list[tuple[Draft, list[Finding]]]:
    """The jobs that use a result where it does not fit, before anything is paid for it.

    A file can only be an image of its own, and a video cannot; a URL and a seed may be part of a
    text. Ids that do not exist are reported by the expansion.
    """
    linked = [draft for draft in drafts if draft.needs and draft.operation in operations]
    if not linked:
        return []
    # Of all jobs: a partial job's kind of result is known as well.
    makers = {d.id: operations[d.operation] for d in drafts if d.operation in operations}
    # Whichever take is picked, it is made by the same operation.
    makers = {d.stem: makers[d.id] for d in drafts if d.id in makers} | makers
    checked = [
        (draft, list(_check(draft, operations[draft.operation], makers))) for draft in linked
    ]
    return [(draft, findings) for draft, findings in checked if findings]


def _check(
    draft: Draft, operation: Operation, makers: Mapping[str, Operation]
) -> Iterator[Finding]:
    """`makers`: id of each job to its operation."""
    for path, leaf in walk(draft.parameters):
        for index, part in enumerate(leaf.parts if isinstance(leaf, Deferred) else ()):
            if not isinstance(part, JobOutput) or part.attribute == "seed":
                continue
            alone = len(leaf.parts) == 1
            limits = operation.limits_at(path)
            if part.attribute in TEXTS:
                yield from _as_id(path, part, limits)
            elif limits is None:
                yield from _as_text(path, part)
            # A URL may have text after it, which can be a query.
            elif not alone and (part.attribute != "url" or index):
                last = "picked" if part.attribute == "picked" else "output"
                hint = f"write ${{{{ {_written(part.job)}.{last} }}}} and nothing else"
                message = f"{dotted(path)} has text around {_file(part)}"
                yield Finding(path=path, message=message, hint=hint)
            elif maker := makers.get(part.job):
                yield from _as_image(path, part, maker)
                # Several in the place of one, and the reverse, are left to the schema.
                if alone and isinstance(path[-1], int) == _is_list(operation, path):
                    yield from _wrong_kind(path, part, maker, limits)


def _is_list(operation: Operation, path: ValuePath) -> bool:
    """Whether the parameter at a path, or the one that has it as an item, is a list."""
    rule = rule_at(operation.schema, name_of(path))
    return rule is not None and rule.get("type") == "array"


def _file(part: JobOutput) -> str:
    if part.attribute == "picked":
        return f'the picked take of "{part.job}"'
    return f'the file that job "{part.job}" makes'


def _written(job: str) -> str:
    return f"jobs.{job}" if job.isidentifier() else f"jobs['{job}']"


def _as_text(path: ValuePath, part: JobOutput) -> Iterator[Finding]:
    if part.attribute == "cover":
        message = f'{dotted(path)} takes text, not the cover of what job "{part.job}" makes'
        yield Finding(path=path, message=message)
    if part.attribute == "picked":
        yield Finding(path=path, message=f"{dotted(path)} takes text, not {_file(part)}")
    if part.attribute == "output":
        hint = f"for its address, as text, write ${{{{ {_written(part.job)}.url }}}}"
        yield Finding(path=path, message=f"{dotted(path)} takes text, not {_file(part)}", hint=hint)


def _as_id(path: ValuePath, part: JobOutput, limits: MediaLimits | None) -> Iterator[Finding]:
    """An id where a file is needed."""
    if limits is not None:
        hint = f"write ${{{{ {_written(part.job)}.output }}}}"
        message = f"{dotted(path)} takes {with_article(limits.kind)}, not the {part.attribute}"
        yield Finding(path=path, message=f'{message} of job "{part.job}"', hint=hint)


def _as_image(path: ValuePath, part: JobOutput, maker: Operation) -> Iterator[Finding]:
    if part.index:
        # A warning only: the provider may return more than its document shows.
        message = (
            f'{dotted(path)} is file number {part.index + 1} of job "{part.job}",'
            f" but by its document {maker.name} makes one"
        )
        yield Finding(path=path, message=message, warning=True)


def _wrong_kind(
    path: ValuePath, part: JobOutput, maker: Operation, limits: MediaLimits
) -> Iterator[Finding]:
    """A video where an image is needed, or a URL where only files are accepted."""
    is_cover = part.attribute == "cover"
    if (kind := "image" if is_cover else maker.makes) != limits.kind:
        what = f'the cover of job "{part.job}"' if is_cover else f'what job "{part.job}" makes'
        message = f"{dotted(path)} is {what}, {with_article(kind)}"
        message += f": only {_PLURALS[limits.kind]} are accepted"
        yield Finding(path=path, message=message)
    elif part.attribute == "url" and "url" not in limits.forms:
        hint = f"write ${{{{ {_written(part.job)}.output }}}}"
        message = f'{dotted(path)} is the URL of what job "{part.job}" makes'
        yield Finding(path=path, message=f"{message}: only files are accepted", hint=hint)


_PLURALS = {"image": "images", "video": "videos", "audio": "audio files"}
