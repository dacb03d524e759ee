"""Options: holds the settings of an emulator, and checks that PyAV is there to encode with."""

from __future__ import annotations

import importlib.util
import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from runner.errors import UsageError

if TYPE_CHECKING:
    from aiohttp.typedefs import Middleware

    from runner.emulator.faults.script import Rule

Clock: TypeAlias = Callable[[], int]
"""Nanoseconds since 1970, UTC."""

_PICTURES = frozenset({"vidu/reference2image"})
EXTRA_HINT = 'pip install "vidu-run[media]"'


@dataclass(frozen=True, slots=True, kw_only=True)
class EmulatorOptions:
    """How the emulated provider behaves. All keys belong to one organisation."""

    time_scale: float = 1.0
    """Factor on the duration of tasks; at 0 they are done at once."""
    concurrency: int = 5
    """Tasks that each of the two APIs works on at a time."""
    over_limit: Literal["queue", "refuse"] = "queue"
    """What becomes of a submission above `concurrency`: it waits in order, or gets 429."""
    list_fields: Literal["documented", "all"] = "documented"
    """The fields of the list's rows: `all` adds those of a query for one task, such as payload."""
    credits: int = 100_000
    """Vidu credits on the account before the first task of the state folder."""
    keys: frozenset[str] | None = field(default=None, repr=False)
    """The accepted keys; None accepts any that is not empty."""
    state_dir: Path | None = None
    """Folder in which tasks outlive the process; None for one that is removed at the end."""
    url_lifetime_s: float = 86_400.0
    """How long the URL of a result is valid; `time_scale` does not apply."""
    now_ns: Clock = time.time_ns
    middlewares: tuple[Middleware, ...] = ()
    """aiohttp middlewares inside the request log and the error format, around everything else, for
    faults that no script can describe. `requests.context_of` gives them the submission."""
    faults: tuple[Rule, ...] = field(default=(), repr=False)
    """What goes wrong, in the order of the script: see docs/emulator.md."""

    def __post_init__(self) -> None:
        """Raise UsageError for values that are out of range."""
        # NaN passes every comparison, and infinity is a task that never ends.
        if not (math.isfinite(self.time_scale) and self.time_scale >= 0):
            raise UsageError(f"time scale must be 0 or more, not {self.time_scale}")
        if self.concurrency < 1:
            raise UsageError(
                f"the emulator's concurrency must be 1 or more, not {self.concurrency}"
            )
        if not (math.isfinite(self.url_lifetime_s) and self.url_lifetime_s >= 0):
            raise UsageError(f"the lifetime of URLs must be 0 s or more, not {self.url_lifetime_s}")


def can_encode() -> bool:
    """Whether PyAV, which encodes videos, is installed."""
    return importlib.util.find_spec("av") is not None


def missing_extra(operations: Iterable[str]) -> str | None:
    """Why these operations (`<provider>/<operation>`) cannot be emulated; None when they can."""
    # Nearly all make videos or sounds, and PyAV, which encodes them, is an extra.
    encoded = sorted(set(operations) - _PICTURES)
    if not encoded or can_encode():
        return None
    return f"emulating {', '.join(encoded)} needs PyAV to encode videos and sounds: {EXTRA_HINT}"
