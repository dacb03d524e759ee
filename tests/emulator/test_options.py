from __future__ import annotations

import math
import sys
from typing import Any

import pytest

from runner.emulator.options import Options, can_encode, missing_extra
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
def test_options_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        Options(**wrong)


def test_keys_do_not_show() -> None:
    assert "secret" not in repr(Options(keys=frozenset({"secret"})))


def test_videos_need_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    assert not can_encode()
    told = missing_extra(["vidu/reference2image", "modelverse/reference2video"])
    assert told is not None
    assert "modelverse/reference2video" in told
    assert 'pip install "vidu-run[media]"' in told
    assert missing_extra(["vidu/reference2image"]) is None


def test_with_the_extra_nothing_is_missing() -> None:
    assert missing_extra(["modelverse/reference2video"]) is None
