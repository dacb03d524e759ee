"""Manifests in, checked jobs out, or every problem of every manifest at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner import documents, media, validation
from runner.errors import ManifestError, Place, Problem, merged
from runner.expansion import Expansion, expand, seal
from runner.model import Deferred, Draft, Job, Media, Operation
from runner.operations import load_operations
from runner.planning import doubles

Images = Mapping[str, tuple[Media | Deferred, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """One manifest, read and checked."""

    path: Path
    document: documents.Document
    expansion: Expansion
    jobs: list[Job]
    operations: Mapping[str, Operation]
    warnings: list[Problem]

    @property
    def run(self) -> Mapping[str, Any]:
        """The manifest's `run` block."""
        return self.document.value.get("run") or {}

    @property
    def providers(self) -> Mapping[str, Any]:
        """The manifest's `providers` block."""
        return self.document.value.get("providers") or {}

    def place_of(self, job: Job) -> Place:
        """Where a job stands in the manifest."""
        return self.expansion.place_of(job.draft, ("id",))


def read_manifests(paths: Iterable[Path], environ: Mapping[str, str]) -> list[Manifest]:
    """Read and check them all; raises ManifestError with all problems, in file order.

    Nothing is sent and nothing written. Warnings travel with the error, or with the manifests.
    """
    operations = load_operations()
    manifests: list[Manifest] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            manifest = _read(path, operations, environ)
        except ManifestError as error:
            problems += error.problems
        else:
            manifests.append(manifest)
            problems += manifest.warnings
    if any(not problem.warning for problem in problems):
        raise ManifestError(problems)
    return manifests


def _read(path: Path, operations: Mapping[str, Operation], environ: Mapping[str, str]) -> Manifest:
    document = documents.read_document(path)
    shape = validation.document_problems(
        validation.check_document(document.value, operations), document.value, document.place
    )
    expansion = expand(document.value, path.parent, operations, env=environ, place=document.place)
    links = validation.check_links(expansion.drafts, operations)
    images: dict[str, Images] = {}
    problems = [
        *document.problems,
        *shape,
        *validation.not_yet_told(expansion.problems, shape),
        *_job_problems(document, operations, expansion, images),
        *validation.problems(links, expansion.place_of),
    ]
    problems = in_file_order(merged(problems), str(path))
    if any(not problem.warning for problem in problems):
        raise ManifestError(problems)
    jobs = seal(expansion.drafts, operations, lambda draft: images[draft.id])
    return Manifest(
        path=path,
        document=document,
        expansion=expansion,
        jobs=jobs,
        operations=operations,
        warnings=[*problems, *doubles(jobs, expansion.place_of)],
    )


def _job_problems(
    document: documents.Document,
    operations: Mapping[str, Operation],
    expansion: Expansion,
    images: dict[str, Images],
) -> list[Problem]:
    """What is wrong with the jobs themselves; the images of the others are left in `images`."""
    checked = [
        (draft, findings)
        for draft in expansion.drafts
        if (findings := _findings(draft, operations.get(draft.operation), images))
    ]
    return validation.problems(checked, expansion.place_of, document.value)


def _findings(
    draft: Draft, operation: Operation | None, images: dict[str, Images]
) -> list[validation.Finding]:
    if operation is None:
        return []
    findings = list(validation.check_draft(draft, operation))
    if all(finding.warning for finding in findings):
        found, troubles = _probe(draft, operation)
        images[draft.id] = found
        findings += troubles or validation.check_media(draft, operation, found)
    return findings


def _probe(draft: Draft, operation: Operation) -> tuple[Images, list[validation.Finding]]:
    found: dict[str, tuple[Media | Deferred, ...]] = {}
    troubles: list[validation.Finding] = []
    for name in operation.media.keys() & draft.parameters.keys():
        images: list[Media | Deferred] = []
        for index, source in enumerate(draft.parameters[name]):
            if isinstance(source, Deferred):
                images.append(source)
                continue
            try:
                images.append(media.probe(source, draft.base))
            except media.MediaError as error:
                where = (name, index)
                troubles.append(
                    validation.Finding(path=where, message=error.message, hint=error.hint)
                )
        found[name] = tuple(images)
    return found, troubles


def in_file_order(problems: Iterable[Problem], path: str) -> list[Problem]:
    """By line and column; what has no place comes first, what stands in other files last."""

    def key(problem: Problem) -> tuple[bool, str, int, int]:
        place = problem.place or Place(path=path)
        return (place.path != path, place.path, place.line, place.column)

    return sorted(problems, key=key)
