"""Advice: what to do about a failed job, by the error in its row."""

from __future__ import annotations

from collections.abc import Mapping

from runner.model.requests import (
    IMAGE_CHANGED,
    NO_SUCH_OUTPUT,
    RESULT_GONE,
    UNFIT,
    UNKNOWN_CREATION,
    UNKNOWN_SEED,
    UNKNOWN_TASK,
    Billed,
    ErrorClass,
)

ADVICE: Mapping[ErrorClass, str] = {
    ErrorClass.INPUT: "change the request: the provider would refuse it again",
    ErrorClass.POLICY: "moderation refused it: change the prompt or the images",
    ErrorClass.QUOTA: "top up the account or wait, then run again",
    ErrorClass.AUTH: "check the key, then run again",
    ErrorClass.PROVIDER: "run again to retry",
    ErrorClass.TRANSIENT: "run again to retry",
}
"""About failures that were not billed."""

_CHANGE_EITHER = "nothing was sent: change this job, or the one whose result it uses"
UNSENT_ADVICE: Mapping[str, str] = {
    UNFIT: _CHANGE_EITHER,
    UNKNOWN_TASK: _CHANGE_EITHER,
    UNKNOWN_CREATION: _CHANGE_EITHER,
    NO_SUCH_OUTPUT: _CHANGE_EITHER,
    UNKNOWN_SEED: "nothing was sent: give that job a seed other than 0, or this one its own",
    IMAGE_CHANGED: "nothing was sent: run again to use the file as it is now",
}
"""By code, about failures before anything was sent."""

MAY_PAY_AGAIN = "a further run does not retry it; with --retry-failed it does, and may pay again"


def failure_advice(code: str, class_: str, billed: str) -> str | None:
    """What to do about a failure; None for a class that this version does not know."""
    if code == RESULT_GONE:
        return "run `vidu-run fetch`, which costs nothing, or pay for it again with --force"
    if code in UNSENT_ADVICE:
        return UNSENT_ADVICE[code]
    if billed != Billed.NO:
        return MAY_PAY_AGAIN
    return ADVICE[ErrorClass(class_)] if class_ in set(ErrorClass) else None
