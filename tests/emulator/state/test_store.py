from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from runner.emulator.api.errors import ApiError
from runner.emulator.options import EmulatorOptions
from runner.emulator.server import run_emulator
from runner.emulator.state.store import Journal, Store
from tests.builders import as_data_uri, emulated_order, image_bytes

ORDER = emulated_order()
SUBMIT = "/ent/v2/reference2image"


def test_tasks_outlive_the_process_and_urls_follow_the_port(
    tmp_path: Path, ask: Any, clock: Any
) -> None:
    options = EmulatorOptions(
        state_dir=tmp_path, now_ns=clock, credits=100, keys=frozenset({"secret-k"})
    )
    body = {
        "model": "viduq2",
        "prompt": "猫",
        "images": [as_data_uri(image_bytes())],
        "payload": "tag",
    }
    with run_emulator(options) as url:
        made = ask("POST", url + SUBMIT, body, key="Token secret-k").json
    clock.forward(60)
    with run_emulator(options) as url:
        path = f"{url}/ent/v2/tasks/{made['task_id']}/creations"
        task = ask("GET", path, key="Token secret-k").json
        assert (task["state"], task["payload"]) == ("success", "tag")
        link = task["creations"][0]["url"]
        assert link.startswith(url)
        assert ask("GET", link, key=None).status == 200
        balance = ask("GET", url + "/ent/v2/credits", key="Token secret-k").json
        assert balance["remains"][0]["credit_remain"] == 92
        [row] = ask("GET", url + "/_emulator/requests").json["submissions"]
        assert (row["task_id"], row["outcome"]) == (made["task_id"], "accepted")
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"secret-k" not in kept


def test_without_a_folder_nothing_is_kept(ask: Any) -> None:
    body = {"model": "viduq2", "prompt": "猫"}
    with run_emulator(EmulatorOptions()) as url:
        task_id = ask("POST", url + SUBMIT, body).json["task_id"]
    with run_emulator(EmulatorOptions()) as url:
        assert ask("GET", f"{url}/ent/v2/tasks/{task_id}/creations").status == 404


@pytest.mark.parametrize(
    "rubbish",
    [b'{"kind":"task","task":{"id"', b"\x00\xff", b"[]\n", b'{"kind":"task","task":{}}\n', b"{}\n"],
)
def test_a_damaged_line_is_skipped(tmp_path: Path, clock: Any, rubbish: bytes) -> None:
    options = EmulatorOptions(now_ns=clock)
    with closing(Store(tmp_path, options)) as store:
        first = store.create(ORDER, "a")
    with (tmp_path / "journal.jsonl").open("ab") as file:
        file.write(rubbish)
    with closing(Store(tmp_path, options)) as store:
        second = store.create(ORDER, "b")
    with closing(Store(tmp_path, options)) as store:
        assert list(store.tasks) == [first.id, second.id]


def test_two_processes_may_share_a_folder(tmp_path: Path, clock: Any) -> None:
    options = EmulatorOptions(now_ns=clock, concurrency=2, over_limit="refuse")
    with closing(Store(tmp_path, options)) as first, closing(Store(tmp_path, options)) as second:
        task = first.create(ORDER, "a")
        second.refresh()
        assert second.task("vidu", task.id) == task
        second.create(ORDER, "b")
        with pytest.raises(ApiError, match="in flight"):
            first.create(ORDER, "c")
        second.cancel(task.id)
        first.create(ORDER, "d")


def test_a_task_is_journaled_before_it_is_returned(tmp_path: Path, clock: Any) -> None:
    with closing(Store(tmp_path, EmulatorOptions(now_ns=clock))) as store:
        task = store.create(ORDER, "digest")
        [line] = (tmp_path / "journal.jsonl").read_text().splitlines()
        assert json.loads(line)["task"]["id"] == task.id


def test_a_cancelled_task_is_refunded_exactly_once(tmp_path: Path, clock: Any) -> None:
    options = EmulatorOptions(now_ns=clock, credits=20)
    with closing(Store(tmp_path, options)) as store:
        store.cancel(store.create(ORDER, "").id)
        assert (store.balance(), store.balance()) == (20, 20)
        store.create(ORDER, "")
    clock.forward(60)
    with closing(Store(tmp_path, options)) as store:
        assert store.balance() == 14


def test_ids_look_like_those_of_the_document(tmp_path: Path, clock: Any) -> None:
    with closing(Store(tmp_path, EmulatorOptions(now_ns=clock))) as store:
        ids = {store.create(ORDER, "").id for _ in range(5)}
    assert len(ids) == 5
    assert all(found.isdigit() and 18 <= len(found) <= 19 for found in ids)


def test_a_journal_returns_each_record_once(tmp_path: Path) -> None:
    with closing(Journal(tmp_path / "j")) as first, closing(Journal(tmp_path / "j")) as second:
        with first.locked():
            first.append({"a": 1})
        assert list(second.read_new()) == [{"a": 1}]
        with second.locked():
            second.append({"b": "line\nbreak"})
        assert list(second.read_new()) == [{"b": "line\nbreak"}]
        assert list(first.read_new()) == [{"a": 1}, {"b": "line\nbreak"}]
        assert list(first.read_new()) == []
