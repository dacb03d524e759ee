"""Expanded jobs that use each other's results in, results of the wrong kind out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from runner.model import Deferred, Draft, JobOutput, Operation
from runner.validation.findings import Finding


def check_links(
    drafts: Sequence[Draft], operations: Mapping[str, Operation]
) -> list[tuple[Draft, list[Finding]]]:
    """The jobs that take a video of another job for an image, before anything is paid for it.

    Ids that are not there are the expansion's to tell.
    """
    linked = [draft for draft in drafts if draft.needs]
    if not linked:
        return []
    makes = {d.id: operations[d.operation].makes for d in drafts if d.operation in operations}
    found = [
        (draft, list(_wrong(draft, operations[draft.operation], makes)))
        for draft in linked
        if draft.operation in operations
    ]
    return [(draft, findings) for draft, findings in found if findings]


def _wrong(draft: Draft, operation: Operation, makes: Mapping[str, str]) -> Iterator[Finding]:
    for name, limits in operation.media.items():
        kinds = {media_type.partition("/")[0] for media_type in limits.media_types}
        images = draft.parameters.get(name)
        for index, image in enumerate(images if isinstance(images, list) else ()):
            job = _file_of(image)
            if job is not None and makes.get(job, "image") not in kinds:
                message = f'{name}[{index}] is what job "{job}" makes, a {makes[job]}'
                wanted = " or ".join(f"{kind}s" for kind in sorted(kinds))
                yield Finding(path=(name, index), message=f"{message}: only {wanted} are taken")


def _file_of(value: Any) -> str | None:
    """The id of the job whose file, or its URL, the value will be."""
    if not isinstance(value, Deferred) or len(value.parts) != 1:
        return None
    part = value.parts[0]
    return part.job if isinstance(part, JobOutput) and part.attribute != "seed" else None
