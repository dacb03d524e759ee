"""Server: runs the emulator on a loopback port, in a thread of its own or as the whole program."""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path

from aiohttp import web

from runner.emulator.api.routes import SERVICE, Service, add_routes, format_errors
from runner.emulator.callbacks import Callbacks
from runner.emulator.faults.actions import FaultInjector
from runner.emulator.options import EmulatorOptions
from runner.emulator.request_log import RequestLog
from runner.emulator.state.files import ResultFiles
from runner.emulator.state.store import Store
from runner.errors import UsageError

_HOST = "127.0.0.1"
_SHUTDOWN_S = 1.0  # for open requests, once the emulator ends


@contextmanager
def run_emulator(options: EmulatorOptions, port: int = 0) -> Iterator[str]:
    """Both APIs in a thread with an event loop of its own; yields their base URL (no slash).

    Blocks until requests are accepted, and at the end until the port is free; open requests have a
    second for that. Raises UsageError when it cannot serve.
    """
    loop = asyncio.new_event_loop()

    def run() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:  # closes the loop at the end
            runner.get_loop().run_forever()

    with ExitStack() as stack:
        # A daemon, so that a program which dies inside the context does not wait for it.
        thread = threading.Thread(target=run, name="emulator", daemon=True)
        thread.start()
        stack.callback(thread.join)
        stack.callback(loop.call_soon_threadsafe, loop.stop)
        # Waited for here, so that errors at the start and at the end are raised in the caller,
        # whose own thread may have a running loop.
        served = listening(options, port)
        url = asyncio.run_coroutine_threadsafe(served.__aenter__(), loop).result()
        try:
            yield url
        finally:
            asyncio.run_coroutine_threadsafe(served.__aexit__(None, None, None), loop).result()


def serve(options: EmulatorOptions, port: int, ready: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM; `ready` gets the base URL once requests are accepted.

    Blocks; needs the main thread for the signals. Raises UsageError when it cannot serve.
    """

    async def until_signalled() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(number) is signal.SIG_IGN:  # by the shell that started it with `&`
                continue
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        async with listening(options, port) as url:
            ready(url)
            await stop.wait()

    asyncio.run(until_signalled())


@asynccontextmanager
async def listening(options: EmulatorOptions, port: int) -> AsyncIterator[str]:
    """Both APIs on a port (0: a free one) of this event loop; yields their base URL."""
    with ExitStack() as stack:
        app = _application(_service(options, stack))
        # The request log replaces aiohttp's, which would fill the terminal.
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=_SHUTDOWN_S)
        await runner.setup()
        try:
            await _listen(runner, port)
            yield f"http://{_HOST}:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()


def _service(options: EmulatorOptions, stack: ExitStack) -> Service:
    """A service with its state in the state folder, or in one that is removed with the stack."""
    try:
        folder = options.state_dir or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="vidu-run-emulator-"))
        )
        folder.mkdir(parents=True, exist_ok=True)
        store = Store(folder, options)
        stack.callback(store.close)
        result_files = ResultFiles(folder, store, options)
    except OSError as error:
        where = error.filename or options.state_dir or tempfile.gettempdir()
        raise UsageError(
            f"the emulator cannot keep its state: {where}: {error.strerror or error}",
            hint="make it writable, or keep the state elsewhere with --state-dir",
        ) from error
    return Service(
        options=options,
        store=store,
        files=result_files,
        callbacks=Callbacks(options),
        log=RequestLog(store.tasks.values(), options.now_ns),
    )


def _application(service: Service) -> web.Application:
    """The routes inside everything that sees each request, from the outside in."""
    middlewares = [service.log.record, format_errors, *service.options.middlewares]
    if service.options.faults:
        # The inner one formats refusals before faults see them, the outer one those of a fault.
        middlewares += [FaultInjector(service).inject, format_errors]
    app = web.Application(middlewares=middlewares)
    app[SERVICE] = service
    add_routes(app)
    app.on_cleanup.append(lambda _: service.callbacks.close())
    return app


async def _listen(runner: web.AppRunner, port: int) -> None:
    try:
        await web.TCPSite(runner, _HOST, port).start()
    except (OSError, OverflowError) as error:
        number = error.errno if isinstance(error, OSError) else None
        reason = os.strerror(number) if number else str(error)
        raise UsageError(
            f"the emulator cannot listen on port {port}: {reason}",
            hint="choose another port; 0 takes a free one",
        ) from error
