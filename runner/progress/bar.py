"""A tqdm bar that leaves room behind it for what a terminal shows of Ctrl-C."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any, NoReturn

from tqdm import tqdm

ROOM = len("^C")


if TYPE_CHECKING:
    _Bar = tqdm[NoReturn]
else:
    _Bar = tqdm  # generic for type checkers only


class NarrowBar(_Bar):
    """As wide as the terminal but for that room.

    In a bar of full width `^C` goes on to the next line: whatever takes that line away leaves
    the bar itself on the screen, and the next one is drawn below it.
    """

    @property
    def format_dict(self) -> MutableMapping[str, Any]:
        """What tqdm makes the bar from."""
        known: MutableMapping[str, Any] = super().format_dict
        if known.get("ncols"):  # what is disabled or no terminal has none
            known["ncols"] = max(1, known["ncols"] - ROOM)
        return known
