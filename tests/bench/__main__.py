"""The bench by hand: parts to measure in, tables out.

python -m tests.bench                     everything of the short form
python -m tests.bench makespan --only vidu-run-list --jobs 300
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import sys
from collections.abc import Sequence
from dataclasses import replace

from tests.bench import makespan
from tests.bench.contenders import CONTENDERS, Contender
from tests.bench.processes import BenchError
from tests.bench.tables import Table, report

PARTS = ("makespan", "stalls", "planning", "startup", "parsing", "ledger", "scale")


def main() -> int:
    """Measure what is asked for; 1 when something did not work."""
    options = _options()
    try:
        tables = _tables(options)
    except BenchError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(report(tables))
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(_parts()))
    parser.add_argument("--quick", action="store_true", help="less of everything: a first look")
    course = parser.add_argument_group("makespan")
    course.add_argument("--only", nargs="+", choices=[each.name for each in CONTENDERS])
    course.add_argument("--jobs", type=int)
    course.add_argument("--places", type=int, help="tasks in flight")
    course.add_argument("--median-s", type=float, help="the time that half of the tasks take")
    course.add_argument("--sigma", type=float, help="spread of the times' logarithm")
    course.add_argument("--rounds", type=int, help="turns for everybody, of which medians are told")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(_parts()):
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    return options


def _parts() -> list[str]:
    return [part for part in PARTS if importlib.util.find_spec(f"tests.bench.{part}")]


def _tables(options: argparse.Namespace) -> list[Table]:
    tables: list[Table] = []
    for part in options.parts or _parts():
        if part == "makespan" and (course := _course(options)):
            tables += makespan.tables(course, _contenders(options.only))
        else:
            tables += importlib.import_module(f"tests.bench.{part}").measure(quick=options.quick)
    return tables


def _course(options: argparse.Namespace) -> makespan.Course | None:
    """The course that is asked for; None where it is the usual one."""
    names = ("jobs", "places", "median_s", "sigma", "rounds")
    given = {name: getattr(options, name) for name in names if getattr(options, name) is not None}
    return replace(makespan.Course(), **given) if given or options.only else None


def _contenders(only: Sequence[str] | None) -> list[Contender]:
    return [each for each in CONTENDERS if (each.name in only if only else not each.long)]


if __name__ == "__main__":
    sys.exit(main())
