"""ModelVerse's operations as tables: with Vidu's models by `vidu_type`, the others by model."""

from __future__ import annotations

from collections.abc import Mapping

from runner.emulator.api.errors import invalid, lacking
from runner.emulator.api.fields import Fields
from runner.emulator.operations.language import Operation
from runner.emulator.operations.modelverse.clips import (
    EXTEND,
    IMG2VIDEO,
    REFERENCE2VIDEO,
    REFERENCE2VIDEO_SUBJECTS,
    START_END2VIDEO,
    TEXT2VIDEO,
)
from runner.emulator.operations.modelverse.films import LIP_SYNC, ONE_CLICK_MV
from runner.emulator.operations.modelverse.hailuo import HAILUO
from runner.emulator.operations.modelverse.kling import KLING
from runner.emulator.operations.modelverse.seedance import SEEDANCE
from runner.emulator.operations.modelverse.veo import VEO
from runner.emulator.operations.modelverse.wan import WAN

_BY_TYPE: Mapping[str, Operation] = {
    table.path: table
    for table in (
        *(TEXT2VIDEO, IMG2VIDEO, START_END2VIDEO, REFERENCE2VIDEO, EXTEND),
        *(LIP_SYNC, ONE_CLICK_MV),
    )
}
_BY_MODEL: Mapping[str, Operation] = {
    model: table for table in (*WAN, *KLING, *HAILUO, SEEDANCE, VEO) for model in table.models
}
_MODELS = (*(model for table in _BY_TYPE.values() for model in table.models), *_BY_MODEL)


def operation_of(body: Fields) -> Operation:
    """The operation that a body asks for by its model or `vidu_type`; raises ApiError."""
    model = body.text("model")
    given, parameters = body.object("input"), body.object("parameters")
    if model in _BY_MODEL:
        return _BY_MODEL[model]
    if parameters.values.get("vidu_type") is None:
        body.choice("model", _MODELS)
    found = _BY_TYPE[parameters.choice("vidu_type", list(_BY_TYPE))]
    if found is not REFERENCE2VIDEO:
        return found
    # One type with two bodies; the page calls the one with images the old interface.
    bodies = {"images": REFERENCE2VIDEO, "subjects": REFERENCE2VIDEO_SUBJECTS}
    present = [name for name in bodies if given.values.get(name) is not None]
    if not present:
        raise lacking("input.subjects or input.images")
    if len(present) > 1:
        raise invalid("input.subjects and input.images: only one of them is allowed")
    return bodies[present[0]]
