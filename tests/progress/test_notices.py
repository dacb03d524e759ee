"""Notices: what is shown of many events, and what once for all of them."""

from __future__ import annotations

import pytest

from runner.model.events import Event, Step
from runner.model.outcomes import Outcome, State
from runner.model.reasons import Reason, ReasonCode
from runner.progress.notices import Notices
from tests.engine.builders import plan_entry


def event(step: Step, job: str = "", text: str = "why", subject: str = "") -> Event:
    return Event(step=step, job=job, text=text, subject=subject)


def outcome(job: str, code: ReasonCode, text: str) -> Outcome:
    return Outcome(job=plan_entry(job).job, state=State.PENDING, reason=Reason(code, text))


def test_a_provider_that_goes_out_has_a_line_of_its_own() -> None:
    out = event(Step.UNREACHABLE, text="vidu cannot be reached", subject="vidu")
    assert Notices().line(out) == "vidu cannot be reached"


@pytest.mark.parametrize("step", [Step.PUT_OFF, Step.EXCHANGED])
def test_single_retries_and_requests_are_shown_if_asked_for(step: Step) -> None:
    assert Notices().line(event(step, "a")) == ""
    assert "why" in Notices(verbose=True).line(event(step, "a"))


def test_a_retry_is_called_a_retry() -> None:
    assert Notices(verbose=True).line(event(Step.PUT_OFF, "a")) == "a: retrying: why"


def test_a_host_of_files_is_named_once() -> None:
    notices = Notices()
    late = event(Step.REFETCHING, "a", "HTTP 503; trying for 10 min", "cdn.example")
    expected = "files of cdn.example do not come: HTTP 503; trying for 10 min"
    assert [notices.line(late), notices.line(late)] == [expected, ""]
    assert "b.example" in notices.line(event(Step.REFETCHING, "b", subject="b.example"))


def test_jobs_of_a_provider_that_is_given_up_share_a_line() -> None:
    notices = Notices()
    ends = [outcome(job, ReasonCode.STOPPED, "not submitted: out") for job in "abc"]
    assert [notices.end_line(end) for end in ends] == ["a: pending, not submitted: out", "", ""]


def test_other_ends_have_a_line_each() -> None:
    notices = Notices()
    ends = [outcome(job, ReasonCode.NOT_ENDED, "slow") for job in "ab"]
    assert [notices.end_line(end) for end in ends] == ["a: pending, slow", "b: pending, slow"]


def test_a_note_about_no_job_is_a_warning() -> None:
    assert Notices().line(event(Step.RETRYING, text="vidu: no list")) == "warning: vidu: no list"
