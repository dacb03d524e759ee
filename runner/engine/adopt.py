"""What only an earlier results manifest knows goes into the ledger, as if it had been there."""

from __future__ import annotations

from runner.engine.context import Context, JobRun
from runner.engine.download.collect import kept, on_record
from runner.engine.submit.prepare import adoption
from runner.ledger import Intend, OverBudget, Store


async def adopt(context: Context, job_run: JobRun) -> None:
    """Take a task into the ledger that only a results manifest knows; what was done stays done.

    If the ledger has learnt of the request since the plan was made, what it knows counts.
    """
    intend = Intend(run=context.run, intent=adoption(context, job_run), task_id=job_run.task.id)
    result = await context.ledger.commit(intend)
    assert not isinstance(result, OverBudget)  # no headroom is asked for
    if not isinstance(result, int):
        job_run.take_over(result.attempt)
        return
    job_run.number = result
    if job_run.known:
        await on_record(context, job_run)
        await _remember_files(context, job_run)


async def _remember_files(context: Context, job_run: JobRun) -> None:
    """Which files they were: one that comes back to its place is known by its digest."""
    assert job_run.number is not None
    if job_run.entry.evidence is not None and job_run.entry.evidence.files:
        files = kept(context, job_run.entry.evidence.files)
        await context.ledger.commit(Store(number=job_run.number, files=files))
