"""Request log: records submissions with their outcome, and counts requests and faults by kind."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from runner.emulator.requests import CONTEXT, RequestContext, Submission
from runner.emulator.state.tasks import Task, timestamp

_MOST_SUBMISSIONS = 100_000  # older ones are dropped


class RequestLog:
    """The log of one account."""

    # Tasks of an earlier process are in the journal, its refusals and counts are not.
    def __init__(self, tasks: Iterable[Task], now_ns: Callable[[], int]):
        self._now_ns = now_ns
        self._submissions: deque[Submission] = deque(maxlen=_MOST_SUBMISSIONS)
        self._requests: Counter[str] = Counter()
        self._faults: Counter[tuple[int, str, str]] = Counter()
        for task in tasks:
            api, digest, untagged = task.order.api, task.digest, task.untagged
            submission = Submission(api=api, digest=digest, untagged=untagged, status=200)
            self.accept(task, submission)

    def accept(self, task: Task, submission: Submission) -> None:
        """Log the submission that a task was made of; its status follows with the answer."""
        submission.outcome, submission.task_id = "accepted", task.id
        # The time of the journal, so that a restart does not change it.
        submission.at = timestamp(task.made_ns)
        self._submissions.append(submission)

    def count_fault(self, rule: int, fault: str, kind: str) -> None:
        """Count that a rule of the script hit a request of a kind."""
        self._faults[rule, fault, kind] += 1

    @web.middleware
    async def record(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Count the request, and log it with its outcome if it is a submission."""
        route = request.match_info.route
        path = route.resource.canonical if route.resource else "*"
        if "operation" in request.match_info:  # one route serves them all
            path = request.path
        self._requests[f"{request.method} {path}"] += 1
        api, _, action = (route.name or "").partition(".")
        submission = Submission(api=api)
        request[CONTEXT] = context = RequestContext(submission=submission)
        try:
            response = await handler(request)
            submission.status = 0 if context.cut else response.status
        finally:  # also when a fault cuts the connection: what was made is made
            context.body = None  # a connection that is kept open keeps its last request too
            # One that made a task is logged since then: a client may look meanwhile.
            if action == "submit" and submission.task_id is None:
                submission.at = timestamp(self._now_ns())
                self._submissions.append(submission)
        return response

    def report(self) -> dict[str, Any]:
        """The whole log as JSON values."""
        return {
            "submissions": [asdict(submission) for submission in self._submissions],
            "requests": dict(self._requests),
            "faults": [
                {"rule": rule, "fault": fault, "on": kind, "count": count}
                for (rule, fault, kind), count in sorted(self._faults.items())
            ],
        }
