"""ModelVerse's operations with Vidu's models as tables."""

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

_BY_TYPE: Mapping[str, Operation] = {
    table.path: table
    for table in (
        *(TEXT2VIDEO, IMG2VIDEO, START_END2VIDEO, REFERENCE2VIDEO, EXTEND),
        *(LIP_SYNC, ONE_CLICK_MV),
    )
}


def operation_of(body: Fields) -> Operation:
    """The operation that a body asks for by its `vidu_type`; raises ApiError for an unknown one."""
    given, parameters = body.object("input"), body.object("parameters")
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
