"""Variables: the manifest's `vars` and `env` as the names that expressions may use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from runner.documents.text_errors import SURROGATE
from runner.errors import looks_secret
from runner.expansion.interpolate import (
    AlreadyReportedError,
    EvaluationError,
    has_expression,
    interpolate,
)
from runner.expressions.syntax import AbsentError
from runner.model.values import as_dict, as_list


class Variables(dict[str, Any]):
    """`vars`: each is evaluated when it is first used, so that their order does not matter.

    A variable with an error, or one that refers to itself, is reported once in `errors` (paths
    start at the manifest's root); looking it up raises AlreadyReportedError.
    """

    def __init__(self, written: Mapping[str, Any], environment: Mapping[str, str]):
        super().__init__({k: value for k, value in written.items() if not has_expression(value)})
        self._written = written
        self._environment = environment
        self._broken: set[str] = set()
        self._in_progress: list[str] = []
        self.errors: list[EvaluationError] = []
        for name in written:
            if name not in self and name not in self._broken:
                self._evaluate(name)

    def __missing__(self, name: str) -> Any:
        if name not in self._written:
            raise KeyError(name)
        if name in self._in_progress:
            self._report_cycle(name)
        elif name not in self._broken:
            self._evaluate(name)
        if name in self._broken:
            raise AlreadyReportedError(name)
        return self[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._written)  # for hints: also those without a value

    def plain(self) -> Mapping[str, Any]:
        """The variables as a plain mapping, which is faster, where there are no errors."""
        return self if self._broken else dict(self.items())

    def _evaluate(self, name: str) -> None:
        # Looking up another variable evaluates it first: `_in_progress` is that chain.
        self._in_progress.append(name)
        errors: list[EvaluationError] = []
        scope = {"vars": self, "env": self._environment}
        value = interpolate(self._written[name], scope, errors, ("vars", name))
        self._in_progress.pop()
        if errors or name in self._broken:
            self._broken.add(name)
            self.errors += errors
        else:
            self[name] = value

    def _report_cycle(self, name: str) -> None:
        cycle = [*self._in_progress[self._in_progress.index(name) :], name]
        # One report per cycle, whichever of its variables is used first.
        if not self._broken.issuperset(cycle):
            self._broken.update(cycle)
            message = f"variables need each other in a circle: {' -> '.join(cycle)}"
            self.errors.append(EvaluationError(path=("vars", name), message=message))


class Environment(dict[str, str]):
    """The variables that are listed and set; looking up one in `unset` explains what to do."""

    def __init__(self, values: Mapping[str, str], unset: AbstractSet[str]):
        super().__init__(values)
        self._unset = unset

    def __missing__(self, name: str) -> str:
        """Raises AbsentError with a hint for a name that the manifest lists, else KeyError."""
        if name not in self._unset:
            raise KeyError(name)
        hint = f'set it, or write ${{{{ env.{name} | default("...") }}}}'
        raise AbsentError(f"the environment has no {name}", hint)


def environment(document: Mapping[str, Any], env: Mapping[str, str]) -> Environment:
    """The environment variables that the manifest lists under `env`.

    An API key is never among them, so that no prompt can carry it away (validation reports it).
    """
    blocks = as_dict(document.get("providers")).values()
    keys = [as_dict(block).get("api_key_env") for block in blocks]
    listed = [name for name in as_list(document.get("env")) if isinstance(name, str)]
    visible = [name for name in listed if name not in keys and not looks_secret(name)]
    return Environment(
        # Python represents bytes of the environment that are not UTF-8 so.
        {n: env[n] for n in visible if n in env and not SURROGATE.search(env[n])},
        {n for n in visible if n not in env},
    )
