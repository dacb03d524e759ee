"""Reference checks: whether other jobs' results fit where a job uses them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from runner.model.jobs import Draft
from runner.model.operations import Operation
from runner.model.values import Deferred, JobOutput, ValuePath, walk
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
    checked = [
        (draft, list(_check(draft, operations[draft.operation], makers))) for draft in linked
    ]
    return [(draft, findings) for draft, findings in checked if findings]


def _check(
    draft: Draft, operation: Operation, makers: Mapping[str, Operation]
) -> Iterator[Finding]:
    """`makers`: id of each job to its operation."""
    for path, leaf in walk(draft.parameters):
        if isinstance(leaf, Deferred):
            for index, part in enumerate(leaf.parts):
                if isinstance(part, JobOutput) and part.attribute != "seed":
                    yield from _misplaced(path, leaf, index, part, operation, makers)
    for name in operation.media:
        images = draft.parameters.get(name)
        for index, image in enumerate(images if isinstance(images, list) else ()):
            yield from _wrong_kind(name, index, image, operation, makers)


def _misplaced(
    path: ValuePath,
    value: Deferred,
    index: int,
    part: JobOutput,
    operation: Operation,
    makers: Mapping[str, Operation],
) -> Iterator[Finding]:
    """A file as text, or inside text; a file other than the first.

    `part` is at `index` of the value's parts.
    """
    file = f'the file that job "{part.job}" makes'
    if path[0] not in operation.media:
        if part.attribute == "output":
            hint = f"for its address, as text, write ${{{{ {_written(part.job)}.url }}}}"
            yield Finding(path=path, message=f"{dotted(path)} takes text, not {file}", hint=hint)
    elif len(value.parts) > 1 and (part.attribute == "output" or index):
        hint = f"write ${{{{ {_written(part.job)}.output }}}} and nothing else"
        yield Finding(path=path, message=f"{dotted(path)} has text around {file}", hint=hint)
    elif part.index and part.job in makers:
        # A warning only: the provider may return more than its document shows.
        message = (
            f'{dotted(path)} is file number {part.index + 1} of job "{part.job}",'
            f" but by its document {makers[part.job].name} makes one"
        )
        yield Finding(path=path, message=message, warning=True)


def _written(job: str) -> str:
    return f"jobs.{job}" if job.isidentifier() else f"jobs['{job}']"


def _wrong_kind(
    name: str, index: int, image: Any, operation: Operation, makers: Mapping[str, Operation]
) -> Iterator[Finding]:
    """A video where an image is needed."""
    job = _job_of_file(image)
    kinds = {media_type.partition("/")[0] for media_type in operation.media[name].media_types}
    if job is not None and job in makers and makers[job].makes not in kinds:
        accepted = " or ".join(f"{kind}s" for kind in sorted(kinds))
        message = f'{name}[{index}] is what job "{job}" makes, a {makers[job].makes}'
        yield Finding(path=(name, index), message=f"{message}: only {accepted} are accepted")


def _job_of_file(value: Any) -> str | None:
    """The id of the job whose file, or its URL, the value will be."""
    if not isinstance(value, Deferred) or len(value.parts) != 1:
        return None
    part = value.parts[0]
    return part.job if isinstance(part, JobOutput) and part.attribute != "seed" else None
