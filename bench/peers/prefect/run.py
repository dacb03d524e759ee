"""The jobs as task runs of one Prefect flow, on threads, with the server that it starts itself.

python run.py URL JOBS.jsonl PLACES
"""

import json
import sys
from pathlib import Path
from typing import Any

from job import make
from prefect import flow, task
from prefect.task_runners import ThreadPoolTaskRunner


@task
def picture(url: str, body: Any) -> Any:
    """Make one job."""
    return make(url, body)


def main(url: str, jobs: Path, places: int) -> None:
    """Make all jobs."""
    bodies = [json.loads(line) for line in jobs.read_text(encoding="utf-8").splitlines()]

    @flow(task_runner=ThreadPoolTaskRunner(max_workers=places))
    def pictures() -> list[Any]:
        return [each.result() for each in [picture.submit(url, body) for body in bodies]]

    Path("results.json").write_text(json.dumps(pictures()), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
