"""Work in the background: interrupted once or twice, before or while it goes on."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable

import pytest

from runner.api.background import Background, EarlyEndError, Interruption


def in_a_loop(interruption: Interruption, until: int, seen: list[signal.Signals]) -> None:
    """Pass interruptions to `seen` until there are so many."""

    async def main() -> None:
        enough = asyncio.Event()

        def handle(number: signal.Signals) -> None:
            seen.append(number)
            if len(seen) == until:
                enough.set()

        with interruption.connected(handle, seen.append):
            await asyncio.wait_for(enough.wait(), 30)

    asyncio.run(main())


def test_each_request_is_passed_on_also_those_of_before() -> None:
    interruption, seen = Interruption(), list[signal.Signals]()
    interruption.request()
    thread = threading.Thread(target=in_a_loop, args=(interruption, 2, seen))
    thread.start()
    interruption.request()
    thread.join()
    interruption.request()  # after the end there is nobody to pass it to
    assert seen == [signal.SIGINT, signal.SIGINT]
    assert interruption.requests == 3


def test_an_early_request_ends_what_has_not_begun() -> None:
    interruption = Interruption()
    interruption.check()
    interruption.request()
    with pytest.raises(EarlyEndError):
        interruption.check()


def test_a_task_that_is_cancelled_twice_interrupts_twice() -> None:
    seen: list[signal.Signals] = []
    begun = threading.Event()

    def work(interruption: Interruption) -> None:
        begun.set()
        in_a_loop(interruption, 2, seen)

    async def main() -> None:
        task = asyncio.create_task(Background(work).aresult())
        await asyncio.to_thread(begun.wait)
        for _ in range(2):
            task.cancel()
            await asyncio.sleep(0)
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(main())
    assert len(seen) == 2


def failing(error: BaseException) -> Callable[[Interruption], None]:
    def work(_: Interruption) -> None:
        raise error

    return work


@pytest.mark.parametrize("error", [ZeroDivisionError("a"), SystemExit(3)])
def test_what_the_work_raises_is_raised_where_it_is_waited_for(error: BaseException) -> None:
    with pytest.raises(type(error)) as caught:
        Background(failing(error)).result()
    assert caught.value is error
