"""What one writes first: aiohttp, a semaphore, and a status request about every second.

python plain.py URL JOBS.jsonl PLACES [files] [SECONDS]
"""

import asyncio
import json
import random
import sys
from pathlib import Path
from typing import Any

import aiohttp

HEADERS = {"Authorization": "Token bench"}
FETCH = "files" in sys.argv[4:]
GAP_S = float(next((each for each in sys.argv[4:] if each != "files"), 1))


async def make(session: aiohttp.ClientSession, url: str, job: Any, gate: asyncio.Semaphore) -> Any:
    """Submit a job, wait for its end and fetch its file if that is wanted."""
    async with gate:
        async with session.post(f"{url}/ent/v2/reference2image", json=job) as reply:
            task = (await reply.json())["task_id"]
        while True:
            await asyncio.sleep(GAP_S * random.uniform(0.9, 1.1))  # noqa: S311 - jitter
            async with session.get(f"{url}/ent/v2/tasks/{task}/creations") as reply:
                answer = await reply.json()
            if answer["state"] in {"success", "failed"}:
                break
    if FETCH:
        async with session.get(answer["creations"][0]["url"]) as reply:
            save(Path(f"{task}.png"), await reply.read())
    return answer


def save(path: Path, content: bytes) -> None:
    """In the middle of everything, as one does first."""
    path.write_bytes(content)


async def main(url: str, lines: list[str], places: int) -> list[Any]:
    """Make the job of each line; the last answer about each."""
    gate = asyncio.Semaphore(places)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(headers=HEADERS, connector=connector) as session:
        jobs = (make(session, url, json.loads(line), gate) for line in lines)
        return await asyncio.gather(*jobs)


if __name__ == "__main__":
    lines = Path(sys.argv[2]).read_text(encoding="utf-8").splitlines()
    made = asyncio.run(main(sys.argv[1], lines, int(sys.argv[3])))
    with Path("results.jsonl").open("w", encoding="utf-8") as results:
        results.writelines(f"{json.dumps(each)}\n" for each in made)
