"""The records that travel through the program, and pure functions over them.

A manifest becomes drafts (expanded, unchecked), drafts become jobs (checked, with seed and
fingerprint), jobs a plan, the plan's entries outcomes. Providers speak in requests and replies.
"""

from __future__ import annotations

from runner.model.events import Event, Observer, Step
from runner.model.jobs import (
    JOB_KEYS,
    MOST_JOBS,
    DocumentLocator,
    Draft,
    DraftLocator,
    Job,
    Media,
    Row,
)
from runner.model.operations import UNITS, Amount, MediaLimits, Operation, Unit, Wire
from runner.model.outcomes import STATES, Outcome, State
from runner.model.plans import Action, Changed, Evidence, Plan, PlanEntry
from runner.model.reasons import Reason, ReasonCode
from runner.model.requests import (
    CANCELLED,
    DECLARED_LOST,
    RESULT_GONE,
    Account,
    Auth,
    Billed,
    ErrorClass,
    Fate,
    JobError,
    Reach,
    Reply,
    Request,
    Submission,
    TaskState,
    TaskStatus,
)
from runner.model.tasks import (
    NO_TASK,
    Attempt,
    AttemptState,
    Intent,
    StoredFile,
    TaskFacts,
)
from runner.model.values import (
    Deferred,
    JobOutput,
    Parameters,
    ValuePath,
    map_leaves,
    references,
    resolve,
    same,
    walk,
)

__all__ = [
    "CANCELLED",
    "DECLARED_LOST",
    "JOB_KEYS",
    "MOST_JOBS",
    "NO_TASK",
    "RESULT_GONE",
    "STATES",
    "UNITS",
    "Account",
    "Action",
    "Amount",
    "Attempt",
    "AttemptState",
    "Auth",
    "Billed",
    "Changed",
    "Deferred",
    "DocumentLocator",
    "Draft",
    "DraftLocator",
    "ErrorClass",
    "Event",
    "Evidence",
    "Fate",
    "Intent",
    "Job",
    "JobError",
    "JobOutput",
    "Media",
    "MediaLimits",
    "Observer",
    "Operation",
    "Outcome",
    "Parameters",
    "Plan",
    "PlanEntry",
    "Reach",
    "Reason",
    "ReasonCode",
    "Reply",
    "Request",
    "Row",
    "State",
    "Step",
    "StoredFile",
    "Submission",
    "TaskFacts",
    "TaskState",
    "TaskStatus",
    "Unit",
    "ValuePath",
    "Wire",
    "map_leaves",
    "references",
    "resolve",
    "same",
    "walk",
]
