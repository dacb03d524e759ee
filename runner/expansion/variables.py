"""The manifest's `vars` and `env` in, the names that expressions may use out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from runner.errors import looks_secret
from runner.expansion.interpolate import (
    AlreadyReportedError,
    EvaluationError,
    has_expression,
    interpolate,
)
from runner.expressions import AbsentError


class Variables(Mapping[str, Any]):
    """`vars`, each evaluated when it is first asked for, whatever the order they stand in.

    A variable that is broken, or that needs itself, is told once in `faults` (paths from the root
    of the manifest); asking for it raises `AlreadyToldError`.
    """

    def __init__(self, written: Mapping[str, Any], environment: Mapping[str, str]):
        self._written = written
        self._environment = environment
        self._known = {name: value for name, value in written.items() if not has_expression(value)}
        self._broken: set[str] = set()
        self._asked: list[str] = []
        self.faults: list[EvaluationError] = []
        for name in written:
            self._settle(name)

    def __getitem__(self, name: str) -> Any:
        if name not in self._written:
            raise KeyError(name)
        if name in self._asked:
            self._tell_ring(name)
        self._settle(name)
        if name in self._broken:
            raise AlreadyReportedError(name)
        return self._known[name]

    def __contains__(self, name: object) -> bool:
        return name in self._written

    def __iter__(self) -> Iterator[str]:
        return iter(self._written)

    def __len__(self) -> int:
        return len(self._written)

    def plain(self) -> Mapping[str, Any]:
        """The variables as a plain mapping, which is faster, where none is broken."""
        return self if self._broken else self._known

    def _settle(self, name: str) -> None:
        if name in self._known or name in self._broken:
            return
        self._asked.append(name)
        faults: list[EvaluationError] = []
        scope = {"vars": self, "env": self._environment}
        value = interpolate(self._written[name], scope, faults, ("vars", name))
        self._asked.pop()
        if faults or name in self._broken:
            self._broken.add(name)
            self.faults += faults
        else:
            self._known[name] = value

    def _tell_ring(self, name: str) -> None:
        ring = [*self._asked[self._asked.index(name) :], name]
        if not self._broken.issuperset(ring):
            self._broken.update(ring)
            message = f"variables need each other in a circle: {' -> '.join(ring)}"
            self.faults.append(EvaluationError(path=("vars", name), text="", message=message))


class Environment(dict[str, str]):
    """The variables that are listed and set; of `unset`, those that are not, it says so."""

    def __init__(self, known: Mapping[str, str], unset: AbstractSet[str]):
        super().__init__(known)
        self._unset = unset

    def __missing__(self, name: str) -> str:
        """Raises AbsentError with the reason for a name that the manifest lists."""
        if name not in self._unset:
            raise KeyError(name)
        hint = f'set it, or write ${{{{ env.{name} | default("...") }}}}'
        raise AbsentError(f"the environment has no {name}", hint)


def environment(document: Mapping[str, Any], env: Mapping[str, str]) -> Environment:
    """The environment variables that the manifest lists under `env`.

    A key is never among them, so that no prompt can carry one away.
    """
    names = document.get("env")
    listed = [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
    providers = document.get("providers")
    blocks = providers.values() if isinstance(providers, dict) else ()
    keys = [block.get("api_key_env") for block in blocks if isinstance(block, dict)]
    shown = [n for n in listed if n not in keys and not looks_secret(n)]
    return Environment(
        {name: env[name] for name in shown if name in env and _is_text(env[name])},
        {name for name in shown if name not in env},
    )


def _is_text(value: str) -> bool:
    """False for bytes that are no UTF-8, which Python hands on as lone surrogates."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
