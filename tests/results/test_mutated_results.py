"""Results manifests broken at random: the damage is seen, or nothing that was paid for is lost.

What is tried is drawn from seeds, see `tests/mutation.py`.
"""

from __future__ import annotations

import json
import random
from itertools import islice
from pathlib import Path

import pytest

from runner.model.plans import Evidence
from runner.results.evidence import EarlierResults, read_results
from runner.results.rows import Header
from runner.results.write import write_results
from tests.mutation import ROUNDS, as_json, mutated, seeds
from tests.results.conftest import write_all

SHARE = 15
"""Reading a manifest takes so much longer than reading a reply."""

SNIPPETS = (
    *(b"null", b"true", b"[]", b"{}", b'""', b"-1", b"1e999", b"9" * 40, b"*a", b"&a x", b"!!b x"),
    *(b"\0", b"\xff", b"\n", b"  ", b"'", b'"', b"|\n", b"# ", b"...\n", b"---\n", b"\xe2\x80\xa8"),
    *(b"succeeded", b"failed", b"pending", b"\\ud800", b'{"id": 1}', b"[" * 200, b"2026-01-01"),
)


def proofs(earlier: EarlierResults) -> set[tuple[str, ...]]:
    """What decides whether a job is submitted again."""

    def key(proof: Evidence) -> tuple[str, ...]:
        return (proof.job, proof.fingerprint, proof.state, proof.task.id or "")

    return set(map(key, earlier.evidence))


def broken(content: bytes, rng: random.Random) -> bytes:
    """The content with something lost, doubled, moved or changed at random."""
    lines = content.splitlines(keepends=True)
    at, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    byte = rng.randrange(len(content))
    match rng.randrange(7):
        case 0:
            return content[:byte] + bytes([rng.randrange(256)]) + content[byte + 1 :]
        case 1:
            return content[:byte] + content[byte + rng.randrange(1, 60) :]
        case 2:
            return b"".join([*lines[:at], *lines[at + rng.randrange(1, 30) :]])
        case 3:
            return b"".join([*lines[:at], lines[other], *lines[at:]])
        case 4:
            lines[at], lines[other] = lines[other], lines[at]
            return b"".join(lines)
        case 5:
            return content[:byte] + rng.choice(SNIPPETS) + content[byte:]
        case _:
            key, colon, _ = lines[at].partition(b":")
            lines[at] = key + colon + b" " + rng.choice(SNIPPETS) + b"\n"
            return b"".join(lines)


@pytest.mark.parametrize("name", ["r.yaml", "r.json"])
def test_damage_at_random_is_seen_or_loses_no_proof(
    tmp_path: Path, header: Header, name: str
) -> None:
    path = tmp_path / name
    write_all(path, header)
    before, content = proofs(read_results(path)), path.read_bytes()
    for source in islice(seeds(), ROUNDS // SHARE):
        damaged = broken(content, source)
        path.write_bytes(damaged)
        earlier = read_results(path)
        if earlier.diagnostics:
            continue
        # Another valid fingerprint or id looks like another request; never both at once.
        for job, fingerprint, *_ in before - proofs(earlier):
            names = {each["id"] for each in earlier.rows}
            prints = {each["fingerprint"] for each in earlier.rows}
            pruned = len(job) == 1 and len(earlier.rows) < 10  # a whole row of `removed` is gone
            assert pruned or job in names or fingerprint in prints, (source.number, job)


def test_odd_values_are_seen_or_can_be_written_again(tmp_path: Path, header: Header) -> None:
    path = tmp_path / "r.json"
    write_all(path, header)
    value = json.loads(path.read_text("utf-8"))
    for source in islice(seeds(), ROUNDS // SHARE):
        path.write_bytes(as_json(mutated(value, source)))
        earlier = read_results(path)
        write_results(tmp_path / "again.yaml", header, [], earlier.removed(()))
        again = read_results(tmp_path / "again.yaml")
        assert not again.diagnostics, source.number
        assert proofs(again) <= proofs(earlier), source.number
