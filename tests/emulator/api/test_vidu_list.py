from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

SUBMIT = "/ent/v2/reference2image"


@pytest.fixture
def tasks(url: str, ask: Any, clock: Any) -> list[str]:
    """Ids of 25 tasks a minute apart, the first ones oldest."""
    ids = []
    for number in range(25):
        body = {
            "model": "viduq1" if number % 5 == 0 else "viduq2",
            "prompt": f"cat {number}",
            "images": ["https://example.com/cat.png"],
            "resolution": "1080p" if number % 5 == 0 or number % 2 else "2K",
            "payload": f"tag {number}",
        }
        ids.append(ask("POST", url + SUBMIT, body).json["task_id"])
        clock.forward(60)
    return ids


def ids_of(answer: Any) -> list[str]:
    assert answer.status == 200, answer.json
    return [row["id"] for row in answer.json["tasks"]]


def test_a_row_describes_its_task(url: str, ask: Any, tasks: list[str]) -> None:
    row = ask("GET", url + "/ent/v2/tasks").json["tasks"][0]
    assert row["id"] == tasks[-1]
    assert row["prompt"] == "cat 24"
    assert row["images"] == ["https://example.com/cat.png"]
    assert (row["model"], row["resolution"], row["aspect_ratio"]) == ("viduq2", "2K", "16:9")
    assert (row["state"], row["payload"], row["credits"]) == ("success", "tag 24", 12)
    assert row["creations"][0]["url"].startswith(url)
    assert "seed" not in row


@pytest.mark.parametrize("pager", ["pager", "paper"])
def test_tokens_lead_through_all_pages(url: str, ask: Any, tasks: list[str], pager: str) -> None:
    found, token, sizes = [], "", []
    while True:
        answer = ask("GET", f"{url}/ent/v2/tasks?{pager}.page_token={token}")
        found += ids_of(answer)
        sizes.append(len(answer.json["tasks"]))
        token = answer.json["next_page_token"]
        if not token:
            break
    assert sizes == [10, 10, 5]
    assert found == tasks[::-1]


@pytest.mark.parametrize("pager", ["pager", "paper"])
def test_pages_have_size_and_number(url: str, ask: Any, tasks: list[str], pager: str) -> None:
    answer = ask("GET", f"{url}/ent/v2/tasks?{pager}.pagesz=7&{pager}.page=2")
    assert ids_of(answer) == tasks[::-1][7:14]
    whole = ask("GET", f"{url}/ent/v2/tasks?{pager}.pagesz=100")
    assert (ids_of(whole), whole.json["next_page_token"]) == (tasks[::-1], "")
    assert ids_of(ask("GET", f"{url}/ent/v2/tasks?{pager}.page=9")) == []


def test_a_token_stays_valid_while_tasks_are_added(url: str, ask: Any, tasks: list[str]) -> None:
    token = ask("GET", f"{url}/ent/v2/tasks").json["next_page_token"]
    ask("POST", url + SUBMIT, {"model": "viduq2", "prompt": "new"})
    answer = ask("GET", f"{url}/ent/v2/tasks?pager.page_token={quote(token)}")
    assert ids_of(answer) == tasks[::-1][10:20]


def test_ids_may_be_repeated_or_joined(url: str, ask: Any, tasks: list[str]) -> None:
    wanted = [tasks[3], tasks[20]]
    repeated = "&".join(f"task_ids={task_id}" for task_id in wanted)
    for query in (repeated, f"task_ids={','.join(wanted)}", f"task_ids={','.join(wanted)},99"):
        assert ids_of(ask("GET", f"{url}/ent/v2/tasks?{query}")) == wanted[::-1]
    assert ids_of(ask("GET", f"{url}/ent/v2/tasks?task_ids=99")) == []


def test_tasks_are_filtered_by_state_resolution_and_model(
    url: str, ask: Any, tasks: list[str]
) -> None:
    ask("POST", url + SUBMIT, {"model": "viduq2", "prompt": "new"})
    everything = f"{url}/ent/v2/tasks?pager.pagesz=100"
    assert len(ids_of(ask("GET", f"{everything}&states=created,queueing"))) == 1
    assert ids_of(ask("GET", f"{everything}&states=success")) == tasks[::-1]
    assert len(ids_of(ask("GET", f"{everything}&model_versions=viduq1"))) == 5
    assert len(ids_of(ask("GET", f"{everything}&resolutions=2K"))) == 10
    assert len(ids_of(ask("GET", f"{everything}&resolutions=2K&model_versions=viduq1"))) == 0


def test_tasks_are_filtered_by_time(url: str, ask: Any, tasks: list[str]) -> None:
    rows = ask("GET", f"{url}/ent/v2/tasks?pager.pagesz=100").json["tasks"][::-1]
    start, end = quote(rows[5]["created_at"]), quote(rows[9]["created_at"])
    # The tasks were made at nanoseconds, times in a query count to the microsecond.
    answer = ask("GET", f"{url}/ent/v2/tasks?created_at.from={start}&created_at.to={end}")
    assert ids_of(answer) == tasks[5:9][::-1]
    local = quote("2026-11-18T19:06:40+08:00")
    assert ask("GET", f"{url}/ent/v2/tasks?created_at.from={local}").status == 200


def test_the_list_goes_back_seven_days_by_default(
    url: str, ask: Any, clock: Any, tasks: list[str]
) -> None:
    clock.forward(8 * 86_400)
    assert ids_of(ask("GET", f"{url}/ent/v2/tasks")) == []
    assert ids_of(ask("GET", f"{url}/ent/v2/tasks?created_at.from=2026-01-01")) != []
    assert tasks


@pytest.mark.parametrize(
    "query",
    [
        "pager.pagesz=0",
        "pager.pagesz=101",
        "pager.pagesz=ten",
        "pager.page=-1",
        "pager.page_token=nonsense",
        "pager.page_token=%ff",
        "created_at.from=yesterday",
        "created_at.to=99999-01-01",
        "states=done",
    ],
)
def test_an_invalid_filter_is_refused(url: str, ask: Any, query: str) -> None:
    answer = ask("GET", f"{url}/ent/v2/tasks?{query}")
    assert (answer.status, answer.json["reason"]) == (400, "FieldInvalid")
