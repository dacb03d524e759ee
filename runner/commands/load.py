"""Manifests in, checked jobs out, or every problem of every manifest at once."""

from __future__ import annotations

import functools
import gc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from runner import documents, media, validation
from runner.commands.options import Options
from runner.commands.paths import ProjectPaths
from runner.errors import Diagnostic, Location, ManifestError, merge
from runner.expansion import Expansion, PartialJob, expand, finalize
from runner.hashing import HashCache
from runner.model import Deferred, Draft, Job, Media, Operation
from runner.operations import load_operations
from runner.planning.plan import doubles
from runner.progress import Stages, stages


@contextmanager
def uncollected() -> Iterator[None]:
    """Keep the collector still, and what has been made by the end out of its sight for good.

    It looks for cycles, of which records have none, by going through all of them again and again:
    a fifth of the time that planning 100,000 jobs takes. And during a run each of its rounds
    would hold up the event loop for as long as it takes to look at the whole plan.
    """
    if not gc.isenabled():  # within another such block
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


Images = Mapping[str, tuple[Media | Deferred, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """One manifest, read and checked."""

    path: Path
    document: documents.Document
    expansion: Expansion
    jobs: list[Job]
    operations: Mapping[str, Operation]
    warnings: list[Diagnostic]
    hashes: HashCache
    """Of its images and of the files in its results."""

    @property
    def run(self) -> Mapping[str, Any]:
        """The manifest's `run` block."""
        return self.document.value.get("run") or {}

    @property
    def providers(self) -> Mapping[str, Any]:
        """The manifest's `providers` block."""
        return self.document.value.get("providers") or {}

    def locate(self, job: Job) -> Location:
        """Where a job stands in the manifest."""
        return self.expansion.locate(job.draft, ("id",))


def manifests_of(options: Options) -> list[Manifest]:
    """What the command line names, read and checked; raises ManifestError, see `read_manifests`."""

    @functools.cache
    def open_cache(file: Path) -> HashCache:
        return HashCache(file, trusted=not options.afresh, writable=not options.dry)

    return read_manifests(
        options.manifests,
        options.environ,
        options.progress,
        # Manifests of one folder share a cache.
        lambda path: open_cache(ProjectPaths.of(path, options).digests.absolute()),
    )


@uncollected()
def read_manifests(
    paths: Iterable[Path],
    environ: Mapping[str, str],
    progress: str = "none",
    hashes_for: Callable[[Path], HashCache] = lambda _path: HashCache(),
) -> list[Manifest]:
    """Read and check them all; raises ManifestError with all problems, in file order.

    Nothing is sent. Warnings travel with the error, or with the manifests. `progress` is what
    `--progress` asks for while it lasts. `hashes_for` returns the hash cache of a manifest.
    """
    operations = load_operations()
    manifests: list[Manifest] = []
    problems: list[Diagnostic] = []
    for path in paths:
        try:
            with stages(progress, environ) as told, hashes_for(path) as hashes:
                manifest = _read(path, operations, environ, told, hashes)
        except ManifestError as error:
            problems += error.diagnostics
        else:
            manifests.append(manifest)
            problems += manifest.warnings
    if any(not problem.warning for problem in problems):
        raise ManifestError(problems)
    return manifests


def _read(
    path: Path,
    operations: Mapping[str, Operation],
    environ: Mapping[str, str],
    stage: Stages,
    hashes: HashCache,
) -> Manifest:
    stage.begin(f"reading {path.name}")
    document = documents.read_document(path, stage.reached)
    shape = validation.document_diagnostics(
        [
            *validation.check_document(document.value, operations),
            *validation.check_lookalikes(document.text, document.value),
        ],
        document.value,
        document.locate,
    )
    told = [*document.diagnostics, *validation.not_yet_reported(shape, document.diagnostics)]
    expansion = expand(
        document.value,
        path.parent,
        operations,
        env=environ,
        locate=document.locate,
        each=lambda entries: stage.each("expanding", entries),
    )
    images: dict[str, Images] = {}
    told += validation.not_yet_reported(expansion.diagnostics, told)
    drafts = stage.each("checking", expansion.drafts)
    found = _job_problems(document, operations, expansion, drafts, images, hashes)
    told += validation.not_yet_reported(found, told)
    known = [*expansion.drafts, *(sketch.draft for sketch in expansion.partial_jobs)]
    links = validation.job_diagnostics(
        validation.check_references(known, operations), expansion.locate
    )
    told += validation.not_yet_reported(links, told)
    problems = in_file_order(merge(told), str(path))
    if any(not problem.warning for problem in problems):
        raise ManifestError(problems)
    jobs = finalize(
        expansion.drafts,
        operations,
        lambda draft: images[draft.id],
        lambda indexes: stage.each("fingerprinting", indexes),
    )
    return Manifest(
        path=path,
        document=document,
        expansion=expansion,
        jobs=jobs,
        operations=operations,
        hashes=hashes,
        warnings=in_file_order([*problems, *doubles(jobs, expansion.locate)], str(path)),
    )


def _job_problems(
    document: documents.Document,
    operations: Mapping[str, Operation],
    expansion: Expansion,
    drafts: Iterable[Draft],
    images: dict[str, Images],
    hashes: HashCache,
) -> list[Diagnostic]:
    """What is wrong with the jobs themselves; the images of the others are left in `images`."""
    checked = [
        (draft, findings)
        for draft in drafts
        if (findings := _findings(draft, operations.get(draft.operation), images, hashes))
    ]
    checked += [
        (sketch.draft, findings)
        for sketch in expansion.partial_jobs
        if (findings := _of_sketch(sketch, operations.get(sketch.draft.operation), hashes))
    ]
    return validation.job_diagnostics(checked, expansion.locate, document.value)


def _findings(
    draft: Draft, operation: Operation | None, images: dict[str, Images], hashes: HashCache
) -> list[validation.Finding]:
    if operation is None:
        return []
    findings = list(validation.check_job(draft, operation))
    found, troubles = _probe(draft, operation, findings, hashes)
    if troubles or any(not finding.warning for finding in findings):
        return [*findings, *troubles, *validation.check_images(operation, found)]
    whole = {name: tuple(one for one in some if one) for name, some in found.items()}
    images[draft.id] = whole
    return [*findings, *validation.check_media(draft, operation, whole)]


def _of_sketch(
    sketch: PartialJob, operation: Operation | None, hashes: HashCache
) -> list[validation.Finding]:
    """What else is wrong with a job that could not be made out."""
    if operation is None:
        return []
    findings = validation.check_job(sketch.draft, operation, sketch.unknown)
    known = {k: v for k, v in sketch.draft.parameters.items() if k not in sketch.unknown}
    found, troubles = _probe(replace(sketch.draft, parameters=known), operation, findings, hashes)
    return [*findings, *troubles, *validation.check_images(operation, found)]


def _probe(
    draft: Draft,
    operation: Operation,
    findings: Sequence[validation.Finding],
    hashes: HashCache,
) -> tuple[dict[str, list[Media | Deferred | None]], list[validation.Finding]]:
    """The images of a job, None for those of no use, and why they are of none."""
    wrong = {finding.path for finding in findings if not finding.warning}
    found: dict[str, list[Media | Deferred | None]] = {}
    troubles: list[validation.Finding] = []
    for name in operation.media.keys() & draft.parameters.keys():
        sources = draft.parameters[name]
        found[name] = [None] * len(sources) if isinstance(sources, list) else []
        for index, source in enumerate(sources if isinstance(sources, list) else ()):
            where = (name, index)
            if isinstance(source, Deferred):
                found[name][index] = source
            elif isinstance(source, str) and where not in wrong:
                try:
                    found[name][index] = media.probe(source, draft.base, hashes)
                except media.MediaError as error:
                    told = validation.Finding(path=where, message=error.message, hint=error.hint)
                    troubles.append(told)
    return found, troubles


def in_file_order(problems: Iterable[Diagnostic], path: str) -> list[Diagnostic]:
    """By line and column; what has no place comes first, what stands in other files last."""

    def key(problem: Diagnostic) -> tuple[bool, str, int, int]:
        place = problem.location or Location(path=path)
        return (place.path != path, place.path, place.line, place.column)

    return sorted(problems, key=key)
