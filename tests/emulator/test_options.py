from __future__ import annotations

import math
import sys
from typing import Any

import pytest

from runner.emulator.options import EmulatorOptions, can_encode, missing_extra
from runner.errors import UsageError


@pytest.mark.parametrize(
    "wrong",
    [
        {"time_scale": -1},
        {"time_scale": math.nan},
        {"time_scale": math.inf},
        {"concurrency": 0},
        {"url_lifetime_s": -1},
    ],
)
def test_values_out_of_range_are_rejected(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        EmulatorOptions(**wrong)


def test_repr_hides_the_keys() -> None:
    assert "secret" not in repr(EmulatorOptions(keys=frozenset({"secret"})))


def test_videos_need_pyav(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    assert not can_encode()
    message = missing_extra(["vidu/reference2image", "modelverse/reference2video"])
    assert message is not None
    assert "modelverse/reference2video" in message
    assert 'pip install "vidu-run[media]"' in message
    assert missing_extra(["vidu/reference2image"]) is None
    assert missing_extra(["vidu/text2video"]) is not None


def test_with_pyav_videos_can_be_emulated() -> None:
    assert missing_extra(["modelverse/reference2video"]) is None
