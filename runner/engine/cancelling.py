"""A task that waits in; called off and on record as such out, or why it could not be."""

from __future__ import annotations

from runner.engine import redaction
from runner.engine.asking import ask
from runner.engine.context import Context, Flight
from runner.ledger import Finish
from runner.model import CANCELLED, AttemptState, Billed, ErrorClass, JobError, TaskState
from runner.providers.lists import Lister

_CANCELLED = JobError(
    code=CANCELLED,
    message="cancelled by the user",
    class_=ErrorClass.TRANSIENT,
    billed=Billed.NO,
)


async def cancel(context: Context, flight: Flight, api: Lister) -> str | None:
    """Have a task not made: None when it is cancelled and on record, otherwise why it is not.

    Only what still waits can be cancelled, says the vendor's public documentation; that is not
    billed. Where the answer leaves a doubt the task itself is asked for. Raises LedgerError.
    """
    assert flight.task_id is not None
    rate = context.rates[flight.operation.provider]
    await rate.acquire()
    request = api.cancel(context.account(flight.operation), flight.task_id)
    said = api.read_cancel(await context.http.send(request, submission=False))
    rate.note(throttled=said.throttled)
    if said.trouble and not await _is_cancelled(context, flight):
        return redaction.of_text(said.trouble, context.settings.secrets)
    await _record(context, flight)
    return None


async def _is_cancelled(context: Context, flight: Flight) -> bool:
    assert flight.task_id is not None
    status = await ask(context, flight.operation, flight.task_id)
    cancelled = status.error is not None and status.error.code == CANCELLED
    return status.state is TaskState.FAILED and cancelled


async def _record(context: Context, flight: Flight) -> None:
    """That it came to nothing and cost nothing; a run that noticed it first has said the same."""
    assert flight.number is not None
    finish = Finish(
        number=flight.number,
        state=AttemptState.FAILED,
        finished_at=context.stamp(),
        credits=None if flight.credits is None else 0,
        error=_CANCELLED,
    )
    await context.records.durable(finish)
