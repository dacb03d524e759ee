"""A shared ledger, and a way to it that can be cut."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.ledger.postgres.store import PostgresLedger, open_postgres
from runner.ledger.shared import SharedLedger
from tests.postgres import new_ledger
from tests.postgres_proxy import Proxy, behind


@pytest.fixture
def location(postgres: str) -> SharedLedger:
    return new_ledger(postgres)


@pytest.fixture
def ledger(location: SharedLedger) -> Iterator[PostgresLedger]:
    with open_postgres(location) as opened:
        yield opened


@pytest.fixture
def proxy(location: SharedLedger, tmp_path: Path) -> Iterator[Proxy]:
    made = Proxy(tmp_path, location)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def behind_proxy(proxy: Proxy, location: SharedLedger, tmp_path: Path) -> SharedLedger:
    """The same ledger, by way of the proxy."""
    assert proxy
    return behind(tmp_path, location)
