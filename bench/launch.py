"""A command in; what it and all of its children used, as JSON in a file, out.

A process of its own that holds next to nothing: a child's peak memory, as the kernel tells it,
is never below that of the process that started it. Run as a file, with `-S -E`, by `processes`.
"""

import contextlib
import json
import os
import resource
import sys
import threading
import time
from pathlib import Path

SAMPLE_S = 0.2
"""How often the memory of a whole tree of processes is looked at."""


def session_kb() -> int:
    """Memory of every process of this session but this one, shared pages counted in parts."""
    mine, total = os.getsid(0), 0
    for process in Path("/proc").glob("[0-9]*"):
        pid = int(process.name)
        # It may end between any two of these lines.
        with contextlib.suppress(OSError):
            if pid != os.getpid() and os.getsid(pid) == mine:
                total += _pss_kb(process / "smaps_rollup")
    return total


def _pss_kb(rollup: Path) -> int:
    lines = rollup.read_text(encoding="ascii").splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def watch(peak: list[int]) -> None:
    """Keep the largest memory of the session in `peak`, for as long as this process lives."""
    while Path("/proc/self/smaps_rollup").exists():  # Linux has it
        peak[0] = max(peak[0], session_kb())
        time.sleep(SAMPLE_S)


def main(tree: str, report: str, *command: str) -> int:
    """Run the command; with `tree` "1" the memory of its children counts together."""
    start, peak_kb = time.monotonic(), [0]
    process = os.posix_spawnp(command[0], command, os.environ)
    if tree == "1":
        threading.Thread(target=watch, args=[peak_kb], daemon=True).start()
    status = os.waitpid(process, 0)[1]
    wall_s = time.monotonic() - start
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    unit = 1 if sys.platform == "darwin" else 1024  # macOS tells bytes, Linux KiB
    told = {
        "wall_s": wall_s,
        "cpu_s": used.ru_utime + used.ru_stime,
        "peak_bytes": max(used.ru_maxrss * unit, peak_kb[0] * 1024),
        "code": os.waitstatus_to_exitcode(status),
    }
    Path(report).write_text(json.dumps(told), encoding="ascii")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
