"""Costs: adds up what jobs cost by operation, tag and value of an axis."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from runner.model.operations import UNITS, Unit
from runner.report.contents import Axis, CostRow, GalleryJob, Grouping
from runner.results.rows import json_number

_Key = tuple[Grouping, str | None, str]


@dataclass(slots=True)
class _Sum:
    jobs: int = 0
    succeeded: int = 0
    credits: Decimal = Decimal(0)
    cny: Decimal = Decimal(0)


def price_of(job: GalleryJob) -> dict[Unit, Decimal]:
    """What a job cost, by the price list where it was made and its provider reports no price."""
    price = job.cost or (job.estimate if job.state == "succeeded" else None) or {}
    return {unit: Decimal(str(price[unit])) for unit in UNITS if price.get(unit)}


def make_costs(jobs: Iterable[GalleryJob], axes: Sequence[Axis]) -> list[CostRow]:
    """The sums by operation, then by tag, each in the jobs' order, then by axis.

    Only the manifest's own jobs count, as in the totals.
    """
    sums: dict[_Key, _Sum] = {}
    for job in jobs:
        if job.state != "removed":
            price = price_of(job)
            for key in _groups(job):
                found = sums.setdefault(key, _Sum())
                found.jobs += 1
                found.succeeded += job.state == "succeeded"
                found.credits += price.get("credits", 0)
                found.cny += price.get("cny", 0)
    order: list[tuple[Grouping, str | None]] = [("operation", None), ("tag", None)]
    order += [("axis", axis.name) for axis in axes]
    return [
        CostRow(
            by=by,
            axis=axis,
            name=name,
            jobs=found.jobs,
            succeeded=found.succeeded,
            credits=json_number(found.credits),
            cny=json_number(found.cny),
        )
        for group in order
        for (by, axis, name), found in sums.items()
        if (by, axis) == group
    ]


def _groups(job: GalleryJob) -> Iterator[_Key]:
    yield ("operation", None, job.operation)
    yield from (("tag", None, tag) for tag in dict.fromkeys(job.tags))
    yield from (("axis", name, value) for name, value in job.axes.items())
