"""Every line of a model's page: what it allows is accepted, what it forbids is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.emulator.operations.modelverse.conftest import FAMILIES, refusal
from tests.emulator.operations.modelverse.families.shared import Changes


def listed(attribute: str) -> Iterator[Any]:
    """The cases of all families; those with large media under their number."""
    for family in FAMILIES:
        for number, case in enumerate(getattr(family, attribute)):
            yield pytest.param(*case, id=f"{family.__name__.rpartition('.')[2]} {number}")


@pytest.mark.parametrize(("operation", "changes"), list(listed("ACCEPTED")))
def test_what_the_page_allows_is_accepted(submit: Any, operation: str, changes: Changes) -> None:
    answer = submit(changes, operation)
    assert answer.status == 200, answer.json


@pytest.mark.parametrize(("operation", "changes", "message"), list(listed("REFUSED")))
def test_what_the_page_forbids_is_refused(
    submit: Any, operation: str, changes: Changes, message: str
) -> None:
    assert message in refusal(submit(changes, operation))
