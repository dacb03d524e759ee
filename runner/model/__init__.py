"""The records that travel through the program, and pure functions over them.

A manifest becomes drafts (expanded, unchecked), drafts become jobs (checked, with seed and
fingerprint), jobs a plan, the plan's entries outcomes. Providers speak in requests and replies.
"""

from runner.model.events import Event, Observer, Step
from runner.model.jobs import Draft, Job, Media
from runner.model.operations import Amount, Operation, Unit
from runner.model.outcomes import Outcome, State
from runner.model.plans import Action, Evidence, Plan, PlanEntry
from runner.model.reasons import Reason, ReasonCode
from runner.model.requests import (
    CANCELLED,
    DECLARED_LOST,
    Account,
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
from runner.model.tasks import NO_TASK, Attempt, AttemptState, Intent, StoredFile, TaskFacts
from runner.model.values import Deferred, JobOutput, ValuePath, map_leaves, references, resolve

__all__ = [
    "CANCELLED",
    "DECLARED_LOST",
    "NO_TASK",
    "Account",
    "Action",
    "Amount",
    "Attempt",
    "AttemptState",
    "Billed",
    "Deferred",
    "Draft",
    "ErrorClass",
    "Event",
    "Evidence",
    "Fate",
    "Intent",
    "Job",
    "JobError",
    "JobOutput",
    "Media",
    "Observer",
    "Operation",
    "Outcome",
    "Plan",
    "PlanEntry",
    "Reach",
    "Reason",
    "ReasonCode",
    "Reply",
    "Request",
    "State",
    "Step",
    "StoredFile",
    "Submission",
    "TaskFacts",
    "TaskState",
    "TaskStatus",
    "Unit",
    "ValuePath",
    "map_leaves",
    "references",
    "resolve",
]
