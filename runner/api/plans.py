"""Plans: `plan` decides what a run would do for every job, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Unpack

from runner.api.manifests import Manifest, loaded
from runner.api.settings import AnyPath, PlanSettings, options_of
from runner.commands.folders import check_folders
from runner.commands.manifest_plan import ManifestPlan, plan_manifest
from runner.errors import Problem
from runner.model.plans import PlanEntry
from runner.planning.plan import totals
from runner.terminal.format import json_sums
from runner.terminal.plan_view import plan_record


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Plan:
    """What a run would do: an entry for every job, in the manifest's order."""

    path: Path
    """The manifest's."""
    entries: Sequence[PlanEntry]
    """Each with its `job`, `action`, `reason` and `estimate`."""
    warnings: tuple[Problem, ...]
    _planned: ManifestPlan

    def __iter__(self) -> Iterator[PlanEntry]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def __repr__(self) -> str:
        counts = ", ".join(f"{count} {action}" for action, count in self.actions.items())
        return f"<Plan {self.path}: {counts or 'no jobs'}>"

    @property
    def actions(self) -> Mapping[str, int]:
        """The number of jobs by action: `{"submit": 4, "reuse": 2}`."""
        numbers = totals(self._planned.plan).actions
        return {action.value: count for action, count in numbers.items() if count}

    @property
    def cost(self) -> Mapping[str, float]:
        """What the submissions should cost, by unit, as far as prices are known."""
        return dict[str, float](json_sums(totals(self._planned.plan).cost))

    def to_record(self) -> dict[str, Any]:
        """The plan as JSON values: what `vidu-run plan --json` prints of it."""
        return plan_record(str(self.path), self._planned.plan, self._planned.outlook)

    @classmethod
    def of(cls, planned: ManifestPlan) -> Plan:
        """The plan of one manifest."""
        return cls(
            path=planned.manifest.path,
            entries=planned.plan.entries,
            warnings=tuple(map(Problem.of, planned.warnings)),
            _planned=planned,
        )


def plan(manifest: Manifest | AnyPath, **settings: Unpack[PlanSettings]) -> Plan:
    """Decide what a run would do; sends nothing, writes nothing, needs no key.

    `manifest`: one that was loaded, or what `load` takes. Settings: see `PlanSettings`. Raises
    ManifestError, UsageError, LedgerError, ProviderError.
    """
    source = loaded(manifest, settings)
    options = options_of(source.path, settings, PlanSettings, dry=True)
    planned = plan_manifest(source.checked(options), options)
    check_folders([planned])
    planned.check_earlier_results()  # without them a plan would order what is paid for
    return Plan.of(planned)
