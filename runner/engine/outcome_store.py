"""Outcome store: keeps the outcomes of a run's jobs in a file, with a few bytes each in memory."""

from __future__ import annotations

import os
import pickle
import tempfile
import weakref
from array import array
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from io import FileIO
from operator import attrgetter
from pathlib import Path

from runner.engine.outcomes import interruption, unstarted
from runner.model.jobs import Job
from runner.model.outcomes import Outcome
from runner.model.plans import PlanEntry
from runner.model.reasons import Reason, ReasonCode
from runner.model.tasks import TaskFacts

_SEPARATE = frozenset({"job", "reason", "task"})
_FIELDS = tuple(field.name for field in fields(Outcome) if field.name not in _SEPARATE)
_TASK_FIELDS = tuple(field.name for field in fields(TaskFacts))
_values_of = attrgetter(*_FIELDS)
_facts_of = attrgetter(*_TASK_FIELDS)


def _packed(outcome: Outcome) -> bytes:
    """Serialize an outcome without its job, which is in the plan."""
    # As tuples: pickling two more records per job takes half as long again.
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


class OutcomeStore:
    """The outcomes of the jobs that have ended.

    A hundred thousand outcomes take a hundred megabytes: they go to a file without a name, which
    ends with the process, as long as the disk has room. What outlives the run is the ledger.
    """

    def __init__(
        self, entries: Sequence[PlanEntry], needed: Mapping[str, int], folder: Path
    ) -> None:
        """`needed`: the jobs that others need, id to number in the plan. `folder`: of the file."""
        self.entries = entries
        self._needed = needed
        self._offsets = array("q", [_MISSING]) * len(entries)
        self._in_memory: dict[int, Outcome] = {}
        """By number, those that the file has no room for."""
        self._end = 0
        self._file = _unnamed_file(folder)
        if self._file is not None:  # closed with the last reference to the outcomes
            weakref.finalize(self, self._file.close)
        self.count = 0
        """How many jobs have ended."""

    def put(self, number: int, outcome: Outcome) -> None:
        """Store the outcome of a job."""
        self.count += self._offsets[number] == _MISSING
        self._offsets[number] = self._append(outcome)
        if self._offsets[number] == _IN_MEMORY:
            self._in_memory[number] = outcome

    def at(self, number: int) -> Outcome | None:
        """The outcome of a job; None when it has not ended."""
        return self.read(number, self._offsets[number])

    def of(self, job: str) -> Outcome:
        """The outcome of a job that another one needed to start."""
        outcome = self.at(self._needed[job])
        assert outcome is not None
        return outcome

    def read(self, number: int, offset: int) -> Outcome | None:
        """The outcome that a job had at that offset. Any thread may call this."""
        if offset < 0 or self._file is None:
            return self._in_memory.get(number) if offset == _IN_MEMORY else None
        descriptor = self._file.fileno()  # `pread` moves no position, which threads would share
        length = int.from_bytes(os.pread(descriptor, _LENGTH_BYTES, offset), "big")
        record = os.pread(descriptor, length, offset + _LENGTH_BYTES)
        return _unpacked(record, self.entries[number].job)

    def snapshot(self, running: Mapping[str, Outcome]) -> StoredOutcomes:
        """An outcome for every job, unaffected by later ends; `running`: see there."""
        return StoredOutcomes(store=self, offsets=array("q", self._offsets), running=running)

    def _append(self, outcome: Outcome) -> int:
        """Write an outcome to the file; returns its offset, or `_IN_MEMORY`."""
        if self._file is None:
            return _IN_MEMORY
        record = _packed(outcome)
        content = len(record).to_bytes(_LENGTH_BYTES, "big") + record
        try:
            # A full disk may take a part of it, which the next outcome then overwrites.
            if os.pwrite(self._file.fileno(), content, self._end) < len(content):
                return _IN_MEMORY
        except OSError:
            return _IN_MEMORY
        offset, self._end = self._end, self._end + len(content)
        return offset


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StoredOutcomes(Collection[Outcome]):
    """An outcome for every job of a plan, in its order, each read when its turn comes."""

    store: OutcomeStore
    offsets: array[int]
    """Where the store has the outcome of each job."""
    running: Mapping[str, Outcome]
    """By job id, those of jobs that have started and not ended."""

    def __len__(self) -> int:
        return len(self.offsets)

    def __iter__(self) -> Iterator[Outcome]:
        not_started = interruption("not started")
        for number, entry in enumerate(self.store.entries):
            outcome = self.store.read(number, self.offsets[number])
            yield outcome or self.running.get(entry.job.id) or unstarted(entry, not_started)

    def __contains__(self, outcome: object) -> bool:
        return any(each == outcome for each in self)


_MISSING, _IN_MEMORY = -1, -2
"""Instead of an offset: no outcome yet, or one in memory."""
_LENGTH_BYTES = 4
"""Size of the length that precedes a record."""


def _unnamed_file(folder: Path) -> FileIO | None:
    """A file without a name in the folder; None where none can be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryFile(dir=folder, buffering=0)
    except OSError:
        return None
