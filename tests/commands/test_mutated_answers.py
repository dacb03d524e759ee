"""Runs against a provider whose answers are broken by seed: none crashes, hangs, or pays twice.

`make test` runs a few rounds, `make chaos` hundreds (VIDU_RUN_CHAOS_ROUNDS).
"""

from __future__ import annotations

import json
import os
from collections import Counter

import pytest
from aiohttp import web

from tests.commands.conftest import Project
from tests.commands.serving import Fault, Handler, provider, seen
from tests.mutation import Source, as_json, mutated, mutated_bytes

ROUNDS = int(os.environ.get("VIDU_RUN_CHAOS_ROUNDS", "3"))

JOBS = """
  - {id: a, prompt: boat one}
  - {id: b, prompt: boat two}
  - {id: c, prompt: boat three, images: ["${{ jobs.a.output }}"]}
"""


def breaking(source: Source, ended_badly: Counter[str]) -> Fault:
    """Breaks every third answer but the list's: a list that lies can prove anything."""

    async def fault(request: web.Request, handler: Handler) -> web.StreamResponse:
        response = await handler(request)
        if request.path == "/ent/v2/tasks" or not request.path.startswith("/ent/"):
            return response
        if source.random() > 0.35:
            return response
        assert isinstance(response, web.Response)
        assert isinstance(response.body, bytes)
        value = mutated(json.loads(response.body), source)
        if "failed" in str(value):
            ended_badly["answers"] += 1
        body = mutated_bytes(as_json(value), source)
        return web.Response(status=response.status, body=body, content_type="application/json")

    return fault


@pytest.mark.parametrize("number", range(ROUNDS))
def test_no_broken_answer_makes_a_run_crash_or_pay_twice(project: Project, number: int) -> None:
    project.jobs(JOBS)
    project.env |= {"VIDU_RUN_SETTLE": "0.1s", "VIDU_RUN_POLL_RATE": "4"}
    failures: Counter[str] = Counter()
    with provider(project, breaking(Source(number), failures)) as url:
        codes = {
            project.run("spring.yaml", "--timeout", "3s", "--outage", "2s").code for _ in range(2)
        }
        made = Counter(each["untagged"] for each in seen(url))
    assert codes <= {0, 1, 4, 6, 7}
    # What a broken answer reports as failed and free of charge may be made again.
    assert sum(made.values()) - len(made) <= failures["answers"]
