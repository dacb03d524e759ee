"""Reads and checks manifests, and reports every problem of all of them at once."""

from __future__ import annotations

import functools
import gc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any

from runner.commands.marks_files import (
    CountedMarks,
    marks_to_pick,
    marks_to_redo,
    without_marks,
)
from runner.commands.operation_files import check_installed, installed_operations
from runner.commands.options import Options, ProjectPaths
from runner.commands.results_files import without_results
from runner.documents.files import Document, read_document
from runner.errors import Diagnostic, Location, ManifestError, merge
from runner.expansion.expand import Expansion, PartialJob, expand
from runner.expansion.fingerprints import duplicate_warnings, finalize
from runner.expansion.ids import reserved_warnings
from runner.expansion.takes import TakeChoices
from runner.hashing import HashCache
from runner.marks.document import MarksFile
from runner.marks.effects import idle_marks
from runner.media.probe import probe
from runner.media.sources import MediaError
from runner.model.jobs import Draft, Job, JobMedia, Media
from runner.model.marks import TakeMarks
from runner.model.names import leaves_at
from runner.model.operations import Operation
from runner.model.values import Deferred, ValuePath
from runner.progress.stages import Stages, stages
from runner.validation.diagnostics import (
    Finding,
    document_diagnostics,
    job_diagnostics,
    not_yet_reported,
)
from runner.validation.document import check_document, check_lookalikes
from runner.validation.jobs import check_job
from runner.validation.media import check_images, check_media, unmeasured_warning
from runner.validation.pairs import check_future_pairs
from runner.validation.references import check_references
from runner.validation.siblings import SiblingHints


@contextmanager
def uncollected() -> Iterator[None]:
    """Turn garbage collection off; what exists at the end of the block is never collected."""
    # Looking for cycles, of which records have none, takes a fifth of the time of planning 100,000
    # jobs. And during a run each round would hold up the event loop for as long as it takes to
    # look at the whole plan.
    if not gc.isenabled():  # within another such block
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def without_collection(options: Options) -> AbstractContextManager[None]:
    """`uncollected`, unless the process is somebody else's: what it keeps must stay collectable."""
    return nullcontext() if options.hosted else uncollected()


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """One manifest, read and checked."""

    path: Path
    document: Document
    expansion: Expansion
    jobs: list[Job]
    marks: MarksFile | None = None
    """The marks file that took part."""
    replaced: Mapping[str, str] = field(default_factory=dict)
    """Id of each take that stands in for a rejected one, to the id of that one."""
    operations: Mapping[str, Operation]
    """Those that its jobs are of."""
    warnings: list[Diagnostic]
    hashes: HashCache
    """Of its images and of the files in its results."""

    @property
    def providers(self) -> Mapping[str, Any]:
        """The manifest's `providers` block."""
        return self.document.value.get("providers") or {}

    def locate(self, job: Job) -> Location:
        """The job's location in the manifest."""
        return self.expansion.locate(job.draft, ("id",))


def read_manifests(options: Options) -> list[Manifest]:
    """Read and check every manifest of the command line; sends nothing.

    Raises ManifestError with the problems of all of them, in file order, warnings included.
    """
    with without_collection(options):
        return _read_all(options)


def check_written(document: Document, options: Options) -> Manifest:
    """The manifest that a document is, checked as `read_manifests` does. Raises ManifestError."""
    cache, stage = fresh_hashes(document.path, options), stages(options.progress, options.environ)
    with without_collection(options), stage as shown, cache as hashes:
        return _checked(document, installed_operations(), options, shown, hashes)


def fresh_hashes(manifest: Path, options: Options) -> HashCache:
    """The hashes of a manifest's files as they are saved, without what this process has found."""
    return _hash_cache(ProjectPaths.of(manifest, options).digests, options)


def _hash_cache(file: Path, options: Options) -> HashCache:
    return HashCache(file, trusted=not options.rehash, writable=not options.dry)


def _read_all(options: Options) -> list[Manifest]:
    @functools.cache  # manifests of one folder share a cache
    def open_cache(file: Path) -> HashCache:
        return _hash_cache(file, options)

    operations = installed_operations()
    manifests: list[Manifest] = []
    paths, problems = without_results(options.manifests)
    paths, others = without_marks(paths)
    problems += others
    for path in paths:
        # Absolute, so that two spellings of one folder are one key.
        cache = open_cache(ProjectPaths.of(path, options).digests.absolute())
        try:
            with stages(options.progress, options.environ) as stage, cache as hashes:
                stage.begin(f"reading {path.name}")
                document = read_document(path, stage.reached)
                manifest = _checked(document, operations, options, stage, hashes)
        except ManifestError as error:  # the other manifests are checked all the same
            problems += error.diagnostics
        else:
            manifests.append(manifest)
            problems += manifest.warnings
    if any(not problem.warning for problem in problems):
        raise ManifestError(problems)
    return manifests


def _checked(
    document: Document,
    operations: Mapping[str, Operation],
    options: Options,
    stage: Stages,
    hashes: HashCache,
) -> Manifest:
    path, found = document.path, [*document.diagnostics]

    def report(diagnostics: Iterable[Diagnostic]) -> None:
        # A value that is reported already causes further errors; only the first one helps.
        found.extend(not_yet_reported(diagnostics, found))

    findings = [*check_document(document.value, operations)]
    findings += check_lookalikes(document.text, document.value)
    report(document_diagnostics(findings, document.value, document.locate))
    marks = CountedMarks(takes=TakeMarks())
    if not any(not problem.warning for problem in found):
        marks = _counted(lambda: marks_to_redo(document, options), found) or marks
    expansion = expand(
        document.value,
        path.parent,
        operations,
        env=options.environ,
        locate=document.locate,
        each=lambda entries: stage.each("expanding", entries),
        rejected=marks.takes.rejected,
    )
    report(expansion.diagnostics)
    if expansion.candidates and not marks.redo:
        marks = _counted(lambda: marks_to_pick(path, options), found) or marks
    known = [*expansion.drafts, *(job.draft for job in expansion.partial_jobs)]
    used = _used(known, operations)
    checker = _JobChecker(
        operations=used, hashes=hashes, siblings=SiblingHints(operations=operations)
    )
    drafts = stage.each("checking", expansion.drafts)
    by_job = checker.check_all(drafts, expansion.partial_jobs)
    by_job += unmeasured_warning(expansion.drafts, used, checker.images)
    by_job = _without_spare(by_job, expansion, document)
    report(job_diagnostics(by_job, expansion.locate, document.value))
    by_job = _without_spare(check_references(known, used), expansion, document)
    report(job_diagnostics(by_job, expansion.locate))
    pairs = check_future_pairs(expansion.drafts, used, checker.images)
    report(job_diagnostics(_without_spare(pairs, expansion, document), expansion.locate))
    problems = _in_file_order(merge(found), str(path))
    if any(not problem.warning for problem in problems):
        raise ManifestError(problems)
    choices = TakeChoices(marks.takes, expansion.sets, expansion.candidates, expansion.locate)
    # Only now that all is valid: a fingerprint needs the digest of every image.
    jobs = finalize(
        [draft for draft in expansion.drafts if not expansion.spare.get(draft.id)],
        used,
        lambda draft: checker.images[draft.id],
        lambda indexes: stage.each("fingerprinting", indexes),
        choices,
    )
    if wrong := [*choices.missing, *choices.wrong(expansion.spare)]:
        raise ManifestError(_in_file_order([*problems, *merge(wrong)], str(path)))
    warnings = [
        *problems,
        *duplicate_warnings(jobs, expansion.locate),
        *reserved_warnings(expansion.drafts, expansion.locate),
        *_idle_marks(marks, jobs, choices),
    ]
    return Manifest(
        path=path,
        document=document,
        expansion=expansion,
        jobs=jobs,
        marks=marks.file,
        replaced=choices.replaced,
        operations=used,
        hashes=hashes,
        warnings=_in_file_order(warnings, str(path)),
    )


def _counted(
    read: Callable[[], CountedMarks | None], found: list[Diagnostic]
) -> CountedMarks | None:
    """The marks that `read` returns; what is wrong about them is added to `found`."""
    try:
        return read()
    except ManifestError as error:
        found += error.diagnostics
        return None


def _without_spare(
    by_job: Iterable[tuple[Draft, list[Finding]]], expansion: Expansion, document: Document
) -> list[tuple[Draft, list[Finding]]]:
    """The findings about other jobs than spare takes, whose errors count only if they are used."""
    kept = []
    for draft, findings in by_job:
        if draft.id in expansion.spare:
            problems = job_diagnostics([(draft, findings)], expansion.locate, document.value)
            expansion.spare[draft.id].extend(each for each in problems if not each.warning)
        else:
            kept.append((draft, findings))
    return kept


def _idle_marks(marks: CountedMarks, jobs: Sequence[Job], choices: TakeChoices) -> list[Diagnostic]:
    """Warnings about the marks file, and about those of its marks that have no effect."""
    if marks.file is None:
        return []
    fingerprints = {job.id: job.fingerprint for job in jobs}
    idle = idle_marks(marks.file, fingerprints, choices.rejected, redo=marks.redo)
    return [*marks.file.document.diagnostics, *idle]


def _used(drafts: Iterable[Draft], operations: Mapping[str, Operation]) -> dict[str, Operation]:
    """The operations of the drafts; raises SchemaError for one whose file has mistakes."""
    names = {draft.operation for draft in drafts if draft.operation in operations}
    for name in names:
        check_installed(name)
    return {name: operations[name] for name in names}


@dataclass(frozen=True, slots=True, kw_only=True)
class _JobChecker:
    """Checks jobs one by one, and keeps the images of those that are valid."""

    operations: Mapping[str, Operation]
    hashes: HashCache
    siblings: SiblingHints
    images: dict[str, JobMedia] = field(default_factory=dict)
    """Job id to its images."""

    def check_all(
        self, drafts: Iterable[Draft], partial_jobs: Iterable[PartialJob]
    ) -> list[tuple[Draft, list[Finding]]]:
        """The jobs that have findings."""
        whole = ((draft, self._check(draft)) for draft in drafts)
        partial = ((job.draft, self._check(job.draft, job.unknown)) for job in partial_jobs)
        return [(draft, found) for draft, found in chain(whole, partial) if found]

    def _check(self, draft: Draft, unknown: frozenset[str] | None = None) -> list[Finding]:
        """Check a job; with `unknown`, one that could be expanded but for those parameters."""
        operation = self.operations.get(draft.operation)
        if operation is None:  # reported by the expansion
            return []
        findings = check_job(draft, operation, unknown or frozenset())
        if not unknown:  # what is not known may be what no other operation takes
            findings = self.siblings.add(draft, operation, findings)
        if unknown:  # their values are unknown, so nothing is reported about them
            known = {k: v for k, v in draft.parameters.items() if k not in unknown}
            draft = replace(draft, parameters=known)
        images, unusable = self._probe(draft, operation, findings)
        # Rules about several images together would only repeat what is wrong with one.
        if unknown is not None or unusable or any(not finding.warning for finding in findings):
            return [*findings, *unusable, *check_images(operation, images)]
        complete = {path: image for path, image in images.items() if image}
        self.images[draft.id] = complete
        return [*findings, *check_media(draft, operation, complete)]

    def _probe(
        self, draft: Draft, operation: Operation, findings: Sequence[Finding]
    ) -> tuple[dict[ValuePath, Media | Deferred | None], list[Finding]]:
        """The job's images, None in the place of an unusable one, and why those are unusable."""
        # A source that is wrong by the schema already is not worth reading.
        wrong = {finding.path for finding in findings if not finding.warning}
        images: dict[ValuePath, Media | Deferred | None] = {}
        unusable: list[Finding] = []
        for name, limits in operation.media.items():
            for path, source in leaves_at(draft.parameters, name):
                images[path] = source if isinstance(source, Deferred) else None
                if isinstance(source, str) and path not in wrong:
                    try:
                        images[path] = probe(source, draft.base, self.hashes, limits)
                    except MediaError as error:
                        unusable.append(Finding(path=path, message=error.message, hint=error.hint))
        return images, unusable


def _in_file_order(problems: Iterable[Diagnostic], path: str) -> list[Diagnostic]:
    """By line and column; problems without a location first, those of other files last."""

    def key(problem: Diagnostic) -> tuple[bool, str, int, int]:
        place = problem.location or Location(path=path)
        return (place.path != path, place.path, place.line, place.column)

    return sorted(problems, key=key)
