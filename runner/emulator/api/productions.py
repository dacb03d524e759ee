"""Productions: formats whole films as their own query answers them, with their shots."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from runner.emulator.api.links import Link
from runner.emulator.operations.vidu import OPERATIONS
from runner.emulator.state import files
from runner.emulator.state.tasks import Phase, Task, timestamp

# "Only when shorter than 3 min": of more music there are shots, and nobody cuts them.
_LONGEST_FILM_S = 180


def film(task: Task, now_ns: int, link: Link) -> dict[str, Any]:
    """The answer to a query: without credits or tag, and with one state less than other tasks."""
    phase = task.phase(now_ns)
    err_code = task.err_code if phase is Phase.FAILED else ""
    is_cut = task.order.duration_s <= _LONGEST_FILM_S
    return {
        "id": task.id,
        "type": OPERATIONS[task.order.operation].row_type,
        "state": _state(phase),
        "err_code": err_code,
        "err_msg": f"the film failed: {err_code}" if err_code else "",
        "signed_url": link(task.id, files.VIDEO) if phase is Phase.SUCCESS and is_cut else "",
        "job_records": list(_records(task, now_ns, link, is_cut=is_cut)),
        "creator_id": task.order.key_id,
        "created_at": timestamp(task.made_ns),
        "updated_at": timestamp(_updated(task, now_ns)),
    }


def _state(phase: Phase) -> str:
    return (Phase.CREATED if phase is Phase.QUEUEING else phase).value


def _updated(task: Task, now_ns: int) -> int:
    """The last moment at which its state changed."""
    moments = (task.done_ns, task.started_ns)
    return next((moment for moment in moments if moment <= now_ns), task.made_ns)


def _records(task: Task, now_ns: int, link: Link, *, is_cut: bool) -> Iterator[dict[str, Any]]:
    """A record for each shot, and one for the cut; they are made one after another."""
    shots = len(task.order.images)
    jobs = [("generate_video", files.shot(number)) for number in range(shots)]
    if is_cut:
        jobs.append(("compose", files.VIDEO))
    made = task.progress(now_ns) * len(jobs) // 100
    phase = task.phase(now_ns)
    for number, (type_, file) in enumerate(jobs):
        state = Phase.SUCCESS if number < made else phase if number == made else Phase.CREATED
        job = {
            "id": f"{int(task.id) + 1 + number}",
            "type": type_,
            "state": _state(phase if phase.is_final else state),
            # The files are there once everything is.
            "signed_url": link(task.id, file) if phase is Phase.SUCCESS else "",
            "err_code": task.err_code if phase is Phase.FAILED else "",
            "err_msg": "",
            "created_at": timestamp(task.made_ns),
            "updated_at": timestamp(_updated(task, now_ns)),
        }
        index = number if type_ == "generate_video" else 0
        yield {"type": type_, "index": index, "jobs": [job]}
