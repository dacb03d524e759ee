"""Changes: which addresses belong to which realm."""

from __future__ import annotations

import pytest

from runner.ledger.changes import realm_of


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:8080",
        "http://api.localhost",
        "http://LOCALHOST.",
        "http://127.0.0.1",
        "http://127.9.9.9:1",
        "http://[::1]:8080/x",
        "http://0.0.0.0:80",
    ],
)
def test_this_machine_is_loopback(url: str) -> None:
    assert realm_of(url) == "loopback"


@pytest.mark.parametrize(
    "url",
    ["https://api.vidu.cn", "http://10.0.0.1", "https://localhost.example.org", "nonsense", ""],
)
def test_everything_else_is_remote(url: str) -> None:
    assert realm_of(url) == "remote"
