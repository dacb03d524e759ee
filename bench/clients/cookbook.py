"""The shape of a vendor's well-known cookbook script, for tasks that have to be asked for.

One loop that wakes every millisecond, looks whether there is room, starts a task for the next
line of a file and never waits for it; each task appends its own result to a file; failed ones go
to a queue to be tried again. Written anew from the description of that script.

    python cookbook.py URL JOBS.jsonl PLACES
"""

import asyncio
import json
import logging
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

HEADERS = {"Authorization": "Token bench"}
TICK_S = 0.001
POLL_S = 1.0
TRIES = 5
RESULTS = Path("results.jsonl")
LOG = logging.getLogger(__name__)


@dataclass
class Tally:
    """What goes on, for the loop to look at."""

    under_way: int = 0
    left: int = 0
    """Not yet ended, whether or not started."""


@dataclass
class Call:
    """One job, and what went wrong with it so far."""

    number: int
    body: Any
    tries_left: int = TRIES
    errors: list[str] = field(default_factory=list)

    async def send(
        self,
        session: aiohttp.ClientSession,
        url: str,
        tally: Tally,
        again: "asyncio.Queue[Call]",
    ) -> None:
        """Submit, ask every second, append the result; what fails goes back to the queue."""
        LOG.info("Starting request #%d", self.number)
        try:
            async with session.post(f"{url}/ent/v2/reference2image", json=self.body) as reply:
                task = (await reply.json())["task_id"]
            answer: dict[str, Any] = {}
            while answer.get("state") not in {"success", "failed"}:
                await asyncio.sleep(POLL_S)
                async with session.get(f"{url}/ent/v2/tasks/{task}/creations") as reply:
                    answer = await reply.json()
            self.save(answer)
        except (aiohttp.ClientError, KeyError) as error:
            LOG.warning("Request %d failed: %r", self.number, error)
            self.errors.append(repr(error))
            if self.tries_left:
                again.put_nowait(self)
                tally.under_way -= 1
                return
            self.save(self.errors)
        tally.under_way -= 1
        tally.left -= 1

    def save(self, result: Any) -> None:
        """Append the request and what came of it to the file of results."""
        with RESULTS.open("a", encoding="utf-8") as file:
            file.write(json.dumps([self.body, result]) + "\n")


async def main(url: str, lines: list[str], places: int) -> None:
    """The loop, over the lines of the file."""
    calls: Iterator[Call] = (Call(n, json.loads(line)) for n, line in enumerate(lines))
    again: asyncio.Queue[Call] = asyncio.Queue()
    tally, started = Tally(left=len(lines)), set()
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(headers=HEADERS, connector=connector) as session:
        upcoming: Call | None = None
        while tally.left:
            if upcoming is None:
                upcoming = next(calls, None) if again.empty() else again.get_nowait()
            if upcoming is not None and tally.under_way < places:
                upcoming.tries_left -= 1
                tally.under_way += 1
                task = asyncio.create_task(upcoming.send(session, url, tally, again))
                started.add(task)
                task.add_done_callback(started.discard)
                upcoming = None
            await asyncio.sleep(TICK_S)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, filename="cookbook.log")
    asyncio.run(
        main(
            sys.argv[1],
            Path(sys.argv[2]).read_text(encoding="utf-8").splitlines(),
            int(sys.argv[3]),
        )
    )
