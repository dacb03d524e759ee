"""Gallery results: reads what a gallery shows, from a results manifest, a ledger, or both.

The results manifest is the source as long as it is whole and up to date. While a run goes on, or
after one was killed, the ledger knows more; then the jobs are those of the manifest, as `status`
has them. The results alone are enough, and so is a ledger with its manifest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from runner.commands.gallery_source import GallerySource
from runner.documents.files import read_document as read_manifest
from runner.errors import Diagnostic, Failure, LedgerError, ManifestError, UsageError
from runner.ledger.location import open_ledger
from runner.ledger.records import PastSubmission, RunRecord
from runner.model.operations import MediaKind
from runner.model.tasks import AttemptState
from runner.model.values import as_dict
from runner.operations import SchemaError, load_operations
from runner.report.build import Results
from runner.report.charts import TaskSpan
from runner.report.contents import RunFacts
from runner.report.privacy import public_text
from runner.report.rows import Row, seconds_of
from runner.results.document import ResultsDocument
from runner.results.document import read_document as read_results


def read_gallery_results(source: GallerySource) -> Results:
    """What the gallery shows.

    Raises ManifestError where neither results nor manifest can be used, LedgerError where there
    are no results and the ledger cannot be used, UsageError where nothing has been made yet.
    """
    notes: list[str] = []
    last, submissions = _read_ledger(source, notes)
    found = _read_results(source.paths.results)
    if found is not None and found.value is not None and _is_current(found.value, last):
        return _results(source, found.value, submissions, notes)
    if last is None and found is None:
        _check_manifest(source)
        hint = f"make it first: vidu-run {source.manifest}"
        if source.paths.results.with_name(f"{source.stem}.emulated.results.yaml").exists():
            hint += "; --emulate shows its rehearsal"
        raise UsageError(f"nothing of {source.manifest} has been made yet", hint=hint)
    from runner.commands import gallery_manifest  # it loads everything that a plan needs

    try:
        value = gallery_manifest.planned_results(source, last)
    except (ManifestError, LedgerError, UsageError) as error:
        if found is not None and found.value is None:
            raise _damaged(found, error) from error
        if found is None or found.value is None:
            raise
        notes.append(f"these are the results as they were last written: {_first_line(error)}")
        return _results(source, found.value, submissions, notes)
    if found is not None and found.problem:
        notes.append(f"the results manifest {found.problem}; this is what the ledger has")
    return _results(source, value, submissions, notes)


def _damaged(found: ResultsDocument, error: Failure) -> ManifestError:
    """Why the results cannot be used, and why the manifest cannot take their place."""
    message = f"the results manifest {found.problem}"
    others = error.diagnostics if isinstance(error, ManifestError) else []
    problem = Diagnostic(message=message, location=found.location)
    return ManifestError([problem, *(each for each in others if each.message != message)])


def _check_manifest(source: GallerySource) -> None:
    """Raise ManifestError for a manifest that is missing or no document."""
    read_manifest(source.manifest)


def _first_line(error: Failure) -> str:
    return str(error).splitlines()[0] if str(error) else error.message


def _read_ledger(
    source: GallerySource, notes: list[str]
) -> tuple[RunRecord | None, list[PastSubmission]]:
    paths = source.paths
    try:
        with open_ledger(paths.location, read_only=True) as ledger:
            return ledger.last_run(paths.name), ledger.submissions(paths.name)
    except LedgerError as error:
        if not paths.results.is_file():
            raise
        notes.append(f"without the ledger: {error.message}")
        return None, []


def _read_results(path: Path) -> ResultsDocument | None:
    try:
        found = read_results(path, None)
    except FileNotFoundError:
        return None
    if not found.recognized:
        raise UsageError(f"{path} is not a results manifest", hint="name another file with -o")
    return found


def _is_current(results: Mapping[str, Any], last: RunRecord | None) -> bool:
    """Whether no run has begun since that has not written its results."""
    is_whole = as_dict(results.get("run")).get("finished_at") is not None
    return is_whole and (last is None or last.finished_at is not None)


def _results(
    source: GallerySource,
    value: Mapping[str, Any],
    submissions: Iterable[PastSubmission],
    notes: Sequence[str],
) -> Results:
    run = as_dict(value.get("run"))
    facts = RunFacts(
        id=_text(run.get("id")),
        tool=_text(run.get("tool")),
        started=_text(run.get("started_at")),
        finished=_text(run.get("finished_at")),
        exit=run["exit_code"] if type(run.get("exit_code")) is int else None,
    )
    totals = as_dict(value.get("totals"))
    rows = _unique(value["jobs"])
    return Results(
        name=_text(source.written.get("name")) or source.stem,
        stem=source.stem,
        key=f"{source.paths.results.name} {facts.id}",
        rows=_with_axes(source, rows),
        removed=_unique(value["removed"]),
        run=facts,
        totals={name: n for name, n in totals.items() if type(n) in (int, float)},
        emulated=source.options.emulate,
        running=facts.finished is None,
        spans=[_span(each) for each in submissions],
        notes=[public_text(each) or "" for each in notes],
        makes=_makes,
    )


def _unique(rows: Iterable[Row]) -> list[Row]:
    """The first row of each id."""
    found: dict[str, Row] = {}
    for each in rows:
        found.setdefault(each["id"], each)
    return list(found.values())


def _with_axes(source: GallerySource, rows: Sequence[Row]) -> Sequence[Row]:
    """The rows; those of an older version, which has none, with the axes of the manifest."""
    if any("axes" in each for each in rows) or not _has_axes(source.written):
        return rows
    from runner.commands import gallery_manifest

    try:
        known = gallery_manifest.axes_by_job(source)
    except (ManifestError, SchemaError):  # it has changed since
        return rows
    # A job of that id that asks for something else may have another place in the matrix too.
    return [{**each, **known.get((each["id"], each["fingerprint"]), {})} for each in rows]


def _has_axes(written: Mapping[str, Any]) -> bool:
    entries = written.get("jobs")
    blocks = [*(entries if isinstance(entries, list) else ()), written.get("defaults")]
    return any(as_dict(each).keys() & {"matrix", "foreach", "takes"} for each in blocks)


def _span(each: PastSubmission) -> TaskSpan:
    state = {AttemptState.SUCCEEDED: "succeeded", AttemptState.FAILED: "failed"}
    submitted = seconds_of(each.submitted_at)
    assert submitted is not None, "the ledger writes it"
    return TaskSpan(
        fingerprint=each.fingerprint,
        asked_s=seconds_of(each.intended_at),
        submitted_s=submitted,
        finished_s=seconds_of(each.finished_at),
        state=state.get(each.state, "pending"),
        price={each.price.unit: float(each.price.value)} if each.price else {},
    )


def _makes(operation: str) -> MediaKind:
    """What an operation makes; by its name if this version does not have it."""
    known = load_operations()
    with suppress(SchemaError):  # whoever sends one of it reports that
        if operation in known:
            return known[operation].makes
    return "video" if "video" in operation else "audio" if "audio" in operation else "image"


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
