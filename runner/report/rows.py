"""Rows: makes the jobs, axes and costs of a gallery from the rows of a results manifest.

The rows may come from anywhere: a value of another type than the expected one counts as missing.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from runner.model.operations import MediaKind
from runner.model.values import as_dict, as_list, is_number, walk
from runner.report.contents import Axis, GalleryFile, GalleryJob, JobFailure
from runner.report.privacy import public_prompt, public_text, public_value
from runner.results.advice import failure_advice

MAX_AXIS_TEXT = 120
"""Characters of a value that a column of a file may have to be an axis: a prompt is none."""

_EXPRESSION = re.compile(r"\$\{\{ ?jobs(?:\['([^']+)'\]|\.([\w-]+))")

Row = Mapping[str, Any]


def make_jobs(
    rows: Sequence[Row],
    removed: Sequence[Row],
    files: Callable[[Row, bool], Sequence[GalleryFile]],
    makes: Callable[[str], MediaKind],
) -> list[GalleryJob]:
    """The jobs, one for each id, then the removed ones.

    `files` are those of a row, which may be of a removed job; `makes` is what an operation makes.
    """
    jobs: dict[str, GalleryJob] = {}
    for row in rows:
        jobs.setdefault(row["id"], _job(row, str(row["state"]), files(row, False), makes))
    for row in removed:
        if row["id"] not in jobs:
            jobs[row["id"]] = _job(row, "removed", files(row, True), makes)
    return _linked(jobs)


def _job(
    row: Row,
    state: str,
    files: Sequence[GalleryFile],
    makes: Callable[[str], MediaKind],
) -> GalleryJob:
    axes, cost = as_dict(row.get("axes")), as_dict(row.get("cost"))
    operation, take = _text(row.get("operation")) or "", _whole(axes.get("take"))
    return GalleryJob(
        id=row["id"],
        stack=row["id"].removesuffix(f".{take}") if take else row["id"],
        take=take,
        operation=operation,
        makes=makes(operation),
        state=state,
        reason=public_text(_text(row.get("reason"))),
        reused=row.get("reused") is True,
        prompt=public_prompt(_text(row.get("prompt"))),
        model=_text(row.get("model")),
        parameters=public_value(as_dict(row.get("parameters"))),
        tags=_texts(row.get("tags")),
        axes=_values(axes, _text(row.get("prompt"))),
        seed=_whole(row.get("seed")),
        cost=_price(cost.get("actual")),
        estimate=_price(cost.get("estimated")),
        task=_text(row.get("task_id")),
        fingerprint=str(row["fingerprint"]),
        attempts=_whole(row.get("attempts")) or 0,
        submitted_s=seconds_of(row.get("submitted_at")),
        finished_s=seconds_of(row.get("finished_at")),
        failure=_failure(as_dict(row.get("error"))),
        warnings=_warnings(row.get("warnings")),
        labels=_texts(row.get("labels")),
        made_from=_references(row),
        files=files,
    )


def _values(axes: Mapping[str, Any], prompt: str | None) -> dict[str, str]:
    """The values of the matrix, then those columns of the row that may be axes."""
    found = {str(name): _shown(value) for name, value in as_dict(axes.get("matrix")).items()}
    for name, value in as_dict(axes.get("row")).items():
        text = _shown(value)
        if text and len(text) <= MAX_AXIS_TEXT and text != prompt and "\n" not in text:
            # A column named like a name of the matrix is another thing.
            found[f"row.{name}" if str(name) in found else str(name)] = text
    return found


def _shown(value: Any) -> str:
    """A value as its text: JSON where it is none."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return public_text(text) or ""


def _failure(error: Mapping[str, Any]) -> JobFailure | None:
    if not error:
        return None
    code, class_ = str(error.get("code", "")), str(error.get("class", ""))
    billed = str(error.get("billed", "unknown"))
    return JobFailure(
        code=code,
        message=public_text(str(error.get("message", ""))) or "",
        class_=class_,
        billed=billed,
        advice=failure_advice(code, class_, billed),
    )


def _warnings(values: Any) -> list[dict[str, str]]:
    return [
        {"code": code, "message": public_text(_text(each.get("message"))) or code}
        for each in map(as_dict, as_list(values))
        if (code := _text(each.get("code")))
    ]


def _references(row: Row) -> list[str]:
    """The ids in expressions that a row shows in place of other jobs' results."""
    leaves = [leaf for _, leaf in walk({"": row.get("prompt"), **as_dict(row.get("parameters"))})]
    texts = [leaf for leaf in leaves if isinstance(leaf, str) and "${{" in leaf]
    found = [quoted or plain for text in texts for quoted, plain in _EXPRESSION.findall(text)]
    return list(dict.fromkeys(found))


def _linked(jobs: Mapping[str, GalleryJob]) -> list[GalleryJob]:
    """The jobs with both directions of what was made from what, between jobs that are there."""
    into: dict[str, list[str]] = defaultdict(list)
    sources = {id_: [each for each in job.made_from if each in jobs] for id_, job in jobs.items()}
    for id_, names in sources.items():
        for name in names:
            into[name].append(id_)
    return [
        replace(job, made_from=sources[id_], used_by=into.get(id_, ()))
        if sources[id_] or job.made_from or id_ in into
        else job
        for id_, job in jobs.items()
    ]


def make_axes(jobs: Iterable[GalleryJob]) -> list[Axis]:
    """The names by which jobs can be grouped: those of which a value comes twice, or all do once.

    A column with a value of its own in every row groups nothing, unless it is part of a grid.
    """
    values: dict[str, dict[str, None]] = {}
    counts: dict[str, int] = defaultdict(int)
    for job in jobs:
        for name, value in job.axes.items():
            values.setdefault(name, {})[value] = None
            counts[name] += 1
    return [
        Axis(name=name, values=list(found))
        for name, found in values.items()
        if len(found) < counts[name] or counts[name] <= _FEW
    ]


_FEW = 24
"""Values that make an axis though each of them comes once."""


def seconds_of(text: Any) -> float | None:
    """A time of a row in seconds of the epoch."""
    if not isinstance(text, str):
        return None
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError, OSError):
        return None


def _price(value: Any) -> dict[str, Any] | None:
    known = {unit: as_dict(value).get(unit) for unit in ("credits", "cny")}
    return {unit: number for unit, number in known.items() if is_number(number)} or None


def _text(value: Any) -> str | None:
    """A text; of a number, whose quotes an editor may have removed, its digits."""
    if type(value) is int:
        return str(value)
    return value or None if isinstance(value, str) else None


def _texts(values: Any) -> list[str]:
    return [each for each in as_list(values) if isinstance(each, str) and each]


def _whole(value: Any) -> int | None:
    return value if type(value) is int else None
