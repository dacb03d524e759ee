from __future__ import annotations

from PIL import Image

from runner.emulator.render.background import KeyFrames, Scene
from tests.builders import emulated_order


def test_key_frames_begin_and_end_with_an_image() -> None:
    first, last = (Image.new("RGB", (8, 8), colour) for colour in ("red", "blue"))
    shown = KeyFrames(first, last)
    assert shown.paint() == first
    assert shown.paint(1.0) == last
    assert shown.paint(0.5) not in (first, last)


def test_the_seed_decides_the_scene() -> None:
    first, same, other = (Scene(emulated_order(seed=seed), (64, 36)).paint() for seed in (1, 1, 2))
    assert first == same
    assert first != other
