"""The limit on idle time, on a clock that needs no waiting."""

from __future__ import annotations

import asyncio

import pytest

from runner.engine.net.upload import STALL_S, IdleTimeout
from tests.engine.conftest import RunVirtual

LONG_S = 3600.0


def test_a_block_without_progress_is_ended(run_virtual: RunVirtual) -> None:
    async def block() -> None:
        async with IdleTimeout(0.01, 0.01):
            await asyncio.sleep(LONG_S)

    with pytest.raises(TimeoutError):
        run_virtual(block())


def test_progress_restarts_the_limit(run_virtual: RunVirtual) -> None:
    async def block() -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + 0.6
        async with IdleTimeout(0.3, 0.3) as idle:
            while loop.time() < until:
                await asyncio.sleep(0.001)
                idle.progress()

    run_virtual(block())


def test_the_first_progress_may_take_longer(run_virtual: RunVirtual) -> None:
    async def block() -> None:
        async with IdleTimeout(LONG_S, 0.01):
            await asyncio.sleep(0.1)

    run_virtual(block())


def test_after_the_first_progress_the_idle_limit_holds(run_virtual: RunVirtual) -> None:
    async def block() -> None:
        async with IdleTimeout(LONG_S, 0.01) as idle:
            idle.progress()
            await asyncio.sleep(LONG_S)

    with pytest.raises(TimeoutError):
        run_virtual(block())


def test_dripping_cannot_exceed_the_total_limit(run_virtual: RunVirtual) -> None:
    async def block() -> None:
        async with IdleTimeout(LONG_S, LONG_S) as idle:
            idle.limit_total(0.05)
            while True:
                idle.progress()
                await asyncio.sleep(0.001)

    with pytest.raises(TimeoutError):
        run_virtual(block())


def test_a_block_can_be_ended_from_outside(run_virtual: RunVirtual) -> None:
    async def block() -> None:
        async with IdleTimeout(LONG_S, LONG_S) as idle:
            asyncio.get_running_loop().call_soon(idle.expire)
            await asyncio.sleep(LONG_S)

    with pytest.raises(TimeoutError):
        run_virtual(block())


def test_calls_after_the_block_have_no_effect(run_virtual: RunVirtual) -> None:
    async def block() -> None:
        async with IdleTimeout(0.01, 0.01) as idle:
            pass
        idle.progress()
        idle.limit_total(0)
        idle.expire()
        await asyncio.sleep(0.05)

    run_virtual(block())


def test_a_stall_is_reported_before_the_limit(run_virtual: RunVirtual) -> None:
    async def block() -> None:
        loop, stalls = asyncio.get_running_loop(), list[float]()
        async with IdleTimeout(LONG_S, LONG_S, on_stall=lambda: stalls.append(loop.time())) as idle:
            await asyncio.sleep(STALL_S - 1)
            idle.progress()
            await asyncio.sleep(STALL_S + 1)
        await asyncio.sleep(LONG_S)
        assert stalls == [pytest.approx(2 * STALL_S - 1)]

    run_virtual(block())
