from __future__ import annotations

import statistics

import pytest

from runner.emulator.times import seconds_of
from tests.builders import emulated_order


@pytest.mark.parametrize(
    ("operation", "model", "seconds"),
    [
        ("text2video", "viduq2", 22.6),
        ("img2video", "viduq2-turbo", 26.4),
        ("img2video", "viduq2-pro", 71.8),
        ("start-end2video", "viduq2-pro-fast", 14.4),
        ("extend", "viduq2-turbo", 35.3),
        ("extend", "viduq2-pro", 107.1),
        ("reference2video", "viduq2", 28.7),
    ],
)
def test_a_video_takes_the_published_time(operation: str, model: str, seconds: float) -> None:
    asked = {"operation": operation, "model": model, "resolution": "720p", "duration_s": 5}
    assert [seconds_of(emulated_order(api=api, **asked)) for api in ("vidu", "modelverse")] == [
        seconds,
        seconds,
    ]


def test_models_without_published_times_are_as_fast_as_their_name_says() -> None:
    asked = {"operation": "img2video", "resolution": "720p", "duration_s": 5}
    models = ("viduq3-turbo", "viduq3-pro", "viduq3-pro-fast", "viduq1", "viduq4-preview")
    times = [seconds_of(emulated_order(model=model, **asked)) for model in models]
    assert times == [26.4, 71.8, 14.4, 71.8, 71.8]


def test_videos_longer_than_the_table_go_on_with_its_last_step() -> None:
    times = [
        seconds_of(emulated_order(resolution=resolution, duration_s=duration))
        for resolution, duration in (("720p", 10), ("720p", 16), ("360p", 4))
    ]
    assert times == [89.0, 89.0 + 6 * 14.0, 11.0]


def test_pictures_take_times_around_the_median() -> None:
    times = [seconds_of(emulated_order(seed=seed)) for seed in range(1, 200)]
    assert 5.5 < statistics.median(times) < 6.5
    assert len(set(times)) == len(times)
    assert seconds_of(emulated_order()) == seconds_of(emulated_order())


def test_only_the_extension_of_a_video_is_generated() -> None:
    asked = {"operation": "extend", "model": "viduq2-pro", "resolution": "720p"}
    extended = emulated_order(**asked, duration_s=25, details={"duration": 5})
    assert seconds_of(extended) == 107.1


def test_the_segments_of_a_video_are_generated_one_by_one() -> None:
    asked = {"operation": "multiframe", "model": "viduq2-turbo", "resolution": "540p"}
    segments = [{"duration": 2}, {"duration": 5}]
    details = {"image_settings": segments}
    assert seconds_of(emulated_order(**asked, duration_s=7, details=details)) == 10.85 + 21.05
