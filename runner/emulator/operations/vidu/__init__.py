"""Vidu's operations as tables, in the order and the words of the vendor's pages."""

from __future__ import annotations

from collections.abc import Mapping

from runner.emulator.operations.language import Operation
from runner.emulator.operations.vidu import (
    films,
    frames,
    people,
    pictures,
    productions,
    references,
    sounds,
)

_ALL = (
    frames.TEXT2VIDEO,
    frames.IMG2VIDEO,
    frames.START_END2VIDEO,
    references.REFERENCE2VIDEO,
    references.REFERENCE2VIDEO_SUBJECTS,
    films.MULTIFRAME,
    films.EXTEND,
    films.UPSCALE_NEW,
    people.LIP_SYNC,
    people.IMAGE2DANCE,
    people.DIGITAL_HUMAN,
    films.TEMPLATE,
    films.TEMPLATE_STORY,
    pictures.REFERENCE2IMAGE,
    sounds.TEXT2AUDIO,
    sounds.TIMING2AUDIO,
    sounds.AUDIO_TTS,
    sounds.AUDIO_CLONE,
    productions.ONE_CLICK_MV,
    productions.GENERAL_ONE_CLICK,
    productions.AD_ONE_CLICK,
    productions.TRENDING_REPLICATE,
)
OPERATIONS: Mapping[str, Operation] = {table.name: table for table in _ALL}
"""Every operation by its name."""


def operation_of(path: str, body: Mapping[str, object]) -> Operation:
    """The operation on a path that a body is for, by the fields that it has."""
    on_path = [table for table in _ALL if table.path == path]
    fitting = [table for table in on_path if body.get(table.variant) is not None]
    return (fitting or [table for table in on_path if not table.variant])[0]
