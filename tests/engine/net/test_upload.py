from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from runner.engine.net.upload import Watch

LONG_S = 3600.0
"""If a test waits for it, it hangs."""


def run(block: Callable[[], Awaitable[None]]) -> None:
    """Run the block, which must not hang."""

    async def limited() -> None:
        async with asyncio.timeout(30) as limit:
            try:
                await block()
            finally:
                assert not limit.expired()

    asyncio.run(limited())


def test_a_block_in_which_nothing_moves_is_ended() -> None:
    async def block() -> None:
        async with Watch(0.01, 0.01):
            await asyncio.sleep(LONG_S)

    with pytest.raises(TimeoutError):
        run(block)


def test_progress_buys_time() -> None:
    async def block() -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + 0.6
        async with Watch(0.3, 0.3) as watch:
            while loop.time() < until:
                await asyncio.sleep(0.001)
                watch.progress()

    run(block)


def test_the_first_sign_may_take_longer_than_the_others() -> None:
    async def block() -> None:
        async with Watch(LONG_S, 0.01):
            await asyncio.sleep(0.1)

    run(block)


def test_after_the_first_sign_standstill_ends_the_block() -> None:
    async def block() -> None:
        async with Watch(LONG_S, 0.01) as watch:
            watch.progress()
            await asyncio.sleep(LONG_S)

    with pytest.raises(TimeoutError):
        run(block)


def test_dripping_buys_no_more_than_is_left_in_all() -> None:
    async def block() -> None:
        async with Watch(LONG_S, LONG_S) as watch:
            watch.within(0.05)
            while True:
                watch.progress()
                await asyncio.sleep(0.001)

    with pytest.raises(TimeoutError):
        run(block)


def test_a_block_can_be_ended_from_outside_at_once() -> None:
    async def block() -> None:
        async with Watch(LONG_S, LONG_S) as watch:
            asyncio.get_running_loop().call_soon(watch.end)
            await asyncio.sleep(LONG_S)

    with pytest.raises(TimeoutError):
        run(block)


def test_what_comes_after_the_block_ends_nobody() -> None:
    async def block() -> None:
        async with Watch(0.01, 0.01) as watch:
            pass
        watch.progress()
        watch.within(0)
        watch.end()
        await asyncio.sleep(0.05)

    run(block)
