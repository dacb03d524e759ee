"""The providers there are: one module an API, each listed here by its name."""

from __future__ import annotations

from collections.abc import Mapping

from runner.model import Attempt, AttemptState, Fate
from runner.providers import modelverse, vidu, vidu_tasks
from runner.providers.base import Provider, TaskListApi

PROVIDERS: Mapping[str, Provider] = {vidu.NAME: vidu, modelverse.NAME: modelverse}

LISTERS: Mapping[str, TaskListApi] = {vidu.NAME: vidu_tasks}
"""The providers that can tell of many tasks at once, and cancel one."""


def put_off(attempt: Attempt) -> bool:
    """Whether a submission was refused for the moment only, so that it is made again unasked."""
    provider = PROVIDERS.get(attempt.intent.provider)
    if attempt.state is not AttemptState.REFUSED or attempt.error is None or provider is None:
        return False
    known = provider.CODES.get(attempt.error.code)
    return known is not None and known.fate is Fate.BUSY
