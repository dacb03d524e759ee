"""What `takes: N` means: how many jobs, and the explicit seed of each."""

from __future__ import annotations

from typing import Any

from runner.expansion.filling import Fault, Scope, filled
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
    if isinstance(takes, int) and not isinstance(takes, bool) and 1 <= takes <= MOST_JOBS:
        return takes
    hint = "${{ ... | int }} makes a number of text" if isinstance(takes, str) else None
    message = "takes must be a whole number, 1 or more"
    faults.append(Fault(path=("takes",), text="", message=message, hint=hint))
    return None


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
