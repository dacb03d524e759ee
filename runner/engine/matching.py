"""A list of tasks and what the ledger knows in; whether a submission's task is in it out.

Nothing here asks anybody. Whether a task is *not* there is `absence`'s to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from runner.engine.quest import (
    ARRIVAL,
    FUZZ,
    LOOK_BACK,
    Adopted,
    Quest,
    Sheet,
    Surroundings,
    Unclear,
    distinct,
    fits,
    is_before,
    sent,
    tag_of,
)
from runner.model import Attempt
from runner.providers.lists import Listed


def found(quest: Quest, sheet: Sheet, ledger: Surroundings) -> Adopted | Unclear | None:
    """The submission's task, or which it may be; None where no row of the list can be it."""
    if quest.tagged:
        mine = [row for row in distinct(sheet) if tag_of(row, sheet) == quest.sent]
        if mine:
            return _by_tag(mine, sheet, ledger)
    rows = candidates(quest, sheet, ledger)
    if not rows:
        return None
    return _unconfirmed(rows) if quest.tagged else _by_looks(quest, rows, sheet, ledger)


def candidates(quest: Quest, sheet: Sheet, ledger: Surroundings) -> list[Listed]:
    """The rows that may be the task for all that is known of them, in the order of their ids."""
    return [
        row
        for row in distinct(sheet)
        if row.status.task_id not in ledger.known
        and tag_of(row, sheet) in {None, quest.sent}
        and fits(row, quest.attempt.intent, quest.operation)
        and not is_before(row, quest.begun - LOOK_BACK, sheet)
    ]


def _by_tag(mine: Sequence[Listed], sheet: Sheet, ledger: Surroundings) -> Adopted | Unclear:
    """The verdict on rows that bear the submission's own tag."""
    ids = _ids(mine)
    if taken := next((ledger.known[name] for name in ids if name in ledger.known), None):
        reason = f'its task {taken.task_id} is on record as that of job "{taken.intent.job}"'
        return Unclear(reason=reason, candidates=ids)
    if len(mine) > 1:
        return Unclear(reason=f"{len(mine)} tasks bear its tag", candidates=ids)
    return _adopted(mine[0], sheet)


def _unconfirmed(rows: Sequence[Listed]) -> Unclear:
    what = "a task was" if len(rows) == 1 else f"{len(rows)} tasks were"
    reason = f"{what} made like it, and the provider does not tell from which submission"
    return Unclear(reason=reason, candidates=_ids(rows), final=False)


def _by_looks(
    quest: Quest, rows: Sequence[Listed], sheet: Sheet, ledger: Surroundings
) -> Adopted | Unclear:
    """The verdict where the user's own text stood in the tag's place."""
    ids = _ids(rows)
    if len(rows) > 1:
        reason = f"{len(rows)} tasks were made like it, and nothing tells them apart"
        return Unclear(reason=reason, candidates=ids)
    (row,) = rows
    if not quest.here:
        reason = "a task was made like it, but at another address or with another key"
        return Unclear(reason=reason, candidates=ids)
    if not _is_in_time(row, quest, sheet) or row.model is None or row.prompt is None:
        reason = "a task was made like it, of which the list does not tell enough to be sure"
        return Unclear(reason=reason, candidates=ids)
    if rivals := [a for a in ledger.undecided if _can_claim(a, quest, row, sheet)]:
        jobs = ", ".join(sorted({f'"{rival.intent.job}"' for rival in rivals}))
        reason = f"a task was made like it that can as well be that of {jobs}"
        return Unclear(reason=reason, candidates=ids, final=False)
    if sheet.trouble or sheet.age_s < quest.settle_s:
        reason = f"there may be more tasks like it: {sheet.trouble or 'the list may lag'}"
        return Unclear(reason=reason, candidates=ids, final=sheet.hopeless)
    return _adopted(row, sheet)


def _is_in_time(row: Listed, quest: Quest, sheet: Sheet) -> bool:
    """Whether a task was surely made while the submission could become one."""
    if row.created_at is None or sheet.skew is None:
        return False
    made = row.created_at - sheet.skew
    return quest.begun - FUZZ <= made <= quest.begun + ARRIVAL + FUZZ


def _can_claim(rival: Attempt, quest: Quest, row: Listed, sheet: Sheet) -> bool:
    """Whether a task can as well be another submission's."""
    return (
        rival.number != quest.attempt.number
        and tag_of(row, sheet) in {None, sent(rival.intent, quest.operation)}
        and fits(row, rival.intent, quest.operation)
        and not is_before(row, datetime.fromisoformat(rival.intent.at) - FUZZ, sheet)
    )


def _adopted(row: Listed, sheet: Sheet) -> Adopted:
    """The task, with what row and answer tell of it."""
    told = [row.status, *filter(None, [sheet.asked.get(row.status.task_id)])]
    return Adopted(
        task_id=row.status.task_id,
        seed=next((status.seed for status in told if status.seed is not None), None),
        credits=next((status.credits for status in told if status.credits is not None), None),
    )


def _ids(rows: Sequence[Listed]) -> tuple[str, ...]:
    return tuple(row.status.task_id for row in rows)
