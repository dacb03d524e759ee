"""How the jobs of a run have ended: on the disk, with a few bytes of each in memory."""

from __future__ import annotations

import os
import pickle
import tempfile
import weakref
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from io import FileIO
from operator import attrgetter
from pathlib import Path
from typing import overload

from runner.engine.outcomes import interruption, unstarted
from runner.model import Job, Outcome, PlanEntry, Reason, ReasonCode, TaskFacts

_APART = frozenset({"job", "reason", "task"})
_FIELDS = tuple(field.name for field in fields(Outcome) if field.name not in _APART)
_TASK_FIELDS = tuple(field.name for field in fields(TaskFacts))
_values_of = attrgetter(*_FIELDS)
_facts_of = attrgetter(*_TASK_FIELDS)


def _packed(outcome: Outcome) -> bytes:
    """The outcome without its job, which the plan has."""
    # As tuples: pickling two more records of each job would take half as long again.
    reason = outcome.reason and (outcome.reason.code.value, outcome.reason.text)
    return pickle.dumps((_values_of(outcome), _facts_of(outcome.task), reason), protocol=5)


def _unpacked(record: bytes, job: Job) -> Outcome:
    values, facts, reason = pickle.loads(record)  # noqa: S301 - our own, in a file without a name
    return Outcome(
        job=job,
        reason=reason and Reason(ReasonCode(reason[0]), reason[1]),
        task=TaskFacts(**dict(zip(_TASK_FIELDS, facts, strict=True))),
        **dict(zip(_FIELDS, values, strict=True)),
    )


class OutcomeStore(Mapping[str, Outcome]):
    """The ends of a plan's jobs by now; as a mapping, of those that other jobs need, by their ids.

    A hundred thousand of them would be a hundred megabytes: they are kept in a file that has no
    name and goes with the process, as long as there is room for it. The ledger, not this, is what
    outlives the run.
    """

    def __init__(
        self, entries: Sequence[PlanEntry], needed: Mapping[str, int], folder: Path
    ) -> None:
        """`needed`: job id to its number in the plan. `folder`: where there may be room."""
        self._entries = entries
        self._needed = needed
        self._offsets = array("q", [_NONE]) * len(entries)
        self._kept: dict[int, Outcome] = {}
        """Those that the file has no room for."""
        self._end = 0
        self._file = _nameless(folder)
        if self._file is not None:  # whoever looks at outcomes last lets it go
            weakref.finalize(self, self._file.close)
        self.count = 0
        """How many there are."""

    def put(self, number: int, outcome: Outcome) -> None:
        """Take down how a job has ended."""
        self.count += self._offsets[number] == _NONE
        self._offsets[number] = self._written(outcome)
        if self._offsets[number] == _KEPT:
            self._kept[number] = outcome

    def at(self, number: int) -> Outcome | None:
        """How a job has ended; None when it has not."""
        return self.read(number, self._offsets[number])

    def read(self, number: int, offset: int) -> Outcome | None:
        """The end of a job as it was when its offset was that. May be called from any thread."""
        if offset < 0 or self._file is None:
            return self._kept.get(number) if offset == _KEPT else None
        descriptor = self._file.fileno()
        length = int.from_bytes(os.pread(descriptor, _HEAD, offset), "big")
        record = os.pread(descriptor, length, offset + _HEAD)
        return _unpacked(record, self._entries[number].job)

    def now(self, under_way: Mapping[int, Outcome]) -> StoredOutcomes:
        """An outcome for every job as things are at this moment.

        `under_way`: of jobs that have begun and not ended, by number.
        """
        return StoredOutcomes(self, self._entries, array("q", self._offsets), under_way)

    def _written(self, outcome: Outcome) -> int:
        """Where it stands in the file; `_KEPT` where it does not."""
        if self._file is None:
            return _KEPT
        record = _packed(outcome)
        content = len(record).to_bytes(_HEAD, "big") + record
        try:
            # A full disk may take a part of it, which the next one then takes the place of.
            if os.pwrite(self._file.fileno(), content, self._end) < len(content):
                return _KEPT
        except OSError:
            return _KEPT
        offset, self._end = self._end, self._end + len(content)
        return offset

    def __getitem__(self, job: str) -> Outcome:
        outcome = self.at(self._needed[job])
        if outcome is None:
            raise KeyError(job)
        return outcome

    def __iter__(self) -> Iterator[str]:
        return (job for job, number in self._needed.items() if self._offsets[number] != _NONE)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class StoredOutcomes(Sequence[Outcome]):
    """An outcome for every job of a plan, in its order, each read when it is looked at."""

    def __init__(
        self,
        ends: OutcomeStore,
        entries: Sequence[PlanEntry],
        offsets: array[int],
        under_way: Mapping[int, Outcome],
    ) -> None:
        self._ends = ends
        self._entries = entries
        self._offsets = offsets
        self._under_way = under_way

    def __len__(self) -> int:
        return len(self._offsets)

    @overload
    def __getitem__(self, at: int) -> Outcome: ...

    @overload
    def __getitem__(self, at: slice) -> Sequence[Outcome]: ...

    def __getitem__(self, at: int | slice) -> Outcome | Sequence[Outcome]:
        if isinstance(at, slice):
            return [self[number] for number in range(*at.indices(len(self)))]
        number = range(len(self))[at]
        outcome = self._ends.read(number, self._offsets[number]) or self._under_way.get(number)
        return outcome or unstarted(self._entries[number], interruption("not started"))


_NONE, _KEPT = -1, -2
"""Instead of an offset: no end yet, and one that is kept in memory."""
_HEAD = 4
"""Bytes that tell a record's length."""


def _nameless(folder: Path) -> FileIO | None:
    """A file without a name in the folder; None where none can be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryFile(dir=folder, buffering=0)
    except OSError:
        return None
