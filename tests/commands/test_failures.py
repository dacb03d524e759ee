"""Runs against a provider that refuses, fails, goes silent or lies."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import sqlite3
from collections import Counter
from typing import Any

import pytest
from aiohttp import web

from tests.builders import as_data_uri, image_bytes
from tests.commands.conftest import Project
from tests.commands.quick_clock import quick_time
from tests.commands.serving import SUBMIT, Fault, Handler, provider, refusal, serving
from tests.commands.tasks import LIST, asks_after_tasks, ends_in, held_back

THREE = """
  - {id: bad, prompt: forbidden fruit}
  - {id: good, prompt: a boat}
  - {id: after, prompt: a ship, images: ["${{ jobs.bad.output }}"]}
"""


def moderated() -> Fault:
    """Refuses the first submission and takes the others."""
    asked: list[str] = []

    async def fault(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path == SUBMIT:
            asked.append(request.path)
            if len(asked) == 1:
                return refusal(400, "TaskPromptPolicyViolation")
        return await handler(request)

    return fault


def test_a_refused_job_only_stops_the_jobs_that_need_it(project: Project) -> None:
    project.jobs(THREE)
    with provider(project, moderated()):
        ran = project.run("spring.yaml", "--concurrency", "1")
    assert ran.code == 1
    rows = project.rows()
    assert {name: row["state"] for name, row in rows.items()} == {
        "bad": "failed",
        "good": "succeeded",
        "after": "skipped",
    }
    assert rows["bad"]["error"] == {
        "code": "TaskPromptPolicyViolation",
        "message": "TaskPromptPolicyViolation it is",
        "class": "policy",
        "billed": "no",
    }
    assert rows["after"]["reason"] == 'needs "bad", which is failed'


def test_the_summary_has_location_code_and_advice(project: Project) -> None:
    project.jobs(THREE)
    with provider(project, moderated()):
        ran = project.run("spring.yaml", "--concurrency", "1")
    assert 'spring.yaml:6: job "bad"' in ran.err
    assert "TaskPromptPolicyViolation (policy, not billed)" in ran.err
    assert "change the prompt" in ran.err


def test_a_job_refused_by_moderation_is_not_sent_again(project: Project) -> None:
    project.jobs(THREE)
    with provider(project, moderated()):
        project.run("spring.yaml", "--concurrency", "1")

        async def counting(request: web.Request, handler: Handler) -> web.StreamResponse:
            pytest.fail(f"{request.method} {request.path} for {handler}")

        with provider(project, counting):
            ran = project.run("spring.yaml")
    assert ran.code == 1
    assert project.rows()["bad"]["error"]["code"] == "TaskPromptPolicyViolation"


MANY = "".join(f"  - {{id: j{n}, prompt: boat {n}}}\n" for n in range(20))


def test_a_refused_key_stops_the_provider_at_once(project: Project) -> None:
    project.jobs(MANY)
    with provider(project, keys=frozenset({"another"})) as running:
        ran = project.run("spring.yaml", "--concurrency", "2")
        assert running
    assert ran.code == 4
    states = Counter(row["state"] for row in project.rows().values())
    assert states["failed"] <= 2
    assert states["failed"] + states["pending"] == 20
    assert "VIDU_API_KEY" in ran.err


@pytest.mark.parametrize(
    ("status", "reason"), [(401, "Unauthorized"), (400, "CreditInsufficient"), (404, "NotFound")]
)
def test_an_error_of_every_submission_hits_only_one(
    project: Project, status: int, reason: str
) -> None:
    """The others wait for their turn meanwhile, with places in flight of their own."""
    project.jobs("".join(f"\n  - {{id: j{n}, prompt: job {n}}}" for n in range(20)))
    sent: list[str] = []

    async def refusing(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path == SUBMIT:
            sent.append(request.path)
            return refusal(status, reason)
        return await handler(request)

    with provider(project, refusing):
        ran = project.run("spring.yaml", "--concurrency", "8")
    assert (ran.code, len(sent)) == (4, 1)
    assert "not submitted" in project.rows()["j19"]["reason"]


def test_lack_of_credit_stops_submitting_and_keeps_results(project: Project) -> None:
    project.jobs(MANY)
    with provider(project, credits=20):
        ran = project.run("spring.yaml", "--concurrency", "1")
    assert ran.code == 4
    states = Counter(row["state"] for row in project.rows().values())
    assert states == {"succeeded": 3, "failed": 1, "pending": 16}
    with provider(project):
        assert project.run("spring.yaml").code == 0


def test_max_failures_stops_submitting(project: Project) -> None:
    seen: Counter[str] = Counter()

    async def refusing(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path == SUBMIT:
            seen["asked"] += 1
            return refusal(400, "FieldInvalid")
        return await handler(request)

    project.jobs(MANY)
    with provider(project, refusing):
        ran = project.run("spring.yaml", "--max-failures", "3", "--concurrency", "1")
    assert ran.code == 1
    assert seen["asked"] == 3
    assert "3 jobs failed" in ran.err


def test_three_forbidden_requests_stop_the_provider(project: Project) -> None:
    seen: Counter[str] = Counter()

    async def forbidding(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path == SUBMIT:
            seen["asked"] += 1
            return refusal(403, "Forbidden")
        return await handler(request)

    project.jobs(MANY)
    with provider(project, forbidding):
        assert project.run("spring.yaml", "--concurrency", "1").code == 4
    assert seen["asked"] == 3


@pytest.mark.parametrize(
    "fault",
    [
        {"fault": "header", "name": "X-Policy", "bytes": 9_500},
        {"fault": "header", "name": "Content-Length"},
        {"fault": "header", "name": "Content-Encoding", "value": "utf-8"},
        {"fault": "compressed", "declared": False},
        {"fault": "compressed", "encoding": "deflate"},
        {"fault": "status", "status": 203},
        {"on": ["vidu.creations", "vidu.list"], "fault": "several"},
    ],
    ids=lambda fault: "-".join(map(str, fault.values())),
)
def test_answers_that_are_unusual_make_no_difference(
    project: Project, fault: dict[str, Any]
) -> None:
    project.jobs("  - {id: a, prompt: a boat}\n")
    with serving(project, time_scale=0, faults=[fault]) as served:
        assert project.run("spring.yaml").code == 0
        assert served.outcomes() == {"accepted": 1}
    assert len(project.rows()["a"]["files"]) == 1 + (fault["fault"] == "several")


@pytest.mark.parametrize(
    ("reason", "least", "told"),
    [("model_error", 3, "for 3 different requests"), ("permission_error", 1, "permission_error")],
)
def test_refusals_of_model_or_key_stop_modelverse(
    project: Project, reason: str, least: int, told: str
) -> None:
    image = as_data_uri(image_bytes())
    head = """
version: 1
defaults: {operation: modelverse/reference2video, model: viduq2}
jobs:
"""
    jobs = "".join(f"  - {{id: j{n}, prompt: boat {n}, images: ['{image}']}}\n" for n in range(20))
    project.write(head + jobs)
    fault = {"on": "modelverse.submit", "fault": "error", "reason": reason}
    with serving(project, faults=[fault]) as served:
        ran = project.run("spring.yaml", "--concurrency", "20")
        # The third answer finds those of the fourth to sixth on their way at most.
        assert least <= sum(served.outcomes().values()) <= 6
    assert ran.code == 4
    assert told in ran.err


def test_an_outage_makes_few_of_many_submissions_ambiguous(project: Project) -> None:
    """A server that answers 503 until it is probed a third time, to a manifest of 300 jobs."""
    seen: Counter[str] = Counter()

    async def out(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.endswith("/credits"):
            seen["probed"] += 1
        if seen["probed"] < 2:
            seen["posted"] += request.path == SUBMIT
            return web.Response(status=503, text="<html>out</html>")
        return await handler(request)

    project.jobs("".join(f"  - {{id: j{n}, prompt: boat {n}}}\n" for n in range(300)))
    project.env["VIDU_RUN_SETTLE"] = "0.5s"
    with provider(project, out, concurrency=300):
        ran = project.run(
            "spring.yaml", "--concurrency", "50", "--poll-rate", "1000", "--no-download"
        )
    assert seen["posted"] == 2
    assert ran.code == 0


def lossy(path: str) -> tuple[Fault, Counter[str]]:
    """Takes every submission and loses every answer."""
    seen: Counter[str] = Counter()

    async def fault(request: web.Request, handler: Handler) -> web.StreamResponse:
        answer = await handler(request)
        if request.path == path:
            seen["made"] += 1
            return web.Response(status=502, text="bad gateway")
        return answer

    return fault, seen


def test_a_task_with_a_lost_answer_is_found_and_adopted(project: Project) -> None:
    fault, seen = lossy(SUBMIT)
    project.jobs("  - {id: a, prompt: a boat}")
    with provider(project, fault):
        assert project.run("spring.yaml").code == 0
    assert seen == {"made": 1}
    assert project.rows()["a"]["credits"] == 6


def test_without_a_list_a_lost_answer_stays_ambiguous(
    project: Project,
) -> None:
    fault, seen = lossy("/v1/tasks/submit")
    project.jobs("""
  - id: a
    operation: modelverse/reference2video
    prompt: make it dance.
    images: ["https://example.com/cat.png"]
    duration: 1
    resolution: 540p
""")
    with provider(project, fault):
        first = project.run("spring.yaml")
        second = project.run("spring.yaml")
    assert (first.code, second.code) == (7, 7)
    assert seen == {"made": 1}
    row = project.rows()["a"]
    assert row["state"] == "ambiguous"
    assert row["cost"]["at_risk"] == {"cny": 0.47}


def test_a_busy_account_is_asked_again_until_it_takes_the_job(project: Project) -> None:
    seen: Counter[str] = Counter()

    async def busy(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path == SUBMIT:
            seen["asked"] += 1
            if seen["asked"] == 1:
                return refusal(429, "QuotaExceeded")
        return await handler(request)

    project.jobs("  - {id: a, prompt: a boat}")
    with provider(project, busy):
        assert project.run("spring.yaml").code == 0
    assert seen["asked"] == 2
    assert project.rows()["a"]["attempts"] == 2


def test_a_wrong_address_stops_the_provider_with_exit_4(project: Project) -> None:
    async def elsewhere(request: web.Request, handler: Handler) -> web.StreamResponse:
        del handler
        return web.Response(status=404, text=f"no {request.path} here")

    project.jobs("  - {id: a, prompt: a boat}")
    with provider(project, elsewhere):
        assert project.run("spring.yaml").code == 4
    assert project.rows()["a"]["state"] == "pending"


def test_a_status_request_that_fails_is_asked_again(project: Project) -> None:
    seen: Counter[str] = Counter()

    async def shaky(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path == LIST:
            return web.Response(status=404)
        if request.path.endswith("/creations"):
            seen["asked"] += 1
            if seen["asked"] == 1:
                return web.Response(status=500, text="<html>oops")
        return await handler(request)

    project.jobs("  - {id: a, prompt: a boat}")
    with provider(project, shaky):
        assert project.run("spring.yaml").code == 0
    assert seen["asked"] >= 2


def test_a_task_beyond_its_timeout_is_collected_by_the_next_run(
    project: Project,
) -> None:
    project.jobs("  - {id: a, prompt: a boat}")
    stuck = True

    async def slow(request: web.Request, handler: Handler) -> web.StreamResponse:
        answer = await handler(request)
        return held_back(answer) if stuck and asks_after_tasks(request) else answer

    with provider(project, slow):
        assert project.run("spring.yaml", "--timeout", "1s").code == 6
        row = project.rows()["a"]
        assert row["state"] == "pending"
        stuck = False
        assert project.run("spring.yaml").code == 0
    assert project.rows()["a"]["task_id"] == row["task_id"]


def test_a_cut_file_is_fetched_again(project: Project) -> None:
    seen: Counter[str] = Counter()

    async def cutting(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith("/files/"):
            seen["fetched"] += 1
            if seen["fetched"] == 1:
                answer = web.StreamResponse(headers={"Content-Length": "100000"})
                await answer.prepare(request)
                await answer.write(b"\x89PNG\r\n\x1a\n" + b"0" * 1000)
                assert request.transport is not None
                request.transport.abort()
                return answer
        return await handler(request)

    project.jobs("  - {id: a, prompt: a boat}")
    with provider(project, cutting):
        assert project.run("spring.yaml").code == 0
    assert not list(project.folder.rglob("*.part*"))


def test_a_file_that_never_comes_leaves_the_job_pending(
    project: Project,
) -> None:
    async def broken(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith("/files/"):
            return web.Response(text="<html>sorry</html>", content_type="text/html")
        return await handler(request)

    project.jobs("  - {id: a, prompt: a boat}")
    with provider(project, broken):
        ran = project.run("spring.yaml")
    assert ran.code == 6
    row = project.rows()["a"]
    assert row["state"] == "pending"
    assert row["task_id"]
    assert row["reason"].startswith("made, not yet fetched")


def test_an_intent_is_in_the_ledger_before_its_submission_arrives(project: Project) -> None:
    found: list[tuple[str, str]] = []

    async def looking(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path == SUBMIT:
            path = project.folder / ".vidu-run/ledger.sqlite3"
            with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as ledger:
                found.extend(ledger.execute("SELECT job, state FROM attempts"))
            ledger.close()
        return await handler(request)

    project.jobs("  - {id: a, prompt: a boat}")
    with provider(project, looking):
        assert project.run("spring.yaml").code == 0
    assert found == [("a", "intent")]


def test_a_deleted_ledger_stops_submitting(
    project: Project,
) -> None:
    """Another run would know nothing of it and submit the same."""
    project.jobs("\n  - {id: a, prompt: a}\n  - {id: b, prompt: b}\n  - {id: c, prompt: c}\n")
    sent: list[str] = []

    async def deleting(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path == SUBMIT:
            sent.append(request.path)
            await asyncio.to_thread(shutil.rmtree, project.folder / ".vidu-run")
        return await handler(request)

    with provider(project, deleting):
        ran = project.run("spring.yaml", "--concurrency", "1")
        again = project.run("plan", "spring.yaml", "--json")
    assert ran.code == 8
    assert "moved or deleted" in ran.err
    assert len(sent) == 1
    rows = project.rows()
    assert rows["a"]["task_id"]
    assert [rows[job]["state"] for job in "bc"] == ["pending", "pending"]
    (planned,) = json.loads(again.out)
    actions = {job["id"]: job["action"] for job in planned["jobs"]}
    assert actions["a"] != "submit"
    assert [actions[job] for job in "bc"] == ["submit", "submit"]


def test_no_more_tasks_are_in_flight_than_asked_for(project: Project) -> None:
    most = 0
    under_way: set[str] = set()

    async def watching(request: web.Request, handler: Handler) -> web.StreamResponse:
        nonlocal most
        answer = await handler(request)
        if request.path == SUBMIT:
            assert isinstance(answer, web.Response)
            assert isinstance(answer.body, bytes)
            under_way.add(json.loads(answer.body)["task_id"])
            most = max(most, len(under_way))
        elif asks_after_tasks(request):
            under_way.difference_update(ends_in(answer))
        return answer

    project.jobs(MANY)
    with provider(project, watching):
        assert project.run("spring.yaml", "--concurrency", "3", "--poll-rate", "50").code == 0
    assert most == 3


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 429, 500])
def test_a_key_that_a_provider_quotes_back_is_kept_nowhere(project: Project, status: int) -> None:
    key = "vda-known-text-91c2"

    async def quoting(request: web.Request, handler: Handler) -> web.StreamResponse:
        said = request.headers.get("Authorization", "")
        return web.json_response(
            {"code": status, "reason": f"Bad {said}", "message": f"{said} from {handler}"},
            status=status,
            headers={"X-Trace-Id": said},
        )

    project.jobs("  - {id: a, prompt: a boat}")
    project.env["VIDU_RUN_SETTLE"] = "0.1s"
    with provider(project, quoting):
        project.env["VIDU_API_KEY"] = key
        ran = project.run("spring.yaml", "--outage", "1s", "--timeout", "1s")
    assert ran.code != 0
    assert key not in ran.out + ran.err
    for path in project.folder.rglob("*"):
        if path.is_file():
            assert key.encode() not in path.read_bytes(), path


def test_control_characters_of_a_provider_are_escaped(project: Project) -> None:
    async def hostile(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path == SUBMIT:
            return refusal(400, "\x1b[2JFieldInvalid")
        return await handler(request)

    project.jobs("  - {id: a, prompt: a boat}")
    with provider(project, hostile):
        ran = project.run("spring.yaml")
    assert ran.code == 1
    assert "\x1b" not in ran.err
    assert "\\x1b[2JFieldInvalid" in ran.err


def test_a_provider_that_is_asked_too_often_is_asked_less(project: Project) -> None:
    project.jobs("".join(f"  - {{id: j{n}, prompt: boat {n}}}\n" for n in range(8)))
    statuses: list[float] = []

    async def throttling(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.method == "GET" and request.path.startswith("/ent/v2/tasks"):
            statuses.append(quick_time())
            if len(statuses) <= 6:
                return refusal(429, "TooManyRequests")
        return await handler(request)

    with provider(project, throttling):
        ran = project.run("spring.yaml", "--poll-rate", "100")
    assert ran.code == 0, ran.err
    # At 100 a second these six would take 0.05 s. Single gaps depend on what else the machine does.
    assert statuses[5] - statuses[0] > 0.25


def putting_off(times: int) -> tuple[Fault, Counter[str]]:
    """Refuses so many submissions, each with the wish to be asked again in a second."""
    seen: Counter[str] = Counter()

    async def fault(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path == SUBMIT:
            seen["asked"] += 1
            if seen["asked"] <= times:
                refused = refusal(429, "TooManyRequests")
                refused.headers["Retry-After"] = "1"
                return refused
        return await handler(request)

    return fault, seen


def test_a_retry_after_is_not_an_outage(project: Project) -> None:
    fault, seen = putting_off(1)
    project.jobs("  - {id: a, prompt: a boat}")
    with provider(project, fault):
        assert project.run("spring.yaml", "--outage", "0.5s").code == 0
    assert seen == {"asked": 2}


def test_a_provider_that_refuses_forever_is_an_outage(project: Project) -> None:
    fault, seen = putting_off(1000)
    project.jobs("  - {id: a, prompt: a boat}")
    with provider(project, fault):
        ran = project.run("spring.yaml", "--outage", "0.5s")
    assert ran.code == 6
    assert seen == {"asked": 2}
    assert re.search(r"vidu: nothing accepted for [1-9][.0-9]* s \(outage: 0.5 s\): ", ran.err)


def test_an_outage_ends_on_time_and_in_a_few_lines(project: Project) -> None:
    project.jobs("".join(f"  - {{id: j{n}, prompt: boat {n}}}\n" for n in range(40)))
    # Nothing listens there.
    project.env |= {"VIDU_BASE_URL": "http://127.0.0.1:9", "VIDU_API_KEY": "k"}
    ran = project.run("spring.yaml", "--outage", "3s")
    assert ran.code == 6
    lines = ran.err.splitlines()
    assert lines[0].startswith("vidu cannot be reached: cannot connect to 127.0.0.1:9: ")
    assert lines[0].endswith("; trying for 3 s")
    assert re.match(r"\[1/40\] j\d+: pending, not submitted: nothing accepted for ", lines[1])
    assert lines[2].startswith("spring.yaml: 40 pending")
    lasted = re.search(r"stopped   vidu: nothing accepted for ([.0-9]+) s", ran.err)
    assert lasted is not None
    assert 3 <= float(lasted[1]) < 5  # a second and a half is 0.3 s of the real clock


def test_an_outage_ends_the_search_for_lost_tasks_too(project: Project) -> None:
    async def out(_: web.Request, __: Handler) -> web.StreamResponse:
        return web.Response(status=503, text="<html>out</html>")

    project.jobs("".join(f"  - {{id: j{n}, prompt: boat {n}}}\n" for n in range(5)))
    began = quick_time()
    with provider(project, out):
        ran = project.run("spring.yaml", "--outage", "4s", "--settle", "30s")
    assert ran.code == 7
    assert quick_time() - began < 20  # the search alone would take 300 s
    assert Counter(row["state"] for row in project.rows().values()) == {
        "ambiguous": 2,
        "pending": 3,
    }
    assert ran.err.count("run the same command again: it looks for the task") == 2


@pytest.mark.parametrize(("jobs", "code"), [(3, 6), (8, 7)])
def test_an_outage_leaves_tasks_under_way_to_the_next_run(
    project: Project, jobs: int, code: int
) -> None:
    accepted: list[str] = []

    async def out(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path != SUBMIT or len(accepted) == 3:
            return web.Response(status=503, text="<html>out</html>")
        accepted.append(request.path)
        return await handler(request)

    project.jobs("".join(f"  - {{id: j{n}, prompt: boat {n}}}\n" for n in range(jobs)))
    began = quick_time()
    with provider(project, out):
        ran = project.run("spring.yaml", "--outage", "4s", "--concurrency", "8")
    assert ran.code == code
    assert quick_time() - began < 20  # the tasks' own limit is 30 min
    left = [row for row in project.rows().values() if row["state"] == "pending" and row["task_id"]]
    assert len(left) == 3
    assert all(row["reason"].startswith("its task has not ended: nothing ") for row in left)


def test_retries_and_requests_of_jobs_are_shown_if_asked_for(project: Project) -> None:
    fault, _ = putting_off(1)
    project.jobs("  - {id: a, prompt: a boat}")
    with provider(project, fault):
        ran = project.run("spring.yaml", "-v", "--progress", "json", "--no-download")
    assert '"event": "retrying", "job": "a"' in ran.out
    shown = [line.partition(",")[0] for line in ran.err.splitlines()]
    assert shown[:2] == [f"vidu: POST {SUBMIT}: 429", f"vidu: POST {SUBMIT}: 200"]


def test_jobs_left_by_one_outage_are_one_group(project: Project) -> None:
    fault, _ = putting_off(1000)
    project.jobs("".join(f"  - {{id: j{n}, prompt: boat {n}}}\n" for n in range(12)))
    with provider(project, fault):
        ran = project.run("spring.yaml", "--outage", "0.5s")
    assert 'job "j0" and 11 more like it' in ran.err
    assert len({row["reason"] for row in project.rows().values()}) == 1
