"""The records of a script of faults, and the names of the requests that faults can hit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ROUTES = {
    "POST /ent/v2/reference2image": "vidu.submit",
    "GET /ent/v2/tasks/{id}/creations": "vidu.creations",
    "GET /ent/v2/tasks": "vidu.list",
    "POST /ent/v2/tasks/{id}/cancel": "vidu.cancel",
    "GET /ent/v2/credits": "vidu.credits",
    "POST /v1/tasks/submit": "modelverse.submit",
    "GET /v1/tasks/status": "modelverse.status",
    "GET /files/{owner}/{name}": "files",
    "HEAD /files/{owner}/{name}": "files",
}
"""Method and route to the kind of request, as scripts call it."""

KINDS = tuple(dict.fromkeys(ROUTES.values()))
LIST = "vidu.list"
FILES = "files"
SUBMITS = ("vidu.submit", "modelverse.submit")
STATUSES = ("vidu.creations", "modelverse.status")


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Which tasks a rule means; None stands for any."""

    prompt: str | None = None
    """A part of the prompt, ignoring case."""
    model: str | None = None
    task_id: str | None = None
    state: str | None = None
    """The state the task is really in, by Vidu's name."""
    told: str | None = None
    """A state that an answer has told of the task already, by Vidu's name."""
    younger_s: float | None = None
    """The task was made less than so many seconds ago."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One entry of a script: when it hits, and what it then does."""

    number: int
    """Its place in the script, from 1 on."""
    fault: str
    values: Mapping[str, Any]
    """What the fault needs besides, checked and with its defaults."""
    on: frozenset[str]
    match: Match = field(default_factory=Match)
    nth: frozenset[int] = frozenset()
    """Of the requests that fit, counted from 1; empty for all."""
    every: int = 1
    times: int | None = None
    """How often it hits at most."""
    probability: float = 1.0
    seed: int = 0
    per_task: bool = False
    """Whether `nth`, `every` and `times` are counted for each task by itself."""
    from_s: float = 0.0
    for_s: float | None = None
    since_first: bool = False
    """Whether `from_s` counts from the first request on rather than from the emulator's start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The task that a request is about, or that it asks for."""

    key: str
    """Its id; for a submission, the digest of its body without tags."""
    prompt: str = ""
    model: str = ""
    task_id: str = ""
    state: str = ""
    told: frozenset[str] = frozenset()
    age_s: float | None = None
    """Seconds since it was made; None before that."""

    def fits(self, match: Match) -> bool:
        """Whether the task is one of those that are meant."""
        part = (match.prompt or "").casefold()
        young = match.younger_s is None or (self.age_s is not None and self.age_s < match.younger_s)
        same = (
            (match.model, self.model),
            (match.task_id, self.task_id),
            (match.state, self.state),
        )
        return (
            young
            and part in self.prompt.casefold()
            and (match.told is None or match.told in self.told)
            and all(wanted is None or wanted == found for wanted, found in same)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request as rules see it."""

    kind: str
    subjects: tuple[Subject, ...] = ()
    """One task for most; every row of a list; none for the balance and for what is unknown."""

    @property
    def key(self) -> str:
        """What requests about the same task have in common."""
        alone = len(self.subjects) == 1 and self.kind != LIST
        return self.subjects[0].key if alone else ""
