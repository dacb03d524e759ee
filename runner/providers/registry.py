"""The providers there are: one module an API, each listed here by its name."""

from __future__ import annotations

from collections.abc import Mapping

from runner.providers import modelverse, vidu
from runner.providers.base import Provider

PROVIDERS: Mapping[str, Provider] = {vidu.NAME: vidu, modelverse.NAME: modelverse}
