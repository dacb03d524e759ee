"""Exported results: the rows to export, with their marks, their jobs and what they cost."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from runner.model.operations import UNITS
from runner.model.values import as_dict, as_list
from runner.report.build import Results
from runner.report.contents import GalleryJob
from runner.report.costs import price_of
from runner.report.reviewers import mark_of
from runner.report.rows import Row, make_jobs
from runner.results.rows import json_number


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What is exported of one manifest, and how its files are named where the export goes."""

    results: Results
    manifest: str
    """The path of the manifest from the current folder, with `/`."""
    folder: str
    """The way from the current folder to that of the results, with `/`."""
    link_folder: str
    """The same from the folder of what is written."""

    @property
    def rows(self) -> Sequence[Row]:
        """A row for each job of the manifest, in its order."""
        return self.results.rows

    def jobs(self) -> list[GalleryJob]:
        """The jobs as a gallery has them: without signed URLs and absolute paths."""
        return make_jobs(self.rows, (), lambda _row, _removed: (), self.results.makes)

    def mark(self, row: Row) -> Mapping[str, Any]:
        """The mark of a job: `mark`, `stars` and `note`; empty without one."""
        return mark_of(row, self.results.reviewers)

    def path(self, path: str) -> str:
        """A path of a row, from the current folder."""
        return posixpath.normpath(posixpath.join(self.folder, path))

    def link(self, path: str) -> str:
        """A path of a row, from the folder of what is written."""
        return posixpath.normpath(posixpath.join(self.link_folder, path))


def files_of(row: Row) -> list[str]:
    """The paths of the results themselves, without covers and marked copies."""
    files = [as_dict(each) for each in as_list(row.get("files"))]
    paths = [each.get("path") for each in files if not each.get("kind")]
    return [path for path in paths if isinstance(path, str)]


def costs_of(job: GalleryJob) -> dict[str, int | float]:
    """What a job counts with in the totals, by unit; units in which it cost nothing are left out.

    The price that the provider reported; of a result without one, that of the price list.
    """
    price: Mapping[Any, Decimal] = price_of(job)
    return {unit: json_number(price[unit]) for unit in UNITS if unit in price}
