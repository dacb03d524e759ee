"""Provider registry: what a provider module offers, and the modules by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from runner.model.operations import USUAL_FORM, Operation, ResultForm, Unit
from runner.model.outcomes import STATES, State
from runner.model.requests import (
    Account,
    Fate,
    JobError,
    Reply,
    Request,
    Submission,
    TaskStatus,
    Vendor,
)
from runner.model.tasks import Attempt, AttemptState
from runner.providers import modelverse, vidu, vidu_tasks
from runner.providers.base import AccountLoad, CancelResult, ListFailure, TaskPage, TaskStates
from runner.providers.fates import Codes, ErrorCodeInfo


class Provider(Vendor, Protocol):
    """One API, as a module of pure functions. To add the next one, copy `vidu.py`."""

    CODES: Codes
    """The documented error codes."""
    UNIT: Unit
    """The unit it bills in."""
    REPORTS_PRICE: bool
    """Its answers contain what a task cost."""
    HAS_CREATIONS: bool
    """Its answers contain an id and a cover of each result, except for sounds, which have no
    cover, and for answers that are the result themselves."""

    def read_submission(self, reply: Reply, form: ResultForm = USUAL_FORM) -> Submission:
        """What became of a submission, the POST of `base.submission`."""

    def status(self, account: Account, task_id: str, form: ResultForm = USUAL_FORM) -> Request:
        """The request for the status of one task."""

    def read_status(self, reply: Reply, task_id: str, form: ResultForm = USUAL_FORM) -> TaskStatus:
        """The status of that task; `UNKNOWN` if the answer does not contain it."""

    def read_lookup(self, reply: Reply, form: ResultForm = USUAL_FORM) -> TaskStatus:
        """The status of the task that `base.lookup` found; `UNKNOWN` or `GONE` without one."""

    def probe(self, account: Account) -> Request:
        """A free request that shows whether an outage is over; see `base.is_healthy`."""


class TaskListApi(Protocol):
    """The account-wide part of an API that has one: lists of tasks, cancelling."""

    LIST_MAX: int
    """The most tasks that one request can name."""

    def list_tasks(
        self,
        account: Account,
        *,
        task_ids: Sequence[str] = (),
        since: datetime | None = None,
        page: str | None = None,
    ) -> Request:
        """The request for one page: at most `LIST_MAX` named tasks, or those since a time."""

    def read_list(self, reply: Reply) -> TaskPage | ListFailure:
        """One page with everything the rows contain."""

    def read_states(self, reply: Reply) -> TaskStates | ListFailure:
        """The same page, reduced to which tasks have ended."""

    def load(self, account: Account) -> Request:
        """The request for how much the account works on at a time."""

    def read_load(self, reply: Reply) -> AccountLoad:
        """How much that is."""

    def cancel(self, account: Account, task_id: str) -> Request:
        """The request to cancel a task."""

    def read_cancel(self, reply: Reply) -> CancelResult:
        """Whether the task was cancelled."""


PROVIDERS: Mapping[str, Provider] = {vidu.NAME: vidu, modelverse.NAME: modelverse}

TASK_LISTS: Mapping[str, TaskListApi] = {vidu.NAME: vidu_tasks}
"""The providers with a list of tasks, which can also cancel one."""


def code_info(provider: str, error: JobError) -> ErrorCodeInfo | None:
    """The meaning of an error's code as it is known today; None for an undocumented one."""
    return PROVIDERS[provider].CODES.get(error.code) if provider in PROVIDERS else None


def is_searchable(operation: Operation) -> bool:
    """Whether its provider can be asked for a task whose id is not known."""
    return operation.provider in TASK_LISTS or operation.result.by_tag is not None


def state_of(attempt: Attempt) -> State:
    """Where a job stands by its latest attempt alone."""
    # A submission that was refused for the moment only (too many requests) has not failed.
    code = attempt.error and code_info(attempt.intent.provider, attempt.error)
    if attempt.state is AttemptState.REFUSED and code and code.fate is Fate.BUSY:
        return State.PENDING
    return STATES[attempt.state]
