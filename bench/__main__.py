"""The bench by hand: parts to measure in, tables out.

python -m bench                     the short form
python -m bench --all --write       everything, into BENCHMARKS.md
python -m bench makespan --only vidu-run-list --jobs 300
"""

from __future__ import annotations

import argparse
import compileall
import importlib
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace

from bench import machine, makespan
from bench.contenders import CONTENDERS, EVERY_2_S, FETCHING, FILM, Contender
from bench.page import PAGE, update
from bench.peers import PEERS
from bench.processes import ROOT, BenchError
from bench.race import Course
from bench.tables import Table, report

PARTS = (
    "makespan",
    "stalls",
    "startup",
    "parsing",
    "ledger",
    "planning",
    "scale",
    "distance",
    "gallery",
)
"""Modules of this folder; see `tables.Table` for what each of them has."""
LONG = ("capacity",)
"""Of the long form only."""
KNOWN = {each.name: each for each in (*CONTENDERS, *FETCHING, FILM, EVERY_2_S, *PEERS)}


def main() -> int:
    """Measure what is asked for; 1 when something did not work."""
    options = _options()
    compileall.compile_dir(ROOT / "runner", quiet=2)  # or else whoever comes first pays for it
    try:
        for part in options.parts or (PARTS + LONG if options.all else PARTS):
            tables = _measure(part, options)
            print(report(tables), flush=True)
            if options.write:
                update(PAGE, [*tables, machine.table()], machine.where_and_when())
    except BenchError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("parts", nargs="*", metavar="PART", help=", ".join(PARTS + LONG))
    add("--all", action="store_true", help="the long form: more contenders and spreads")
    add("--quick", action="store_true", help="less of everything, for a first look")
    add("--write", action="store_true", help=f"put the tables into {PAGE.name}, too")
    add = parser.add_argument_group("makespan").add_argument
    add("--only", nargs="+", choices=KNOWN, metavar="NAME", help=", ".join(KNOWN))
    add("--jobs", type=int)
    add("--places", type=int, help="tasks in flight")
    add("--median-s", type=float, help="the time that half of the tasks take")
    add("--sigma", type=float, help="spread of the times' logarithm")
    add("--rtt-s", type=float, help="the round trip to the server, over TLS")
    add("--rounds", type=int, help="turns for everybody, of which medians are told")
    options = parser.parse_args()
    if unknown := set(options.parts) - {*PARTS, *LONG}:
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    return options


def _measure(part: str, options: argparse.Namespace) -> list[Table]:
    if part != "makespan":
        module = importlib.import_module(f"bench.{part}")
        measure: Callable[..., list[Table]] = module.measure
        return measure(quick=options.quick)
    if course := _course(options):
        return makespan.tables(course, _contenders(options.only))
    return makespan.measure(quick=options.quick, everything=options.all)


def _course(options: argparse.Namespace) -> Course | None:
    """The course that is asked for; None where it is the usual one."""
    names = ("jobs", "places", "median_s", "sigma", "rtt_s", "rounds")
    given = {name: getattr(options, name) for name in names if getattr(options, name) is not None}
    return replace(Course(), **given) if given or options.only else None


def _contenders(only: Sequence[str] | None) -> Sequence[Contender]:
    return [KNOWN[name] for name in only] if only else CONTENDERS


if __name__ == "__main__":
    sys.exit(main())
