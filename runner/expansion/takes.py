"""What `takes: N` means: how many jobs, and the explicit seed of each."""

from __future__ import annotations

from typing import Any

from runner.expansion.filling import Fault, Scope, filled, is_open
from runner.expansion.limits import MOST_JOBS
from runner.model import Deferred, Parameters


def number_of_takes(written: Any, scope: Scope, faults: list[Fault]) -> int | None:
    """How many takes are asked for; None where none are, and where the number is wrong."""
    if written is None:
        return None
    before = len(faults)
    takes = filled(written, scope, faults, ("takes",))
    if len(faults) > before or takes is None:
        return None
    if _is_whole(takes) and 1 <= takes <= MOST_JOBS:
        return int(takes)
    message: str | None = f"takes must be a whole number from 1 to {MOST_JOBS:,}"
    if not is_open(written) and not (_is_whole(takes) and takes > MOST_JOBS):
        message = None  # told by validation
    hint = "${{ ... | int }} makes a number of text" if isinstance(takes, str) else None
    faults.append(Fault(path=("takes",), text="", message=message, hint=hint))
    return None


def _is_whole(value: Any) -> bool:
    """Whether a value is an integer in JSON's sense: 2.0 is one, true is none."""
    if isinstance(value, float):
        return value.is_integer()
    return isinstance(value, int) and not isinstance(value, bool)


def parameters_of_take(
    parameters: Parameters, seed_name: str | None, take: int, faults: list[Fault]
) -> Parameters:
    """The parameters of a later take: an explicit seed `s` becomes `s + take - 1`.

    Seed 0, the provider's own draw, stays 0; an absent one is drawn for each take when the job
    is sealed.
    """
    if seed_name is None or seed_name not in parameters:
        return parameters
    seed = parameters[seed_name]
    if isinstance(seed, Deferred):
        message = "takes cannot count on from another job's seed"
        hint = "leave the seed out, or give each job its own"
        faults.append(Fault(path=(seed_name,), text="", message=message, hint=hint))
    elif isinstance(seed, int | float) and not isinstance(seed, bool) and seed != 0:
        return {**parameters, seed_name: seed + take - 1}
    return parameters
