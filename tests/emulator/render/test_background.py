from __future__ import annotations

from PIL import Image

from runner.emulator.render.background import Continued, KeyFrames, Scene
from tests.builders import emulated_order


def test_key_frames_begin_and_end_with_an_image() -> None:
    first, last = (Image.new("RGB", (8, 8), colour) for colour in ("red", "blue"))
    shown = KeyFrames([first, last], [0, 1])
    assert shown.paint() == first
    assert shown.paint(1.0) == last
    assert shown.paint(0.5) not in (first, last)


def test_key_frames_are_each_seen_at_their_stop() -> None:
    red, green, blue = (Image.new("RGB", (8, 8), colour) for colour in ("red", "green", "blue"))
    shown = KeyFrames([red, green, blue], [0.2, 0.5, 0.8])
    assert [shown.paint(progress) for progress in (0, 0.2, 0.5, 0.8, 1)] == [
        *(red, red, green),
        *(blue, blue),
    ]
    assert shown.paint(0.4) not in (red, green, blue)


def test_an_extension_goes_on_from_the_last_frame() -> None:
    asked = list[float]()
    frame, last = (Image.new("RGB", (16, 16), colour) for colour in ("red", "blue"))

    def original(progress: float) -> Image.Image:
        asked.append(progress)
        return frame

    shown = Continued(original, 0.5, last)
    assert [shown.paint(progress) for progress in (0, 0.25, 0.5, 1)] == [frame] * 3 + [last]
    assert asked == [0, 0.25, 0.5]
    assert Continued(original, 0.5, None).paint(0.9) == frame


def test_the_seed_decides_the_scene() -> None:
    first, same, other = (Scene(emulated_order(seed=seed), (64, 36)).paint() for seed in (1, 1, 2))
    assert first == same
    assert first != other
