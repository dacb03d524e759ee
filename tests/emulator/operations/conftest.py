"""One emulator for all requests of a module, because nearly every test is one request."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import Any, TypeAlias

import pytest

from runner.emulator.options import EmulatorOptions
from runner.emulator.server import run_emulator

Submit: TypeAlias = Callable[..., Any]
"""Submits a body to the operation of some cases and returns the answer."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with run_emulator(EmulatorOptions(credits=10**9, concurrency=10**6, time_scale=0)) as url:
        yield url


@pytest.fixture
def submit(address: str, ask: Any) -> Submit:
    """Submits the SAMPLE of a module of cases with changes; None leaves a field out."""

    def submitted(page: ModuleType, changes: Mapping[str, Any]) -> Any:
        body = {**page.SAMPLE, **changes}
        sent = {name: value for name, value in body.items() if value is not None}
        return ask("POST", f"{address}/ent/v2/{page.OPERATION}", sent)

    return submitted
