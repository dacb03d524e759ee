"""The providers there are: one module an API, each listed here by its name."""

from __future__ import annotations

from collections.abc import Mapping

from runner.providers import modelverse, vidu, vidu_account
from runner.providers.base import Provider
from runner.providers.lists import Lister

PROVIDERS: Mapping[str, Provider] = {vidu.NAME: vidu, modelverse.NAME: modelverse}

LISTERS: Mapping[str, Lister] = {vidu.NAME: vidu_account}
"""The providers that can tell of many tasks at once: those with `LIST_STATUS`."""
