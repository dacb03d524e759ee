from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from runner.emulator.api.errors import ApiError
from runner.emulator.options import Options
from runner.emulator.server import Emulator
from runner.emulator.state.store import Journal, Store
from runner.emulator.state.tasks import Order

ORDER = Order(
    api="vidu", model="viduq2", prompt="猫", seed=1, aspect_ratio="16:9", resolution="1080p"
)
SUBMIT = "/ent/v2/reference2image"


def test_everything_outlives_the_process_and_urls_follow_the_port(
    tmp_path: Path, ask: Any, clock: Any, picture_uri: Any
) -> None:
    options = Options(state_dir=tmp_path, now_ns=clock, credits=100, keys=frozenset({"secret-k"}))
    body = {"model": "viduq2", "prompt": "猫", "images": [picture_uri()], "payload": "tag"}
    with Emulator(options) as emulator:
        made = ask("POST", emulator.url + SUBMIT, body, key="Token secret-k").json
    clock.forward(60)
    with Emulator(options) as emulator:
        path = f"{emulator.url}/ent/v2/tasks/{made['task_id']}/creations"
        task = ask("GET", path, key="Token secret-k").json
        assert (task["state"], task["payload"]) == ("success", "tag")
        link = task["creations"][0]["url"]
        assert link.startswith(emulator.url)
        assert ask("GET", link, key=None).status == 200
        balance = ask("GET", emulator.url + "/ent/v2/credits", key="Token secret-k").json
        assert balance["remains"][0]["credit_remain"] == 92
        [row] = ask("GET", emulator.url + "/_emulator/requests").json["submissions"]
        assert (row["task_id"], row["outcome"]) == (made["task_id"], "accepted")
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"secret-k" not in kept


def test_without_a_folder_nothing_is_kept(ask: Any) -> None:
    body = {"model": "viduq2", "prompt": "猫"}
    with Emulator() as emulator:
        task_id = ask("POST", emulator.url + SUBMIT, body).json["task_id"]
    with Emulator() as emulator:
        assert ask("GET", f"{emulator.url}/ent/v2/tasks/{task_id}/creations").status == 404


@pytest.mark.parametrize(
    "rubbish",
    [b'{"kind":"task","task":{"id"', b"\x00\xff", b"[]\n", b'{"kind":"task","task":{}}\n', b"{}\n"],
)
def test_a_damaged_line_is_passed_over(tmp_path: Path, clock: Any, rubbish: bytes) -> None:
    options = Options(now_ns=clock)
    with closing(Store(tmp_path, options)) as store:
        first = store.create(ORDER, "a")
    with (tmp_path / "journal.jsonl").open("ab") as file:
        file.write(rubbish)
    with closing(Store(tmp_path, options)) as store:
        second = store.create(ORDER, "b")
    with closing(Store(tmp_path, options)) as store:
        assert [task.id for task in store.tasks()] == [first.id, second.id]


def test_two_processes_on_one_folder_see_each_others_tasks(tmp_path: Path, clock: Any) -> None:
    options = Options(now_ns=clock, concurrency=2)
    with closing(Store(tmp_path, options)) as one, closing(Store(tmp_path, options)) as other:
        task = one.create(ORDER, "a")
        other.refresh()
        assert other.task("vidu", task.id) == task
        other.create(ORDER, "b")
        with pytest.raises(ApiError, match="in flight"):
            one.create(ORDER, "c")
        other.cancel(task.id)
        one.create(ORDER, "d")


def test_a_task_is_journaled_when_it_is_told(tmp_path: Path, clock: Any) -> None:
    with closing(Store(tmp_path, Options(now_ns=clock))) as store:
        task = store.create(ORDER, "digest")
        [line] = (tmp_path / "journal.jsonl").read_text().splitlines()
        assert json.loads(line)["task"]["id"] == task.id


def test_a_failed_task_is_paid_back_once_also_after_a_restart(tmp_path: Path, clock: Any) -> None:
    options = Options(now_ns=clock, credits=20)
    with closing(Store(tmp_path, options)) as store:
        store.cancel(store.create(ORDER, "").id)
        assert (store.balance(), store.balance()) == (20, 20)
        store.create(ORDER, "")
    clock.forward(60)
    with closing(Store(tmp_path, options)) as store:
        assert store.balance() == 14


def test_ids_look_like_those_of_the_document(tmp_path: Path, clock: Any) -> None:
    with closing(Store(tmp_path, Options(now_ns=clock))) as store:
        ids = {store.create(ORDER, "").id for _ in range(5)}
    assert len(ids) == 5
    assert all(found.isdigit() and 18 <= len(found) <= 19 for found in ids)


def test_a_journal_gives_each_record_once(tmp_path: Path) -> None:
    with closing(Journal(tmp_path / "j")) as one, closing(Journal(tmp_path / "j")) as other:
        with one.locked():
            one.append({"a": 1})
        assert list(other.read_new()) == [{"a": 1}]
        with other.locked():
            other.append({"b": "line\nbreak"})
        assert list(other.read_new()) == [{"b": "line\nbreak"}]
        assert list(one.read_new()) == [{"a": 1}, {"b": "line\nbreak"}]
        assert list(one.read_new()) == []
