from __future__ import annotations

import gc

import pytest

from runner.commands.load import uncollected


def test_garbage_collection_is_off_inside_and_on_afterwards() -> None:
    with uncollected():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_garbage_collection_is_on_after_an_error() -> None:
    with pytest.raises(KeyboardInterrupt), uncollected():
        raise KeyboardInterrupt
    assert gc.isenabled()


def test_a_nested_block_leaves_garbage_collection_off() -> None:
    with uncollected():
        with uncollected():
            pass
        assert not gc.isenabled()


def test_objects_of_the_block_are_never_collected() -> None:
    before = gc.get_freeze_count()
    with uncollected():
        made = [[n] for n in range(1000)]
    assert gc.get_freeze_count() - before >= len(made)
