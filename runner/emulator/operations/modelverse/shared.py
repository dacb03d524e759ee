"""What the tables of ModelVerse's operations share: the two objects of a body, and usual fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from runner.emulator.api.images import ImageLimits
from runner.emulator.operations.kinds import Choice, Kind, Whole
from runner.emulator.operations.language import (
    Case,
    Length,
    Operation,
    asked_length,
    asked_prompt,
)
from runner.emulator.operations.rules import Rule, Values, When

MB = 1024 * 1024
RATIO = Choice(among=("16:9", "9:16", "4:3", "3:4", "1:1"), default="16:9")
ANY_SIZE = ImageLimits(least_side=1)
"""128x128 pixels are stated for references only."""
ANY_IMAGE = ImageLimits(least_side=1, ratio=None, most_bytes=None, most_inline_bytes=None)
"""Of pages that state no limit."""


def resolutions(*names: str) -> Choice:
    """Some resolutions, of which 720p is the default."""
    return Choice(among=names, default="720p")


USUAL_RESOLUTIONS = resolutions("540p", "720p", "1080p")


def whole(among: Sequence[int], default: int | None) -> Whole:
    """A whole number: the pages type every one as a number, and none takes text for it."""
    return Whole(among=among, default=default, as_text=False)


def table(  # noqa: PLR0913 - a table has as many parts
    path: str,
    *,
    models: Sequence[str],
    given: Mapping[str, Kind],
    parameters: Mapping[str, Kind],
    variant: str = "",
    cases: Sequence[Case] = (),
    rules: Sequence[Rule] = (),
    no_effect: Mapping[str, Sequence[When]] = MappingProxyType({}),
    fixed: Values = MappingProxyType({}),
    length: Length = asked_length,
    prompt: Callable[[Values], str] = asked_prompt,
    resolution_field: str = "resolution",
    resolutions: Mapping[str, str] = MappingProxyType({}),
    ratio_field: str = "aspect_ratio",
    sound_field: str = "audio",
    is_from_images: bool = False,
) -> Operation:
    """An operation whose fields stand in `input` (`given`) and in `parameters`."""
    return Operation(
        path=path,
        variant=variant,
        api="modelverse",
        makes="video",
        models=models,
        fields={"model": Choice(among=models), **given, **parameters},
        parents=dict.fromkeys(given, "input") | dict.fromkeys(parameters, "parameters"),
        cases=cases,
        rules=rules,
        no_effect=no_effect,
        fixed=fixed,
        length=length,
        prompt=prompt,
        resolution_field=resolution_field,
        resolutions=resolutions,
        ratio_field=ratio_field,
        sound_field=sound_field,
        is_from_images=is_from_images,
    )
