"""Every fault there is: which requests it can hit, and what it takes besides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from runner.emulator.faults.checks import (
    Check,
    flag,
    mapping,
    names,
    not_zero,
    number,
    one_of,
    retry_after,
    text,
    whole,
)
from runner.emulator.faults.records import FILES, KINDS, LIST, STATUSES, SUBMITS

_APIS = tuple(kind for kind in KINDS if kind != FILES)
_GIB = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One value a fault takes."""

    check: Check
    default: Any = None
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One kind of fault."""

    kinds: Sequence[str] = KINDS
    """The requests it makes sense for."""
    keys: Mapping[str, Key] = field(default_factory=dict)


_WHEN = one_of("before", "after")
_STATUS = whole(200, 599)

FAULTS: Mapping[str, Fault] = {
    # the connection
    "cut_before": Fault(keys={"body": Key(check=flag, default=True)}),
    "cut_after": Fault(),
    "outage": Fault(
        keys={"status": Key(check=_STATUS, default=503), "cut": Key(check=flag, default=False)}
    ),
    "not_http": Fault(),
    # the answer
    "error": Fault(
        keys={
            "status": Key(check=_STATUS),
            "reason": Key(check=text),
            "message": Key(check=text),
            "retry_after": Key(check=retry_after),
            "when": Key(check=_WHEN, default="before"),
            "undocumented": Key(check=flag, default=False),
        }
    ),
    "redirect": Fault(
        keys={"status": Key(check=whole(300, 399), default=302), "location": Key(check=text)}
    ),
    "slow": Fault(
        keys={
            "delay_s": Key(check=number(), required=True),
            "when": Key(check=_WHEN, default="after"),
        }
    ),
    "drip": Fault(
        keys={
            "pause_s": Key(check=number(), default=0.05),
            "bytes": Key(check=whole(1), default=1),
        }
    ),
    "truncate": Fault(keys={"bytes": Key(check=whole(0))}),
    "not_json": Fault(
        kinds=_APIS,
        keys={"status": Key(check=_STATUS, default=200), "text": Key(check=text)},
    ),
    "empty": Fault(keys={"status": Key(check=_STATUS, default=200)}),
    "huge": Fault(keys={"bytes": Key(check=whole(1), default=_GIB)}),
    "drop": Fault(kinds=_APIS, keys={"fields": Key(check=names, required=True)}),
    "set": Fault(kinds=_APIS, keys={"fields": Key(check=mapping, required=True)}),
    # tasks and what is told of them
    "state": Fault(kinds=(*STATUSES, LIST), keys={"state": Key(check=text, required=True)}),
    "goes_back": Fault(
        kinds=(*STATUSES, LIST), keys={"state": Key(check=text, default="processing")}
    ),
    "not_found": Fault(kinds=(*STATUSES, "vidu.cancel")),
    "fail_task": Fault(
        kinds=SUBMITS,
        keys={
            "err_code": Key(check=text, default="InternalServiceFailure"),
            "refunded": Key(check=flag, default=True),
            "undocumented": Key(check=flag, default=False),
        },
    ),
    "stuck_task": Fault(
        kinds=SUBMITS,
        keys={
            "state": Key(check=one_of("created", "queueing", "processing"), default="processing")
        },
    ),
    # lists
    "no_list": Fault(kinds=(LIST,)),
    "empty_list": Fault(kinds=(LIST,)),
    "stale_list": Fault(kinds=(LIST,), keys={"lag_s": Key(check=number(), required=True)}),
    # files
    "expired": Fault(kinds=(FILES,)),
    "wrong_type": Fault(
        kinds=(FILES,),
        keys={"type": Key(check=one_of("html", "png", "mp4", "zeros"), default="html")},
    ),
    "wrong_length": Fault(kinds=(FILES,), keys={"by": Key(check=not_zero, required=True)}),
    "shorten": Fault(kinds=(FILES,), keys={"bytes": Key(check=whole(0))}),
}
