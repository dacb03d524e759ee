"""The jobs on a local Dask cluster, a thread for each place.

python run.py URL JOBS.jsonl PLACES
"""

import json
import sys
from pathlib import Path

from distributed import Client, LocalCluster
from job import make

PROCESSES = 2


def main(url: str, jobs: Path, places: int) -> None:
    """Make all jobs."""
    bodies = [json.loads(line) for line in jobs.read_text(encoding="utf-8").splitlines()]
    with (
        LocalCluster(
            n_workers=PROCESSES, threads_per_worker=places // PROCESSES, dashboard_address=None
        ) as cluster,
        Client(cluster) as client,
    ):
        made = client.gather(client.map(lambda body: make(url, body), bodies, pure=False))
    Path("results.json").write_text(json.dumps(made), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
