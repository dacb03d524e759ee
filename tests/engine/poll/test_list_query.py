"""Batches of ids in one request."""

from __future__ import annotations

from runner.engine.poll.list_query import MAX_CHARS, batches

MOST = 100


def test_ids_are_split_into_pages() -> None:
    ids = [f"t{n}" for n in range(2 * MOST + 1)]
    assert [len(batch) for batch in batches(ids, MOST)] == [MOST, MOST, 1]


def test_long_ids_make_smaller_batches() -> None:
    found = list(batches(["x" * 500] * 50, MOST))
    assert sum(map(len, found)) == 50
    assert all(sum(map(len, batch)) <= MAX_CHARS for batch in found)


def test_an_id_longer_than_any_address_is_alone_in_its_batch() -> None:
    assert list(batches(["a", "x" * 9000, "b"], MOST)) == [["a"], ["x" * 9000], ["b"]]


def test_no_ids_make_no_batch() -> None:
    assert list(batches([], MOST)) == []
