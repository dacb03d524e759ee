"""One emulator for all requests of a module, because nearly every test is one request."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import pytest

from runner.emulator.options import EmulatorOptions
from runner.emulator.server import run_emulator
from tests.builders import as_data_uri, image_bytes

Submit: TypeAlias = Callable[..., Any]
"""Submits a body to the operation of the module and returns the answer."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with run_emulator(EmulatorOptions(credits=10**9, concurrency=10**6, time_scale=0)) as url:
        yield url


@pytest.fixture
def submit(request: pytest.FixtureRequest, address: str, ask: Any) -> Submit:
    """Submits the module's SAMPLE with changes; a change to None leaves the field out."""

    def submitted(changes: dict[str, Any]) -> Any:
        body = {**request.module.SAMPLE, **changes}
        sent = {name: value for name, value in body.items() if value is not None}
        return ask("POST", f"{address}/ent/v2/{request.module.OPERATION}", sent)

    return submitted


def image(width: int = 128, height: int = 128) -> str:
    """A data URI of that size in pixels."""
    return as_data_uri(image_bytes(size=(width, height)))
