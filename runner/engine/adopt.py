"""What only an earlier results manifest knows goes into the ledger, as if it had been there."""

from __future__ import annotations

from runner.engine.context import Context, JobRun
from runner.engine.download.collect import kept, on_record
from runner.engine.submit.prepare import adoption
from runner.ledger import Full, Intend, Store


async def adopt(context: Context, flight: JobRun) -> None:
    """Take a task into the ledger that only a results manifest knows; what was done stays done.

    If the ledger has learnt of the request since the plan was made, what it knows counts.
    """
    intend = Intend(run=context.run, intent=adoption(context, flight), task_id=flight.task_id)
    result = await context.records.durable(intend)
    assert not isinstance(result, Full)  # it asks for no room: what is paid for is paid for
    if not isinstance(result, int):
        flight.take_over(result.attempt)
        return
    flight.number = result
    if flight.known:
        await on_record(context, flight)
        await _remember_files(context, flight)


async def _remember_files(context: Context, flight: JobRun) -> None:
    """Which files they were: one that comes back to its place is known by its digest."""
    assert flight.number is not None
    if flight.entry.evidence is not None and flight.entry.evidence.files:
        files = kept(context, flight.entry.evidence.files)
        await context.records.durable(Store(number=flight.number, files=files))
