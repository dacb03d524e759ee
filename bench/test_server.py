from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from bench.contenders import CONTENDERS
from bench.race import Course, compare
from bench.service import Scenario
from bench.serving import Server, serving


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as server:
        yield server


def test_a_server_of_its_own_process_tells_what_it_saw(server: Server) -> None:
    server.begin(Scenario(median_s=0.001))
    headers = {"Authorization": "Token bench"}
    order = json.dumps({"model": "viduq2", "prompt": "x" * 100_000}).encode()
    asked = urllib.request.Request(f"{server.url}/ent/v2/reference2image", order, headers)
    with urllib.request.urlopen(asked) as reply:
        assert json.loads(reply.read())["state"] == "created"
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(f"{server.url}/ent/v2/credits")
    seen = server.seen()
    assert (seen.tasks, seen.requests) == (1, {"submit": 1, "refused": 1})


def test_contenders_do_all_of_the_work() -> None:
    course = Course(jobs=4, places=2, median_s=0.05)
    chosen = [each for each in CONTENDERS if each.name in {"plain", "vidu-run-files"}]
    found = compare(course, chosen)
    assert [each.contender for each in found] == chosen
    assert found[0].cpu == 1.0
