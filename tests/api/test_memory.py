"""A process that reads and plans very many manifests needs no more memory than for one."""

from __future__ import annotations

import gc
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from runner import Failure, load, plan
from tests.builders import image_bytes


def manifest_of(numbers: Iterable[int]) -> str:
    """A manifest that no other is like; what is made of every third number is wrong."""
    jobs = "".join(
        f"""\
  - id: j{n}-${{{{ matrix.m }}}}
    matrix: {{m: [x{n}, y{n}]}}
    prompt: ${{{{ vars.hero }}}}, the {n}th of them
    images: [cat.png, cat{n % 2}.png]
  - {{id: k{n}, prompt: dog {n}, seed: {n}{f", prmpt{n}: x" if n % 3 == 0 else ""}}}
  - {{id: l{n}, prompt: "{"long " * 200} {n}", images: ["${{{{ jobs.k{n}.output }}}}"]}}
"""
        for n in numbers
    )
    words = ", ".join(f"w{n}.{m}: n{n}.{m}" for n in numbers for m in range(20))
    return f"""\
version: 1
vars: {{hero: cat}}
x-words: {{{words}}}
defaults: {{operation: vidu/reference2image, model: viduq2}}
jobs:
{jobs}"""


def assert_level(call: Callable[[int], object], *, before: int, measured: int) -> None:
    """Assert that calls leave nothing behind, after so many others `before` them."""
    # From the start on: what is freed counts only if its allocation was seen.
    tracemalloc.start()
    try:
        for number in range(before):
            call(number)
        first = blocks()
        for number in range(before, before + measured):
            call(number)
        last = blocks()
    finally:
        tracemalloc.stop()
    kept = {place: count - first[place] for place, count in last.items()}
    # What is kept of a call is dozens of blocks; Python itself keeps a hundred of some types.
    assert sum(kept.values()) < 2 * measured, Counter(kept).most_common(3)


def blocks() -> Counter[str]:
    """Blocks of memory by the line that allocated them. Not bytes: a table that all share grows."""
    gc.collect()
    own = tracemalloc.Filter(inclusive=False, filename_pattern=tracemalloc.__file__)
    lines = tracemalloc.take_snapshot().filter_traces([own]).statistics("lineno")
    return Counter({str(line.traceback): line.count for line in lines})


def test_reading_manifests_keeps_nothing_of_them(folder: Path) -> None:
    for name in ("cat.png", "cat0.png", "cat1.png"):
        (folder / name).write_bytes(image_bytes())

    def call(number: int) -> None:
        # The first one fills the caches that have a bound.
        with suppress(Failure):
            load(manifest_of(range(10_000, 10_250) if number == 0 else [number]))

    assert_level(call, before=10, measured=150)


def test_planning_keeps_nothing(spring: Path) -> None:
    manifest = load(spring)
    assert_level(lambda _: plan(manifest, emulate=True), before=20, measured=100)
