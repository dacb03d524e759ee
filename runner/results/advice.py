"""Advice: what to do about a failed job, by the error in its row."""

from __future__ import annotations

from collections.abc import Mapping

from runner.model.requests import RESULT_GONE, Billed, ErrorClass

ADVICE: Mapping[ErrorClass, str] = {
    ErrorClass.INPUT: "change the request: the provider would refuse it again",
    ErrorClass.POLICY: "moderation refused it: change the prompt or the images",
    ErrorClass.QUOTA: "top up the account or wait, then run again",
    ErrorClass.AUTH: "check the key, then run again",
    ErrorClass.PROVIDER: "run again to retry",
    ErrorClass.TRANSIENT: "run again to retry",
}
"""About failures that were not billed."""

MAY_PAY_AGAIN = "a further run does not retry it; with --retry-failed it does, and may pay again"


def failure_advice(code: str, class_: str, billed: str) -> str | None:
    """What to do about a failure; None for a class that this version does not know."""
    if code == RESULT_GONE:
        return "run `vidu-run fetch`, which costs nothing, or pay for it again with --force"
    if billed != Billed.NO:
        return MAY_PAY_AGAIN
    return ADVICE[ErrorClass(class_)] if class_ in set(ErrorClass) else None
