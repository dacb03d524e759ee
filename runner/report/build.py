"""Build: makes the gallery of results and writes it in one of its forms."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

from runner.model.file_facts import in_order
from runner.model.operations import MediaKind
from runner.model.values import as_list
from runner.report.cache import ThumbnailCache
from runner.report.charts import TaskSpan, draw_charts
from runner.report.contents import Gallery, GalleryFile, GalleryJob, Reviewer, RunFacts
from runner.report.costs import make_costs, price_of
from runner.report.files import Places, ResultFile
from runner.report.notes import make_notes
from runner.report.outlets import Outlet
from runner.report.page import render
from runner.report.rows import Row, make_axes, make_jobs
from runner.report.threads import each, thread_count
from runner.report.thumbnails import THUMB_PX, MediaFacts, make_thumbnails, quiet_pillow

_SAVED_EVERY = 200
"""Files after which the facts are saved: a killed process repeats no more than these."""

_BATCH = 25

_Key: TypeAlias = tuple[str, str, int]
"""Of a file: "removed" or empty, the id of its job, its place among the job's files."""

Progress = Callable[[int, int], None]
"""Called with what is done and the total."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """What a gallery is made of."""

    name: str
    """Title of the manifest, or its stem."""
    stem: str
    key: str
    """Under which a browser keeps what is not saved yet."""
    rows: Sequence[Row]
    removed: Sequence[Row] = ()
    run: RunFacts
    totals: Mapping[str, int | float]
    emulated: bool = False
    running: bool = False
    spans: Sequence[TaskSpan] = ()
    """Every submission that the ledger has; the other jobs are in the rows."""
    reviewers: Sequence[Reviewer] = ()
    notes: Sequence[str] = ()
    makes: Callable[[str], MediaKind]
    """What an operation makes."""


@dataclass(slots=True, kw_only=True)
class Builder:
    """One gallery on its way."""

    results: Results
    places: Places
    cache: ThumbnailCache
    preview_px: int | None = None
    """Size of the larger pictures inside of one file."""
    lang: str | None = None
    prunes: bool = True
    """Whether pictures that this gallery does not show are removed from the cache."""
    files: dict[_Key, ResultFile] = field(default_factory=dict, init=False)

    @property
    def sizes(self) -> list[int]:
        """The pictures of each file, in pixels."""
        return [THUMB_PX, *([self.preview_px] if self.preview_px else [])]

    def find_files(self, progress: Progress) -> None:
        """Find every file of the rows. Reads those whose digest is not cached."""
        wanted = list(self._wanted())
        batches = [wanted[at : at + _BATCH] for at in range(0, len(wanted), _BATCH)]
        for number, files in enumerate(each(self._find, batches)):
            self.files |= files
            progress(number * _BATCH, len(wanted))

    def _find(self, batch: Iterable[tuple[_Key, Row]]) -> dict[_Key, ResultFile]:
        return {key: self.places.find(row, key[2]) for key, row in batch}

    def _wanted(self) -> Iterator[tuple[_Key, Row]]:
        for kind, rows in (("", self.results.rows), ("removed", self.results.removed)):
            for row in rows:
                for index, _ in enumerate(as_list(row.get("files"))):
                    yield (kind, row["id"], index), row

    def make_thumbnails(self, progress: Progress) -> int:
        """Make what the cache lacks; returns for how many files. Raises OSError."""
        paths = {f.sha256: f.path for f in self.files.values() if f.path and f.sha256}
        lacking = {s: p for s, p in paths.items() if self.cache.lacks(s, self.sizes)}
        try:
            with quiet_pillow(), ThreadPoolExecutor(thread_count()) as pool:
                pending = {pool.submit(self._make, s, p) for s, p in lacking.items()}
                try:
                    self._collect(pending, progress)
                except BaseException:  # a full disk, Ctrl-C: no further file is begun
                    pool.shutdown(cancel_futures=True)
                    raise
        finally:
            if lacking:
                self.cache.save()
        return len(lacking)

    def _make(self, sha256: str, path: Path) -> None:
        try:
            made = make_thumbnails(path, self.sizes)
        except OSError:  # gone or closed since it was found
            return
        self.cache.add(sha256, made)

    def _collect(self, pending: set[Future[None]], progress: Progress) -> None:
        total, done = len(pending), 0
        progress(0, total)
        while pending:
            finished, pending = wait(pending, return_when=FIRST_COMPLETED)
            for future in finished:
                future.result()
                done += 1
                if done % _SAVED_EVERY == 0:
                    self.cache.save()
            progress(done, total)

    def pictures(self) -> list[Path]:
        """The pictures of all files, in the folder of the cache where there is one."""
        digests = sorted({file.sha256 for file in self.files.values() if file.sha256})
        found = (self.cache.picture(sha256, size) for sha256 in digests for size in self.sizes)
        return [path for path in found if path is not None]

    def embedded_bytes(self) -> int:
        """About how large a page is with the pictures inside."""
        jobs = len(self.results.rows) + len(self.results.removed)
        return sum(path.stat().st_size for path in self.pictures()) * 4 // 3 + 1024 * jobs

    def gallery(self, outlet: Outlet) -> Gallery:
        """The records of the page in the form of the outlet."""
        results = self.results
        rows = [self._with_labels(row, "") for row in results.rows]
        removed = [self._with_labels(row, "removed") for row in results.removed]
        own = make_jobs(rows, removed, self._files_of(outlet), results.makes)
        axes = make_axes(own)
        known = [
            (file, self.cache.facts(file.sha256) if file.sha256 else None)
            for file in self.files.values()
        ]
        covered = {span.fingerprint for span in results.spans}
        spans = [*results.spans, *_spans_of(own, covered)]
        return Gallery(
            name=results.name,
            stem=results.stem,
            key=results.key,
            emulated=results.emulated,
            running=results.running,
            run=results.run,
            totals=results.totals,
            form=outlet.form,
            notes=[*results.notes, *make_notes(known, lang=self.lang)],
            axes=axes,
            reviewers=results.reviewers,
            marks_file=f"{results.stem}.marks.yaml",
            jobs=own,
            charts=draw_charts(spans),
            costs=make_costs(own, axes),
        )

    def write(self, outlet: Outlet) -> Gallery:
        """Write the gallery, then remove the pictures of earlier ones. Raises OSError."""
        used = {file.sha256 for file in self.files.values() if file.sha256}
        for sha256 in used:
            for size in self.sizes:
                self.cache.take_over(sha256, size)
        gallery = self.gallery(outlet)
        outlet.write(render(gallery, lang=self.lang), self.pictures())
        # Last: until here the old page was there, and showed the old ones.
        if self.prunes:
            self.cache.save(used)
            self.cache.remove_unused(used, self.sizes)
        return gallery

    def _files_of(self, outlet: Outlet) -> Callable[[Row, bool], list[GalleryFile]]:
        def files(row: Row, is_removed: bool) -> list[GalleryFile]:
            kind = "removed" if is_removed else ""
            count = len(as_list(row.get("files")))
            found = [self.files[kind, row["id"], index] for index in range(count)]
            return _with_covers([self._shown(file, outlet) for file in found])

        return files

    def _with_labels(self, row: Row, kind: str) -> Row:
        """The row; one without labels, which an older version wrote, with those of its results."""
        if "labels" in row:
            return row
        count = len(as_list(row.get("files")))
        files = [self.files[kind, row["id"], index] for index in range(count)]
        known = [self.cache.facts(f.sha256) for f in files if f.sha256 and f.role is None]
        labels = in_order(label for facts in known if facts for label in facts.labels)
        return {**row, "labels": list(labels)} if labels else row

    def _shown(self, file: ResultFile, outlet: Outlet) -> GalleryFile:
        facts = self.cache.facts(file.sha256) if file.sha256 else None
        measured = facts or MediaFacts()
        is_unreadable = measured.problem == "unreadable"
        return GalleryFile(
            kind=file.kind,
            name=file.name,
            bytes=file.bytes,
            src=None if is_unreadable else outlet.source(file),
            thumb=self._picture(file, THUMB_PX, outlet),
            preview=self._picture(file, self.preview_px, outlet) if self.preview_px else None,
            width=measured.width or file.width,
            height=measured.height or file.height,
            seconds=file.seconds if measured.seconds is None else measured.seconds,
            frames_per_second=measured.frames_per_second,
            has_sound=measured.has_sound,
            peaks=measured.peaks,
            gone="unreadable" if is_unreadable else file.gone,
            role=file.role,
        )

    def _picture(self, file: ResultFile, size: int, outlet: Outlet) -> str | None:
        path = self.cache.picture(file.sha256, size) if file.sha256 else None
        return None if path is None else outlet.picture(path)


def _with_covers(files: Sequence[GalleryFile]) -> list[GalleryFile]:
    """The files, a video without a picture of its own with the one that its provider made."""
    cover = next((file for file in files if file.role == "cover" and file.thumb), None)
    return [
        replace(file, thumb=cover.thumb, preview=cover.preview)
        if cover and file.kind == "video" and file.thumb is None and file.gone is None
        else file
        for file in files
    ]


def _spans_of(jobs: Iterable[GalleryJob], covered: Collection[str]) -> Iterator[TaskSpan]:
    """The last submission of each job that is not `covered` by the ledger, as its row has it."""
    for job in jobs:
        if (
            job.submitted_s is not None
            and job.state != "removed"
            and job.fingerprint not in covered
        ):
            yield TaskSpan(
                fingerprint=job.fingerprint,
                submitted_s=job.submitted_s,
                finished_s=job.finished_s,
                state=job.state if job.state in ("succeeded", "failed") else "pending",
                price={unit: float(value) for unit, value in price_of(job).items()},
            )
