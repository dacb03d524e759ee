from __future__ import annotations

import io
from typing import Any
from urllib.parse import unquote

import pytest
from PIL import Image

SUBMIT = "/ent/v2/reference2image"
VIDEO = "/v1/tasks/submit"


def finished(url: str, ask: Any, clock: Any, **body: Any) -> str:
    """The id of a task that is done."""
    sent = {"model": "viduq2", "prompt": "a cat", "seed": "5", **body}
    task_id: str = ask("POST", url + SUBMIT, sent).json["task_id"]
    clock.forward(60)
    return task_id


def file_of(url: str, ask: Any, task_id: str) -> str:
    answer = ask("GET", f"{url}/ent/v2/tasks/{task_id}/creations").json
    found: str = answer["creations"][0]["url"]
    return found


def test_a_file_needs_no_key_and_ignores_one(url: str, ask: Any, clock: Any) -> None:
    link = file_of(url, ask, finished(url, ask, clock))
    for key in (None, "Token whatever"):
        got = ask("GET", link, key=key)
        assert (got.status, got.headers["content-type"]) == (200, "image/png")
        assert Image.open(io.BytesIO(got.content)).size == (1920, 1080)


def test_a_url_is_valid_byte_for_byte_only(url: str, ask: Any, clock: Any) -> None:
    link = file_of(url, ask, finished(url, ask, clock))
    path, _, query = link.partition("?")
    altered = (
        f"{path}?{unquote(query)}",
        f"{path}?{query.replace('%2F', '/')}",
        f"{path}?{query.replace('%3D', '=')}",
        f"{path}?{query.replace('%2F', '%2f')}",
        f"{path}?{'&'.join(reversed(query.split('&')))}",
        f"{path}?{query}&x=1",
        path,
        link.replace("creation.png", "cover.png"),
        link.replace("Expires=1", "Expires=2"),
    )
    for wrong in altered:
        assert ask("GET", wrong, key=None).status == 403, wrong
    assert ask("GET", link, key=None).status == 200


def test_an_expired_url_can_be_replaced_by_a_fresh_one(start: Any, ask: Any, clock: Any) -> None:
    url = start(url_lifetime_s=100)
    task_id = finished(url, ask, clock)
    old = file_of(url, ask, task_id)
    clock.forward(99)
    assert ask("GET", old, key=None).status == 200
    clock.forward(2)
    assert ask("GET", old, key=None).status == 403
    fresh = file_of(url, ask, task_id)
    assert fresh != old
    assert ask("GET", fresh, key=None).status == 200


def test_urls_are_valid_for_a_day(url: str, ask: Any, clock: Any) -> None:
    link = file_of(url, ask, finished(url, ask, clock))
    clock.forward(86_399)
    assert ask("HEAD", link, key=None).status == 200
    clock.forward(2)
    assert ask("HEAD", link, key=None).status == 403


def test_head_and_range_work(url: str, ask: Any, clock: Any) -> None:
    link = file_of(url, ask, finished(url, ask, clock))
    whole = ask("GET", link, key=None).content
    head = ask("HEAD", link, key=None)
    assert (head.status, int(head.headers["content-length"])) == (200, len(whole))
    part = ask("GET", link, key=None, headers={"Range": "bytes=100-199"})
    assert (part.status, part.content) == (206, whole[100:200])


def test_the_same_request_gives_the_same_bytes(url: str, ask: Any, clock: Any) -> None:
    first, same, different = (
        ask("GET", file_of(url, ask, finished(url, ask, clock, seed=seed)), key=None).content
        for seed in ("5", "5", "6")
    )
    assert first == same
    assert first != different


def test_a_result_can_be_a_reference(url: str, ask: Any, clock: Any) -> None:
    link = file_of(url, ask, finished(url, ask, clock, aspect_ratio="3:4"))
    chained = finished(url, ask, clock, images=[link], aspect_ratio="auto")
    got = ask("GET", file_of(url, ask, chained), key=None).content
    assert Image.open(io.BytesIO(got)).size == (1080, 1440)
    body = {
        "model": "viduq2",
        "input": {"images": [link], "prompt": "dance"},
        "parameters": {"vidu_type": "reference2video", "duration": 1, "resolution": "540p"},
    }
    task_id = ask("POST", url + VIDEO, body, key="k").json["output"]["task_id"]
    clock.forward(60)
    status = ask("GET", f"{url}/v1/tasks/status?task_id={task_id}", key="k").json
    [film] = status["output"]["urls"]
    got = ask("GET", film, key=None)
    assert got.headers["content-type"] == "video/mp4"
    assert b"ftyp" in got.content[:16]
    refused = ask("POST", url + SUBMIT, {"model": "viduq2", "prompt": "x", "images": [film]})
    assert refused.json["reason"] == "ImageFormatInvalid"


def test_a_reference_counts_by_content_not_by_url(url: str, ask: Any, clock: Any) -> None:
    first = finished(url, ask, clock)
    once, again = (
        finished(url, ask, clock, images=[file_of(url, ask, first)], seed="9") for _ in range(2)
    )
    pictures = [ask("GET", file_of(url, ask, task), key=None).content for task in (once, again)]
    assert pictures[0] == pictures[1]


def test_an_invalid_url_of_ours_is_a_failed_download(start: Any, ask: Any, clock: Any) -> None:
    url = start(url_lifetime_s=100)
    task_id = finished(url, ask, clock)
    old = file_of(url, ask, task_id)
    clock.forward(200)
    fresh = file_of(url, ask, task_id)
    for link in (old, fresh + "0", f"{url}/files/1/creation.png"):
        answer = ask("POST", url + SUBMIT, {"model": "viduq2", "prompt": "x", "images": [link]})
        assert (answer.status, answer.json["reason"]) == (400, "ImageDownloadFailure")


@pytest.mark.parametrize(
    "path", ["", "?Expires=1&Credential=a&Signature=b", "?%ff%00", "?Expires=9"]
)
def test_unsigned_urls_are_forbidden(url: str, ask: Any, path: str) -> None:
    assert ask("GET", f"{url}/files/1/creation.png{path}", key=None).status == 403


def test_there_is_no_file_before_the_task_is_done(url: str, ask: Any, clock: Any) -> None:
    done = finished(url, ask, clock)
    link = file_of(url, ask, done)
    clock.ns -= 60_000_000_000
    assert ask("GET", link, key=None).status == 404
