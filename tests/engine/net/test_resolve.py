"""Names are looked up by the system, on threads that hold nothing up."""

from __future__ import annotations

import asyncio
import socket
import threading

import pytest

from runner.engine.net.resolve import Resolver, addresses


def test_a_name_leads_to_the_addresses_that_the_system_knows() -> None:
    found = asyncio.run(Resolver().resolve("localhost", 8080, socket.AF_INET))
    assert {(row["hostname"], row["host"], row["port"]) for row in found} == {
        ("localhost", "127.0.0.1", 8080)
    }
    assert "127.0.0.1" in asyncio.run(addresses("127.0.0.1", None))


def test_an_address_of_the_sixth_version_is_one_too() -> None:
    assert asyncio.run(addresses("::1", 80)) == ["::1"]


def test_a_name_that_nobody_knows_is_an_os_error() -> None:
    with pytest.raises(OSError, match=r"\w"):
        asyncio.run(Resolver().resolve("no-such-host.invalid"))


def test_a_name_that_is_none_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="label"):
        asyncio.run(addresses(f"{'a' * 70}.example", 80))


def test_a_lookup_without_an_answer_does_not_hold_up_the_end_of_the_loop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked, answering = threading.Event(), threading.Event()

    def silent(*_: object, **__: object) -> list[object]:
        asked.set()
        answering.wait(60)
        return []

    async def scene() -> None:
        looking = asyncio.ensure_future(Resolver().resolve("example.com"))
        await asyncio.to_thread(asked.wait)
        looking.cancel()

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    asyncio.run(scene())
    assert not answering.is_set()
    threads = [each for each in threading.enumerate() if each.name == "lookup"]
    answering.set()
    for each in threads:
        each.join()
