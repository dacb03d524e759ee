"""Store: keeps tasks, balance and image copies in a state folder that processes may share.

Tasks stand in a journal, an append-only file of JSON lines. A record is one write, handed to the
operating system before `create` returns: it survives the death of the process.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from runner.emulator.api.errors import ApiError, invalid
from runner.emulator.operations.reading import credits_of
from runner.emulator.options import EmulatorOptions
from runner.emulator.state.places import Places
from runner.emulator.state.tasks import Order, Task, from_record
from runner.emulator.state.voices import Voices
from runner.emulator.times import seconds_of

# Shares of a task's time until it is queueing and until it is processing: our guess.
_QUEUED, _STARTED = 0.02, 0.1
# How long an off-peak task waits, in times of its own: our guess. The vendor promises 48 hours.
_OFF_PEAK_WAIT = 10
# Start of 2019: with it, ids look like the document's sample.
_EPOCH_MS = 1_546_300_800_000


class Store:
    """All tasks of a state folder. Other threads may only look up `tasks`, `keep` and `copy`."""

    def __init__(self, folder: Path, options: EmulatorOptions):
        self._options = options
        self._copies = folder / "references"
        self._copies.mkdir(parents=True, exist_ok=True)
        self._journal = Journal(folder / "journal.jsonl")
        self.tasks: dict[str, Task] = {}
        """Every task of both APIs by id, in the order of making."""
        self._external_ids: dict[str, str] = {}
        """The ids of the tasks that have an id of the user's own, by that."""
        self._in_flight: dict[str, set[str]] = {"vidu": set(), "modelverse": set()}
        self._places = {api: Places(options.concurrency) for api in self._in_flight}
        self._voices = Voices()
        self._charged = 0
        self.refresh()

    def close(self) -> None:
        """Close the journal."""
        self._journal.close()

    def refresh(self) -> None:
        """Read what was journaled since, here or by another process on the same folder."""
        for record in self._journal.read_new():
            try:
                self._apply(record)
            except (KeyError, TypeError, ValueError):
                continue  # damaged, or written by another version

    def _apply(self, record: dict[str, Any]) -> None:
        if record["kind"] == "cancelled":
            task_id, api = record["id"], self.tasks[record["id"]].order.api
            self.tasks[task_id] = self.tasks[task_id].cancelled(record["at_ns"])
            for moved, started_ns in record.get("moved", {}).items():
                self.tasks[moved] = self.tasks[moved].moved(started_ns)
            self._places[api] = Places(self._options.concurrency)
            for task in self._unsettled(api):
                self._places[api].take(task)
            return
        task = from_record(record["task"])
        self._in_flight[task.order.api].add(task.id)
        self._places[task.order.api].take(task)
        self._voices.learn(task)
        self._charged += task.credits
        self.tasks[task.id] = task
        if task.order.external_id:
            self._external_ids[task.order.external_id] = task.id

    def _unsettled(self, api: str) -> list[Task]:
        """The tasks that had not ended when somebody last asked, in the order of making."""
        return [self.tasks[task_id] for task_id in sorted(self._in_flight[api], key=int)]

    def id_of(self, name: str) -> str:
        """The id of the task with that external id; any other name is an id itself."""
        return name if name in self.tasks else self._external_ids.get(name, name)

    def task(self, api: str, name: str) -> Task:
        """The task with that id or external id, if this API made it; raises ApiError otherwise."""
        task = self.tasks.get(self.id_of(name))
        if task is None or task.order.api != api:
            raise ApiError("TaskNotFound", "there is no such task")
        return task

    def in_flight(self, api: str) -> list[Task]:
        """The tasks that have not ended by now."""
        # Settled when somebody asks: states follow from the clock, and no timer runs for a task.
        now = self._options.now_ns()
        tasks = [self.tasks[task_id] for task_id in self._in_flight[api]]
        for task in tasks:
            if task.phase(now).is_final:
                self._in_flight[api].discard(task.id)
                if task.err_code:
                    self._charged -= task.credits - task.lost_credits
        return [task for task in tasks if task.id in self._in_flight[api]]

    def balance(self) -> int:
        """Credits left; those of failed tasks have been given back, unless a fault keeps them."""
        self.in_flight("vidu")
        return self._options.credits - self._charged

    def create(
        self,
        order: Order,
        digest: str,
        *,
        untagged: str = "",
        change: Callable[[Task], Task] = lambda task: task,
    ) -> Task:
        """Make a task of an order; it is journaled when this returns.

        `change` is what a scripted fault makes of the task. Raises ApiError without enough
        credits, for a voice that cannot be made or used, for an external id that is taken, or above
        the limit where that is to be refused, and OSError when it cannot be journaled: then there
        is no task.
        """
        # Other processes count tasks of the same account: inside the lock nobody else makes one.
        with self._journal.locked():
            self.refresh()
            if order.external_id in self._external_ids:
                raise invalid(f"parameters.external_task_id {order.external_id} is taken")
            task = change(self._scheduled(order, digest, untagged))
            self._journal.append({"kind": "task", "task": asdict(task)})
            self.refresh()  # reads it back, so that tasks of all processes take one way
        return task

    def _scheduled(self, order: Order, digest: str, untagged: str) -> Task:
        now = self._options.now_ns()
        self._voices.check(order, now)
        price = self._price(order)
        duration_ns = seconds_of(order) * self._options.time_scale * 1e9
        ready_ns = now + round(duration_ns * _STARTED)
        started_ns = self._places[order.api].free_at(ready_ns)
        if order.is_off_peak:  # whether or not there is a place
            started_ns = ready_ns + round(duration_ns * _OFF_PEAK_WAIT)
        if order.is_synchronous:
            started_ns = ready_ns
        task = Task(
            id=self._new_id(now),
            order=order,
            credits=price,
            made_ns=now,
            queued_ns=now + round(duration_ns * _QUEUED),
            ready_ns=ready_ns,
            started_ns=started_ns,
            done_ns=started_ns + now + round(duration_ns) - ready_ns,
            digest=digest,
            untagged=untagged,
            err_code=order.err_code,
        )
        lifetime_s = order.lifetime_s
        is_late = lifetime_s is not None and task.done_ns - now > lifetime_s * 1e9
        return task.expired(lifetime_s) if lifetime_s is not None and is_late else task

    def _price(self, order: Order) -> int:
        """Credits of an order that the account can take."""
        limit, refuses = self._options.concurrency, self._options.over_limit == "refuse"
        ordinary = [task for task in self.in_flight(order.api) if task.takes_place]
        if refuses and len(ordinary) >= limit and order.takes_place:
            raise ApiError("QuotaExceeded", f"{limit} tasks are in flight, the account's limit")
        price = credits_of(order)
        if price > self.balance():
            message = f"the task costs {price} credits, {self.balance()} are left"
            raise ApiError("CreditInsufficient", message)
        return price

    def _new_id(self, now_ns: int) -> str:
        stamp = max(0, now_ns // 10**6 - _EPOCH_MS)
        # Above the latest one, even after the clock went back: the list pages by id.
        latest = int(next(reversed(self.tasks), 0))
        return str(max((stamp << 22) + secrets.randbelow(1 << 22), latest + 1))

    def cancel(self, task_id: str) -> list[str]:
        """Cancel a task; returns its id and those of tasks that start earlier because of it.

        Raises OSError when that cannot be journaled.
        """
        with self._journal.locked():
            self.refresh()
            now = self._options.now_ns()
            moved = self._moves(task_id, now)
            record = {"kind": "cancelled", "id": task_id, "at_ns": now, "moved": moved}
            self._journal.append(record)
            self.refresh()
        return [task_id, *moved]

    def _moves(self, cancelled: str, now_ns: int) -> dict[str, int]:
        """When the tasks start that start at another moment without one, by id."""
        places, moves = Places(self._options.concurrency), dict[str, int]()
        for task in self._unsettled(self.tasks[cancelled].order.api):
            if task.id == cancelled:
                continue
            if task.started_ns > now_ns and task.takes_place:
                started_ns = places.free_at(max(task.ready_ns, now_ns))
                if started_ns != task.started_ns:
                    moves[task.id] = started_ns
                places.take(task.moved(started_ns))
            else:
                places.take(task)
        return moves

    def keep(self, sha256: str, content: bytes) -> None:
        """Keep a copy of an image under its digest."""
        target = self._copies / sha256
        if not target.exists():  # equal digests have equal content
            write_atomically(target, content)

    def copy(self, sha256: str) -> bytes | None:
        """The content kept under a digest; None if there is no copy."""
        try:
            return (self._copies / sha256).read_bytes()
        except OSError:
            return None


def write_atomically(target: Path, content: bytes) -> None:
    """Write a file that other processes see whole or not at all."""
    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    part.write_bytes(content)
    part.replace(target)


class Journal:
    """One open journal, read from its beginning. A half-written line is skipped for good."""

    def __init__(self, path: Path):
        path.touch(0o600)
        self._file = path.open("a+b", buffering=0)  # so that a record is one write
        self._read_to = 0

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from writing, so that what is read inside stays complete."""
        fcntl.flock(self._file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def append(self, record: Mapping[str, Any]) -> None:
        """Write one record; call it inside `locked`. Raises OSError when it cannot be kept."""
        line = json.dumps(record, separators=(",", ":")).encode() + b"\n"
        self._file.seek(max(0, self._file.seek(0, os.SEEK_END) - 1))
        # A power cut or a full disk may have left half a line; ours must not be joined to it.
        if self._file.read(1) not in {b"", b"\n"}:
            line = b"\n" + line
        if self._file.write(line) != len(line):
            raise OSError("the journal took only part of a record")

    def read_new(self) -> Iterator[dict[str, Any]]:
        """The records written since the last call, by whichever process, in order."""
        self._file.seek(self._read_to)
        text = self._file.read()
        complete = text[: text.rfind(b"\n") + 1]
        self._read_to += len(complete)  # an unfinished line is read once it is whole
        for line in complete.splitlines():
            try:
                record = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(record, dict):
                yield record
