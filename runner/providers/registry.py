"""The providers there are: one module an API, each listed here by its name."""

from __future__ import annotations

from collections.abc import Mapping

from runner.model import Attempt, AttemptState, Fate
from runner.providers import modelverse, vidu, vidu_account
from runner.providers.base import Provider
from runner.providers.lists import Lister

PROVIDERS: Mapping[str, Provider] = {vidu.NAME: vidu, modelverse.NAME: modelverse}

LISTERS: Mapping[str, Lister] = {vidu.NAME: vidu_account}
"""The providers that can tell of many tasks at once, and cancel one."""


def put_off(attempt: Attempt) -> bool:
    """Whether a submission was refused for the moment only, so that it is made again unasked."""
    provider = PROVIDERS.get(attempt.intent.provider)
    if attempt.state is not AttemptState.REFUSED or attempt.error is None or provider is None:
        return False
    known = provider.CODES.get(attempt.error.code)
    return known is not None and known.fate is Fate.BUSY
