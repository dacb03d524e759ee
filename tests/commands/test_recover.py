"""Task ids that could not be written into the ledger are looked for by the next run."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Callable

from tests.commands.conftest import Project


def test_a_rescued_task_is_collected_and_not_paid_again(
    online: Project, submissions: Callable[[], Counter[str]]
) -> None:
    online.jobs("  - {id: a, prompt: a boat}")
    assert online.run("spring.yaml", "--no-download").code == 0
    path = online.folder / ".vidu-run/ledger.sqlite3"
    with sqlite3.connect(path) as ledger:  # as the run would have left it on a full disk
        ((number, task_id),) = ledger.execute("SELECT number, task_id FROM attempts")
        ledger.execute(
            "UPDATE attempts SET state = 'intent', task_id = NULL, submitted_at = NULL,"
            " finished_at = NULL"
        )
    ledger.close()
    rescue = path.with_name("ledger.rescue-20260101T000000Z-00000000.jsonl")
    rescue.write_text(json.dumps({"attempt": number, "task_id": task_id}) + "\n\n\n")
    (online.folder / "spring.results.yaml").unlink()
    ran = online.run("spring.yaml")
    assert ran.code == 0
    assert "1 task recovered from" in ran.err
    assert not rescue.exists()
    assert submissions() == {"accepted": 1}
    assert online.rows()["a"]["task_id"] == task_id


def test_what_a_killed_run_left_empty_goes_away(online: Project) -> None:
    online.jobs("  - {id: a, prompt: a boat}")
    online.run("spring.yaml")
    left = online.folder / ".vidu-run/ledger.rescue-20260101T000000Z-00000000.jsonl"
    left.write_bytes(b"\n" * 65536)
    assert online.run("spring.yaml").code == 0
    assert not left.exists()
