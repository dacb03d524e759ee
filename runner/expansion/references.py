"""`${{ jobs.ID.output }}` in, a stand-in for another job's result, and later the result, out."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias, overload

from runner.model import Deferred, JobOutput

Path: TypeAlias = tuple[str | int, ...]

ATTRIBUTES = ("output", "outputs", "url", "seed")
_MOST_OUTPUTS = 100


class JobResults(Mapping[str, "JobResult"]):
    """The name `jobs` in expressions.

    Any id is good here: which ids there are is known only when every job is expanded.
    """

    def __getitem__(self, job: str) -> JobResult:
        if not isinstance(job, str):
            raise KeyError(job)
        return JobResult(unicodedata.normalize("NFC", job))

    def __contains__(self, job: object) -> bool:
        return isinstance(job, str)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


class JobResult(Mapping[str, "Deferred | Outputs"]):
    """One job's result to come: `output`, `outputs[n]`, `url`, `seed`."""

    def __init__(self, job: str):
        self._job = job

    def __getitem__(self, attribute: str) -> Deferred | Outputs:
        match attribute:
            case "output" | "url" | "seed":
                return Deferred(parts=(JobOutput(job=self._job, attribute=attribute),))
            case "outputs":
                return Outputs(self._job)
            case _:
                raise KeyError(attribute)

    def __iter__(self) -> Iterator[str]:
        return iter(ATTRIBUTES)

    def __len__(self) -> int:
        return len(ATTRIBUTES)


class Outputs(Sequence[Deferred]):
    """The files a job will make; how many is not known before."""

    def __init__(self, job: str):
        self._job = job

    @overload
    def __getitem__(self, index: int) -> Deferred: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Deferred]: ...
    def __getitem__(self, index: int | slice) -> Deferred | Sequence[Deferred]:
        if not isinstance(index, int) or not 0 <= index < _MOST_OUTPUTS:
            raise IndexError(index)
        return Deferred(parts=(JobOutput(job=self._job, attribute="output", index=index),))

    def __len__(self) -> int:
        return _MOST_OUTPUTS


def references(value: Any, path: Path = ()) -> Iterator[tuple[Path, JobOutput]]:
    """Every reference inside a value with the path to it, in order of appearance."""
    if isinstance(value, Deferred):
        yield from ((path, part) for part in value.parts if isinstance(part, JobOutput))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from references(item, (*path, key))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from references(item, (*path, index))


def resolve(value: Any, outputs: Callable[[JobOutput], Any]) -> Any:
    """`value` with `outputs` asked for every reference inside: parameters, an image, anything.

    A reference alone becomes what `outputs` answers, one within text the text of that.
    """
    if isinstance(value, Deferred):
        return _resolved(value, outputs)
    if isinstance(value, dict):
        return {key: resolve(item, outputs) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [resolve(item, outputs) for item in value]
    return value


def _resolved(value: Deferred, outputs: Callable[[JobOutput], Any]) -> Any:
    known = [part if isinstance(part, str) else outputs(part) for part in value.parts]
    return known[0] if len(known) == 1 else "".join(map(str, known))


def cycles(needs: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Every ring of jobs that wait for each other, once, from the job that comes first in `needs`.

    A ring ends with the id it starts with. Iterative: chains may be longer than the stack.
    """
    found: list[list[str]] = []
    done: set[str] = set()
    for start in needs:
        path = {} if start in done else {start: None}
        pending = [iter(needs[job]) for job in path]
        while pending:
            following = next(pending[-1], None)
            if following is None:
                pending.pop()
                done.add(path.popitem()[0])
            elif following in path:
                ring = list(path)
                found.append([*ring[ring.index(following) :], following])
            elif following in needs and following not in done:
                path[following] = None
                pending.append(iter(needs[following]))
    return found
