"""Every line of an operation's page: what it allows is accepted, what it forbids is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from runner.emulator.operations.vidu import OPERATIONS
from tests.emulator.operations import cases
from tests.emulator.operations.cases import (
    ad_one_click,
    audio_clone,
    audio_tts,
    digital_human,
    extend,
    general_one_click,
    image2dance,
    img2video,
    lip_sync,
    multiframe,
    one_click_mv,
    reference2video,
    reference2video_subjects,
    start_end2video,
    template,
    template_story,
    text2audio,
    text2video,
    timing2audio,
    trending_replicate,
    upscale_new,
)

PAGES: tuple[ModuleType, ...] = (
    text2video,
    img2video,
    start_end2video,
    reference2video,
    reference2video_subjects,
    multiframe,
    extend,
    upscale_new,
    lip_sync,
    image2dance,
    digital_human,
    template,
    template_story,
    text2audio,
    timing2audio,
    audio_tts,
    audio_clone,
    one_click_mv,
    general_one_click,
    ad_one_click,
    trending_replicate,
)


def named(page: ModuleType, changes: dict[str, Any]) -> str:
    shown = json.dumps(changes, default=str)[:60]
    return f"{page.__name__.removeprefix(cases.__name__)[1:]} {shown}"


def accepted() -> Iterator[Any]:
    for page in PAGES:
        for changes in page.ACCEPTED:
            yield pytest.param(page, changes, id=named(page, changes))


def refused() -> Iterator[Any]:
    for page in PAGES:
        for changes, reason in page.REFUSED:
            yield pytest.param(page, changes, reason, id=f"{named(page, changes)} {reason}")


@pytest.mark.parametrize(("page", "changes"), list(accepted()))
def test_what_the_page_allows_is_accepted(
    submit: Any, page: ModuleType, changes: dict[str, Any]
) -> None:
    answer = submit(page, changes)
    assert answer.status == 200, answer.json


@pytest.mark.parametrize(("page", "changes", "reason"), list(refused()))
def test_what_the_page_forbids_is_refused(
    submit: Any, page: ModuleType, changes: dict[str, Any], reason: str
) -> None:
    answer = submit(page, changes)
    assert (answer.status, answer.json["reason"]) == (400, reason), answer.json


def test_every_operation_but_of_pictures_has_its_cases() -> None:
    tested = {page.OPERATION for page in PAGES}
    assert tested == {table.path for table in OPERATIONS.values() if table.makes != "image"}
