"""Every provider is listed and complete."""

from __future__ import annotations

import pytest

from runner.model.outcomes import State
from runner.model.requests import Billed, ErrorClass, JobError
from runner.model.tasks import Attempt, AttemptState, Intent
from runner.operations import load_operations
from runner.providers.registry import PROVIDERS, TASK_LISTS, state_of


def test_every_operation_has_its_provider() -> None:
    assert {operation.provider for operation in load_operations().values()} <= PROVIDERS.keys()


def test_a_provider_is_listed_under_its_own_name() -> None:
    assert all(name == provider.NAME for name, provider in PROVIDERS.items())


def test_default_addresses_are_the_vendors_own_hosts() -> None:
    for provider in PROVIDERS.values():
        assert provider.DEFAULT_BASE_URL.removeprefix("https://") in provider.HOSTS


def test_every_task_list_belongs_to_a_provider() -> None:
    assert TASK_LISTS.keys() <= PROVIDERS.keys()


INTENT = Intent(
    manifest="m.yaml",
    job="a",
    operation="vidu/reference2image",
    fingerprint="f",
    request={},
    seed=1,
    provider="vidu",
    base_url="https://api.vidu.cn",
    key_env="VIDU_API_KEY",
    tag="t",
    estimate=None,
    at="2026-11-20T12:00:00.000Z",
)


@pytest.mark.parametrize(
    ("state", "code", "expected"),
    [
        (AttemptState.REFUSED, "TooManyRequests", State.PENDING),
        (AttemptState.REFUSED, "FieldInvalid", State.FAILED),
        (AttemptState.REFUSED, "SomethingNew", State.FAILED),
        (AttemptState.FAILED, "TooManyRequests", State.FAILED),
        (AttemptState.NOT_SENT, "absent", State.PENDING),
    ],
)
def test_the_latest_attempt_decides_the_state_of_a_job(
    state: AttemptState, code: str, expected: State
) -> None:
    error = JobError(code=code, message="m", class_=ErrorClass.QUOTA, billed=Billed.NO)
    attempt = Attempt(number=1, run="r", state=state, intent=INTENT, error=error)
    assert state_of(attempt) is expected
