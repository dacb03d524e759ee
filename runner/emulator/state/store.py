"""The account: tasks, balance and places in flight, folded from the journal, and image copies."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from runner.emulator.api.errors import ApiError
from runner.emulator.options import Options
from runner.emulator.state.journal import Journal
from runner.emulator.state.tasks import Order, Phase, Task, TaskScript, from_record, to_record
from runner.emulator.tables import credits_of, seconds_of

_QUEUED, _STARTED = 0.02, 0.1
"""Shares of a task's time until it is queueing and until it is processing: our guess."""
_EPOCH_MS = 1_546_300_800_000
"""Start of 2019: with it, ids look like the document's sample."""
_NEVER_NS = 4 * 10**18
"""In the year 2096."""


class Store:
    """All tasks of a state folder. Its methods belong to one thread, but `task` and `copy`."""

    def __init__(self, folder: Path, options: Options):
        self._options = options
        self._copies = folder / "references"
        self._copies.mkdir(parents=True, exist_ok=True)
        self._journal = Journal(folder / "journal.jsonl")
        self._tasks: dict[str, Task] = {}
        self._made: dict[str, list[str]] = {"vidu": [], "modelverse": []}
        self._places: dict[str, int] = {}
        self._under_way: dict[str, set[str]] = {"vidu": set(), "modelverse": set()}
        self._charged = 0
        self.refresh()

    def close(self) -> None:
        """Let go of the journal."""
        self._journal.close()

    def refresh(self) -> None:
        """Take in what was journaled since, here or by another process on the same folder."""
        for record in self._journal.new():
            try:
                self._take(record)
            except (KeyError, TypeError, ValueError):
                continue  # written by another version, or damaged: as good as not there

    def _take(self, record: dict[str, Any]) -> None:
        if record["kind"] == "cancelled":
            task_id = record["id"]
            self._tasks[task_id] = self._tasks[task_id].cancelled(record["at_ns"])
            return
        task = from_record(record["task"])
        made = self._made[task.order.api]
        self._places[task.id] = len(made)
        made.append(task.id)
        self._under_way[task.order.api].add(task.id)
        self._charged += task.credits
        self._tasks[task.id] = task

    def task(self, api: str, task_id: str) -> Task | None:
        """The task, if this API made it."""
        found = self._tasks.get(task_id)
        return found if found and found.order.api == api else None

    def any_task(self, task_id: str) -> Task | None:
        """The task, whichever API made it."""
        return self._tasks.get(task_id)

    def count(self, api: str) -> int:
        """How many tasks an API has made. They stand in the order of making, from place 0 on."""
        return len(self._made[api])

    def at(self, api: str, place: int) -> Task:
        """The task at a place, which never changes."""
        return self._tasks[self._made[api][place]]

    def place_of(self, api: str, task_id: str) -> int | None:
        """The place of a task, if this API made it."""
        return self._places[task_id] if self.task(api, task_id) else None

    def tasks(self) -> Iterator[Task]:
        """Every task of both APIs in the order of making."""
        return iter(self._tasks.values())

    def in_flight(self, api: str) -> list[Task]:
        """The tasks that hold a place now."""
        now = self._options.now_ns()
        tasks = [self._tasks[task_id] for task_id in self._under_way[api]]
        for task in tasks:
            if task.phase(now).is_final:
                self._leave(task)
        return [task for task in tasks if not task.phase(now).is_final]

    def _leave(self, task: Task) -> None:
        """A task has ended: its place is free, and what failed costs nothing as a rule."""
        self._under_way[task.order.api].discard(task.id)
        if task.err_code:
            self._charged -= task.credits - task.lost_credits

    def balance(self) -> int:
        """Credits left; what failed has been given back."""
        self.in_flight("vidu")
        return self._options.credits - self._charged

    def place(
        self, order: Order, digest: str, *, untagged: str = "", doom: TaskScript | None = None
    ) -> Task:
        """Make a task of an order; it is journaled when this returns.

        Raises ApiError above the limit in flight or without enough credits, and OSError when
        it cannot be journaled: then there is no task.
        """
        with self._journal.locked():
            self.refresh()
            task = scripted(replace(self._admit(order, digest), untagged=untagged), doom)
            self._journal.append({"kind": "task", "task": to_record(task)})
            self.refresh()
        return task

    def _admit(self, order: Order, digest: str) -> Task:
        limit = self._options.concurrency
        if len(self.in_flight(order.api)) >= limit:
            raise ApiError("QuotaExceeded", f"{limit} tasks are in flight, the account's limit")
        price = 0
        if order.api == "vidu":
            price = credits_of(order.model, len(order.images), order.resolution)
            if price > self.balance():
                raise ApiError(
                    "CreditInsufficient",
                    f"the task costs {price} credits, {self.balance()} are left",
                )
        return self._scheduled(order, price, digest)

    def _scheduled(self, order: Order, price: int, digest: str) -> Task:
        now = self._options.now_ns()
        span = seconds_of(order) * self._options.time_scale * 1e9
        return Task(
            id=self._new_id(now),
            order=order,
            credits=price,
            made_ns=now,
            queued_ns=now + round(span * _QUEUED),
            started_ns=now + round(span * _STARTED),
            done_ns=now + round(span),
            digest=digest,
        )

    def _new_id(self, now_ns: int) -> str:
        while True:
            stamp = max(0, now_ns // 10**6 - _EPOCH_MS)
            found = str((stamp << 22) + secrets.randbelow(1 << 22))
            if found not in self._tasks:
                return found

    def cancel(self, task_id: str) -> None:
        """Call a task off; raises OSError when that cannot be journaled."""
        with self._journal.locked():
            record = {"kind": "cancelled", "id": task_id, "at_ns": self._options.now_ns()}
            self._journal.append(record)
            self.refresh()

    def keep(self, sha256: str, content: bytes) -> None:
        """Keep a copy of an image under its digest, whole or not at all."""
        target = self._copies / sha256
        if not target.exists():
            part = target.with_name(f".{sha256}.{secrets.token_hex(4)}")
            part.write_bytes(content)
            part.replace(target)

    def copy(self, sha256: str) -> bytes | None:
        """The content kept under a digest."""
        try:
            return (self._copies / sha256).read_bytes()
        except OSError:
            return None


def scripted(task: Task, doom: TaskScript | None) -> Task:
    """The task with what a scripted fault has in store for it."""
    if doom is None:
        return task
    task = replace(task, err_code=doom.err_code, refunded=doom.refunded)
    match doom.stuck:
        case None:
            return task
        case Phase.CREATED:
            return replace(task, queued_ns=_NEVER_NS, started_ns=_NEVER_NS, done_ns=_NEVER_NS)
        case Phase.QUEUEING:
            return replace(task, started_ns=_NEVER_NS, done_ns=_NEVER_NS)
        case _:
            return replace(task, done_ns=_NEVER_NS)
