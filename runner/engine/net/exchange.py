"""Exchanges: what the HTTP client reports of each request, once it has its answer or its error."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from runner.model.requests import Reply, Request


class Purpose(enum.Enum):
    """What a request was for."""

    SUBMISSION = "submission"
    QUERY = "query"
    """Any other request to a provider."""
    FILE = "file"
    """A result, at whatever host has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request and what came of it."""

    purpose: Purpose
    request: Request
    """With its key: see `repr`, and what may be shown of it in `engine.monitor`."""
    reply: Reply
    """Without a body for `Purpose.FILE`."""
    seconds: float
    """From the request to the end of the answer; for a file, to the beginning."""


Report: TypeAlias = Callable[[Exchange], None]
