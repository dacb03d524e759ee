from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from runner.model.jobs import Draft
from runner.model.values import Deferred, JobOutput
from runner.operations import load_operations
from runner.validation.jobs import check_job

SPEECH = {"video_url": "https://example.com/a.mp4"}


def messages_of(
    operation: str, parameters: dict[str, Any], unknown: frozenset[str] = frozenset()
) -> list[str]:
    needs = ("other",) if "Deferred" in repr(parameters) else ()
    draft = Draft(
        entry=0, id="a", operation=operation, parameters=parameters, base=Path(), needs=needs
    )
    return [each.message for each in check_job(draft, load_operations()[operation], unknown)]


def timed(*items: tuple[Any, Any], **others: Any) -> dict[str, Any]:
    prompts = [{"from": start, "to": end, "prompt": "rain"} for start, end in items]
    return {"model": "audio1.0", "timing_prompts": prompts, **others}


def test_kana_hangul_and_full_width_letters_are_wide() -> None:
    for text in ("ねこ", "고양", "\uff41\uff42", "好\uff01"):
        assert messages_of("vidu/lip-sync", SPEECH | {"text": text}) == []


def test_accents_are_not_wide() -> None:
    message = "text has 3 characters, but at least 4 are needed"
    assert messages_of("vidu/lip-sync", SPEECH | {"text": "été"}) == [message]


def test_the_length_of_a_deferred_text_is_not_known() -> None:
    text = Deferred(parts=("a", JobOutput(job="other", attribute="seed")))
    assert messages_of("vidu/lip-sync", SPEECH | {"text": text}) == []


def test_a_weighted_length_stands_beside_other_errors() -> None:
    text = "猫" * 1001 + "<#0#>a"
    pause, length, speed = messages_of("vidu/lip-sync", SPEECH | {"text": text, "speed": 9})
    assert pause.endswith("is not a text with pauses of 0.01 to 99.99 s")
    assert length == "text has 1007 characters, which count as 2008, but at most 2000 are allowed"
    assert speed == "speed 9 is out of range (0.5 to 2)"


def test_fractions_are_compared_exactly() -> None:
    assert messages_of("vidu/timing2audio", timed((0.1, 0.3), duration=2.1)) == []
    (found,) = messages_of("vidu/timing2audio", timed((0, 2.1000001), duration=2.1))
    assert found == "timing_prompts[0].to 2.1000001 is above duration 2.1"


def test_items_are_compared_with_their_own_keys() -> None:
    (found,) = messages_of("vidu/timing2audio", timed((0, 1), (5, 4), (2, 9)))
    assert found == "timing_prompts[1].from 5 is not below timing_prompts[1].to 4"


@pytest.mark.parametrize("duration", [11, "5", None])
def test_a_wrong_number_is_not_compared(duration: Any) -> None:
    (found,) = messages_of("vidu/timing2audio", timed((0, 7), duration=duration))
    assert found.startswith("duration ")


def test_an_unknown_number_is_not_compared() -> None:
    assert messages_of("vidu/timing2audio", timed((0, 7)), frozenset({"duration"})) == []
