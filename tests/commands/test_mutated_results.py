"""A results manifest broken at random never crashes a command or makes it pay again in silence.

What is tried is drawn from seeds, see `tests/mutation.py`.
"""

from __future__ import annotations

import re
from itertools import islice

from tests.commands.conftest import Project
from tests.commands.serving import RESULTS, TWO, forget, serving
from tests.mutation import ROUNDS, seeds
from tests.results.test_mutated_results import broken

SHARE = 60
"""A plan takes so much longer than reading a reply."""


def test_broken_results_crash_nothing_and_order_nothing(project: Project) -> None:
    project.jobs(TWO)
    with serving(project, time_scale=0):
        project.run("spring.yaml")
        forget(project)
        results = project.folder / RESULTS
        # Of another address, a result would rightly count for nothing.
        text = re.sub(r"urls:\n *- .*", "urls: []", results.read_text())
        for source in islice(seeds(), ROUNDS // SHARE):
            results.write_bytes(broken(text.encode(), source))
            ran = project.run("plan", "spring.yaml")
            assert ran.code in (0, 3), (source.number, ran.err)
            assert " new" not in ran.out, (source.number, ran.out)
            assert project.run("status", "spring.yaml").code in (0, 1, 3, 6, 7), source.number
