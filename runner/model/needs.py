"""Order among jobs that need each other's results: cycles, and the lengths of chains."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from graphlib import TopologicalSorter


def cycles(needs: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Every cycle once, from its member that comes first in `needs` (job id to the ids it needs).

    A cycle ends with the id it starts with; each id needs the next one.
    """
    # `TopologicalSorter` reports only the first cycle. Not recursive: chains may be longer than
    # the interpreter's stack.
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
                members = list(path)
                found.append([*members[members.index(following) :], following])
            elif following in needs and following not in done:
                path[following] = None
                pending.append(iter(needs[following]))
    return found


def in_order(needs: Mapping[str, Sequence[str]]) -> Iterable[str]:
    """The jobs in `needs` and those they need, each after all that it needs.

    Raises graphlib.CycleError.
    """
    return TopologicalSorter(needs).static_order()


def chain_lengths(
    needs: Mapping[str, Sequence[str]], own_length: Callable[[str], float]
) -> dict[str, float]:
    """Job id to the length of the longest chain of jobs that ends with it, its own included.

    The keys are the jobs in `needs` and those they need. Raises graphlib.CycleError.
    """
    # In an order in which each job comes after those it needs, every length is known when used.
    lengths: dict[str, float] = {}
    for job in in_order(needs):
        longest = max((lengths[need] for need in needs.get(job, ())), default=0.0)
        lengths[job] = own_length(job) + longest
    return lengths
