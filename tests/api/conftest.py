"""Fixtures: the current folder is one of the test's own, and manifests to run in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runner import Event, Step
from runner.emulator import tables
from runner.engine.download import expected

TWO = """\
version: 1
defaults: {operation: vidu/reference2image, model: viduq2}
jobs:
  - {id: a, prompt: a red boat, seed: 7, tags: [sea]}
  - {id: b, prompt: a blue boat}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, in which nothing of the environment reaches a provider."""
    monkeypatch.chdir(tmp_path)
    for name in ("VIDU_API_KEY", "MODELVERSE_API_KEY", "VIDU_BASE_URL", "MODELVERSE_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture(scope="module", autouse=True)
def small_pictures() -> Iterator[None]:
    """Emulators draw pictures an eighth as wide: the most of their work."""
    sides = {name: side // 16 * 2 for name, side in tables.SHORT_SIDE.items()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables, "SHORT_SIDE", sides)
        patch.setattr(expected, "LEAST_SHARE", expected.LEAST_SHARE / 64)
        yield


@pytest.fixture
def spring(folder: Path) -> Path:
    """A manifest of two pictures."""
    path = folder / "spring.yaml"
    path.write_text(TWO, encoding="utf-8")
    return path


class Recorder:
    """An observer that keeps what it gets, and calls `react` with each event."""

    def __init__(self, react: Callable[[Event], None] = lambda _event: None) -> None:
        self.calls: list[str] = []
        self.events: list[Event] = []
        self._react = react

    def start(self, plan: object) -> None:
        self.calls.append(f"start {plan!r}")

    def event(self, event: Event) -> None:
        self.events.append(event)
        self._react(event)

    def stop(self) -> None:
        self.calls.append("stop")

    def count(self, step: Step) -> int:
        return sum(event.step is step for event in self.events)
