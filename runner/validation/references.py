"""Expanded jobs that use each other's results in, results that cannot go there out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from runner.model import Deferred, Draft, JobOutput, Operation
from runner.validation.diagnostics import Finding
from runner.validation.wording import dotted

Path: TypeAlias = tuple[str | int, ...]


def check_references(
    drafts: Sequence[Draft], operations: Mapping[str, Operation]
) -> list[tuple[Draft, list[Finding]]]:
    """The jobs that use a result where it cannot go, before anything is paid for it.

    A file goes in as an image of its own only, and a video is none. A URL and a seed may be part
    of a text. Ids that are not there are the expansion's to tell.
    """
    linked = [draft for draft in drafts if draft.needs]
    if not linked:
        return []
    made_by = {d.id: operations[d.operation] for d in drafts if d.operation in operations}
    found = [
        (
            draft,
            [
                *_misplaced(draft, operations[draft.operation], made_by),
                *_wrong(draft, operations[draft.operation], made_by),
            ],
        )
        for draft in linked
        if draft.operation in operations
    ]
    return [(draft, findings) for draft, findings in found if findings]


def _misplaced(
    draft: Draft, operation: Operation, made_by: Mapping[str, Operation]
) -> Iterator[Finding]:
    """Files where text goes, or glued to some; files further than the first."""
    for path, value in _deferred(draft.parameters, ()):
        whole = len(value.parts) == 1
        for number, part in enumerate(value.parts):
            if not isinstance(part, JobOutput) or part.attribute == "seed":
                continue
            a_file = f'the file that job "{part.job}" makes'
            hint = f"for its address, as text, write ${{{{ {_written(part.job)}.url }}}}"
            if path[0] not in operation.media:
                if part.attribute == "output":
                    message = f"{dotted(path)} takes text, and not {a_file}"
                    yield Finding(path=path, message=message, hint=hint)
            elif not whole and (part.attribute == "output" or number):
                message = f"{dotted(path)} has text around {a_file}"
                hint = f"write ${{{{ {_written(part.job)}.output }}}} and nothing else"
                yield Finding(path=path, message=message, hint=hint)
            elif part.index and part.job in made_by:
                name = made_by[part.job].name
                message = f'{dotted(path)} is file number {part.index + 1} of job "{part.job}"'
                message += f", and the document of {name} shows one"
                yield Finding(path=path, message=message, warning=True)


def _deferred(value: Any, path: Path) -> Iterator[tuple[Path, Deferred]]:
    """Every value that other jobs will give, with its path."""
    if isinstance(value, Deferred):
        yield path, value
    elif isinstance(value, Mapping | list):
        items = value.items() if isinstance(value, Mapping) else enumerate(value)
        for key, item in items:
            yield from _deferred(item, (*path, key))


def _written(job: str) -> str:
    return f"jobs.{job}" if job.isidentifier() else f"jobs['{job}']"


def _wrong(
    draft: Draft, operation: Operation, made_by: Mapping[str, Operation]
) -> Iterator[Finding]:
    for name, limits in operation.media.items():
        kinds = {media_type.partition("/")[0] for media_type in limits.media_types}
        images = draft.parameters.get(name)
        for index, image in enumerate(images if isinstance(images, list) else ()):
            job = _file_of(image)
            if job is not None and job in made_by and made_by[job].makes not in kinds:
                message = f'{name}[{index}] is what job "{job}" makes, a {made_by[job].makes}'
                wanted = " or ".join(f"{kind}s" for kind in sorted(kinds))
                yield Finding(path=(name, index), message=f"{message}: only {wanted} are taken")


def _file_of(value: Any) -> str | None:
    """The id of the job whose file, or its URL, the value will be."""
    if not isinstance(value, Deferred) or len(value.parts) != 1:
        return None
    part = value.parts[0]
    return part.job if isinstance(part, JobOutput) and part.attribute != "seed" else None
