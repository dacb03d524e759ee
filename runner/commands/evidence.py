"""Rows of an earlier results manifest and the ledger in; what is evidence for this run out.

Results never cross the loopback border: a rehearsal must not pass for the real thing. A row has
no address, but its URLs do, and so has what the ledger knows of its submission. Where neither
tells, the row counts on both sides: what may have been paid for must not be paid for again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from runner.ledger import Ledger, Realm, realm_of
from runner.model import Attempt, AttemptState, Evidence
from runner.providers.registry import PROVIDERS
from runner.results import EarlierResults

_UNDECIDED = (AttemptState.INTENT, AttemptState.AMBIGUOUS)


def evidence_of(
    earlier: EarlierResults,
    realms: Mapping[Realm, Sequence[str]],
    attempts: Mapping[str, Attempt],
    ledger: Ledger,
) -> dict[str, Evidence]:
    """Fingerprint to its surest row, of what the ledger has no attempt of on its side.

    `realms`: the fingerprints on each side of the border; `attempts` by fingerprint. Raises
    LedgerError.
    """
    found: dict[str, Evidence] = {}
    for realm, fingerprints in realms.items():
        wanted = set(fingerprints).difference(attempts)
        proofs = [
            proof
            for proof in earlier.evidence
            if proof.fingerprint in wanted and _may_be_of(proof, realm)
        ]
        across = set(_known_across(proofs, realm, ledger)) if proofs else ()
        for proof in proofs:
            if (proof.fingerprint, proof.task.id) not in across:
                found.setdefault(proof.fingerprint, proof)
    return found


def _may_be_of(proof: Evidence, realm: Realm) -> bool:
    return not proof.task.urls or realm_of(proof.task.urls[0]) == realm


def _known_across(
    proofs: Sequence[Evidence], realm: Realm, ledger: Ledger
) -> Iterator[tuple[str, str | None]]:
    """Fingerprint and task of what the ledger has on the other side of the border.

    Without a task it is a submission whose fate is unknown.
    """
    tasks = [proof.task.id for proof in proofs if proof.task.id]
    for provider in PROVIDERS if tasks else ():
        for attempt in ledger.attempts_of_tasks(provider, tasks):
            if realm_of(attempt.intent.base_url) != realm and _made(attempt):
                yield attempt.intent.fingerprint, attempt.task.id
    undecided = [proof.fingerprint for proof in proofs if not proof.task.id]
    other: Realm = "remote" if realm == "loopback" else "loopback"
    for fingerprint, attempt in ledger.latest(undecided, other).items() if undecided else ():
        if attempt.state in _UNDECIDED:
            yield fingerprint, None


def _made(attempt: Attempt) -> bool:
    """Whether the ledger had the task made there, rather than only asked after it there.

    What it learned from a results manifest is written down as submitted when it was intended.
    """
    return attempt.task.submitted_at != attempt.intent.at
