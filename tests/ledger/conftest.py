"""A ledger in a fresh folder, and intents to write to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from runner.ledger.store import Ledger, open_ledger
from runner.model import Amount, Intent


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / ".vidu-run" / "ledger.sqlite3"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    with open_ledger(path) as opened:
        yield opened


@pytest.fixture
def run(ledger: Ledger) -> str:
    return ledger.begin_run("spring.yaml", "vidu-run 0.1.0")


@pytest.fixture
def intent() -> Callable[..., Intent]:
    return make_intent


def make_intent(
    fingerprint: str = "f1",
    *,
    job: str = "window",
    manifest: str = "spring.yaml",
    base_url: str = "https://api.vidu.cn",
) -> Intent:
    return Intent(
        manifest=manifest,
        job=job,
        operation="vidu/reference2image",
        fingerprint=fingerprint,
        request={"prompt": "一只小猫", "images": [{"sha256": "ab"}]},
        seed=616519648,
        provider="vidu",
        base_url=base_url,
        key_env="VIDU_API_KEY",
        tag="00ff",
        estimate=Amount(unit="credits", value=Decimal(6)),
        at="2026-11-20T10:00:00Z",
    )
