"""Reading a long manifest against PyYAML's fastest loader, side by side."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from runner.documents.files import load

JOB = """\
  - id: job-{n}
    operation: vidu/reference2image
    model: viduq2
    prompt: 一只可爱的小猫坐在窗台上,阳光洒在它的身上 {n}
    aspect_ratio: "16:9"
    seed: {n}
    images: [refs/cat.png, refs/dog.png]
    resolution: 1080p
"""


def manifest(jobs: int) -> str:
    return "version: 1\njobs:\n" + "".join(JOB.format(n=n + 1) for n in range(jobs))


def _theirs(text: str) -> Any:
    return yaml.load(text, Loader=yaml.CSafeLoader)


def _seconds(read: Callable[[str], Any], text: str) -> float:
    start = time.process_time()
    read(text)
    return time.process_time() - start


def _bytes(read: Callable[[str], Any], text: str) -> int:
    tracemalloc.start()
    read(text)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


@pytest.mark.slow
def test_reading_takes_at_most_half_the_time_and_memory_of_pyyaml() -> None:
    text = manifest(4_000)
    assert load(text) == _theirs(text)
    assert _seconds(load, text) <= 0.5 * _seconds(_theirs, text)
    assert _bytes(load, text) <= 0.5 * _bytes(_theirs, text)
