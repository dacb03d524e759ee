"""Rows: records survive the way into the tables and back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from runner.ledger.changes import Finish, Store
from runner.ledger.protocol import Ledger
from runner.ledger.rows import sql_value, sql_values
from runner.model.operations import Amount
from runner.model.tasks import AttemptState, Intent, StoredFile
from tests.ledger.conftest import ERROR, failed, intend, submitted, succeeded

MakeIntent = Callable[..., Intent]


def test_an_intent_comes_back_as_it_was_written(
    ledger: Ledger, run: str, intent: MakeIntent
) -> None:
    number = intend(ledger, run, intent())
    attempt = ledger.latest(["f1"], "remote")["f1"]
    assert attempt.intent == intent()
    assert (attempt.number, attempt.run, attempt.state) == (number, run, AttemptState.INTENT)
    assert attempt.task.submitted_at is None


def test_an_error_with_a_lone_surrogate_is_recorded(
    ledger: Ledger, run: str, intent: MakeIntent
) -> None:
    number = intend(ledger, run, intent())
    ledger.apply([submitted(number), failed(number)])
    attempt = ledger.latest(["f1"], "remote")["f1"]
    assert attempt.error == replace(ERROR, message="refused \\ud800")


@pytest.mark.parametrize("value", [0, -(2**63), 2**63 - 1, 2**63, -(10**30)])
def test_an_integer_of_any_size_is_stored_exactly(
    ledger: Ledger, run: str, intent: MakeIntent, value: int
) -> None:
    number = intend(ledger, run, intent())
    ledger.apply([replace(submitted(number), seed=value, credits=value)])
    attempt = ledger.latest(["f1"], "remote")["f1"]
    assert (attempt.task.seed, attempt.task.credits) == (value, value)


def test_attempts_share_common_texts_and_keep_requests_as_json(
    ledger: Ledger, run: str, intent: MakeIntent
) -> None:
    for name in ("f1", "f2"):
        intend(ledger, run, intent(name))
    first, second = ledger.attempts()
    assert first.run is second.run
    assert first.intent.base_url is second.intent.base_url
    assert first.intent.estimate is second.intent.estimate
    assert first.intent.request == intent("f1").request
    assert len(first.intent.request) == 2


def test_paths_of_files_are_converted(ledger: Ledger, run: str, intent: MakeIntent) -> None:
    number = intend(ledger, run, intent("f1"), task_id="911")
    file = StoredFile(path="../out/a.png", sha256="a" * 64, bytes=1, media_type="image/png")
    ledger.apply([succeeded(number), Store(number=number, files=(file,))])
    found = ledger.latest(["f1"], "remote", lambda path: path.upper())["f1"]
    assert found.files == (replace(file, path="../OUT/A.PNG"),)


def test_the_fields_of_a_change_become_parameters() -> None:
    change = Finish(
        number=1,
        state=AttemptState.FAILED,
        finished_at="2026-11-20T10:00:25Z",
        cost=Amount(unit="cny", value=Decimal("0.50")),
        usage={"duration": 5},
        urls=("https://cdn/1",),
    )
    values = sql_values(change)
    assert (values["cost_unit"], values["cost_value"]) == ("cny", "0.50")
    assert (values["usage"], values["urls"]) == ('{"duration": 5}', '["https://cdn/1"]')
    assert values["error_code"] is values["error_class"] is values["seed"] is None
    assert not {"cost", "error"} & values.keys()


def test_a_value_without_a_form_in_sql_is_a_defect() -> None:
    with pytest.raises(TypeError, match="has no SQL value"):
        sql_value(object())
