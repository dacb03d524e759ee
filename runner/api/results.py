"""Results: the rows of a run, as they stand in its results manifest, with their files."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.errors import Exit, Problem, suggest
from runner.file_names import located
from runner.hashing import HashCache
from runner.model.operations import UNITS
from runner.results.rows import row, totals_of
from runner.terminal.format import money_list

if TYPE_CHECKING:
    from runner.commands.carry_out import Executed
    from runner.commands.manifest_plan import ManifestPlan


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Results:
    """What came of a run: a row for every job, in the manifest's order.

    Rows are what `schemas/results.schema.json` describes. Where a run changes nothing, the results
    manifest stays as it is, and its `reused` and `reason` are those of the run that wrote it.
    """

    file: Path
    """The results manifest; absolute."""
    exit: Exit
    """What `vidu-run` would exit with: `Exit.OK` where everything asked for is there."""
    totals: Mapping[str, Any]
    """The number of jobs by state, `reused`, and what they cost in `credits` and `cny`."""
    stopped: Sequence[str]
    """Why nothing more was submitted, to a provider or at all; empty where nothing stopped it."""
    problems: Sequence[Problem]
    """The errors that ended the run early, such as a full disk."""
    warnings: Sequence[Problem]
    """About the manifest and the earlier results."""
    messages: Sequence[str]
    """What the command line would have printed beside the progress and the summary."""
    archive: Path
    """Displaced files, by digest; absolute."""
    _rows: Sequence[Mapping[str, Any]]
    _by_id: Mapping[str, Mapping[str, Any]]

    @classmethod
    def of(cls, planned: ManifestPlan, executed: Executed, messages: Sequence[str]) -> Results:
        """The results of a run that has ended."""
        outcomes = executed.batch.outcomes()
        rows = [row(outcome, planned.paths.base) for outcome in outcomes]
        return cls(
            file=planned.paths.results.absolute(),
            exit=executed.code,
            totals=totals_of(outcomes),
            stopped=[str(reason) for reason in executed.batch.stop_conditions.reasons()],
            problems=[each for failure in executed.failures for each in failure.problems],
            warnings=tuple(map(Problem.of, planned.warnings)),
            messages=tuple(messages),
            archive=planned.paths.archive.absolute(),
            _rows=rows,
            _by_id={each["id"]: each for each in rows},
        )

    @property
    def ok(self) -> bool:
        """Whether everything asked for is there."""
        return self.exit is Exit.OK

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, job: object) -> bool:
        return job in self._by_id

    def __getitem__(self, job: str) -> Mapping[str, Any]:
        if job not in self._by_id:
            raise KeyError(f"there is no job {job!r}: {suggest(job, self._by_id)}")
        return self._by_id[job]

    def path(self, job: str) -> Path:
        """The first file of a job's result, absolute: its picture, video or sound.

        Raises KeyError where there is no such job, LookupError where it has no file.
        """
        row = self[job]
        if not row["files"]:
            why = row["reason"] or (row["error"] or {}).get("message") or "nothing was fetched"
            raise LookupError(f"job {job!r} has no file: it is {row['state']} ({why})")
        return located(row["files"][0]["path"], self.file.parent)

    def to_records(self) -> list[dict[str, Any]]:
        """The rows as dicts of their own, for a table: `pandas.DataFrame(results.to_records())`."""
        return copy.deepcopy([dict(row) for row in self._rows])

    def __repr__(self) -> str:
        return f"<Results {self.file.name}: {self.headline}>"

    @property
    def headline(self) -> str:
        """The number of jobs by state, and what they cost: `2 succeeded, 1 failed | 12 credits`."""
        states = ("succeeded", "failed", "ambiguous", "pending", "skipped")
        counts = [f"{self.totals[state]} {state}" for state in states if self.totals[state]]
        sums = {unit: Decimal(str(self.totals[unit])) for unit in UNITS if self.totals[unit]}
        costs = money_list(sums)
        return " | ".join(", ".join(each) for each in (counts or ["no jobs"], costs) if each)

    def _repr_html_(self) -> str:
        # Late: they load Pillow.
        from runner.api.cards import cards_html
        from runner.report.files import Places

        places = Places(base=self.file.parent, archive=self.archive, hashes=HashCache())
        return cards_html(self.file.name, self.headline, self._rows, places)
