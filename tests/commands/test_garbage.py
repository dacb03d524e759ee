from __future__ import annotations

import gc

import pytest

from runner.commands.load import uncollected


def test_the_collector_is_still_inside_and_back_afterwards() -> None:
    with uncollected():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_the_collector_is_back_after_an_error() -> None:
    with pytest.raises(KeyboardInterrupt), uncollected():
        raise KeyboardInterrupt
    assert gc.isenabled()


def test_a_block_within_another_does_not_wake_the_collector() -> None:
    with uncollected():
        with uncollected():
            pass
        assert not gc.isenabled()


def test_what_was_made_is_not_looked_at_again() -> None:
    before = gc.get_freeze_count()
    with uncollected():
        made = [[n] for n in range(1000)]
    assert gc.get_freeze_count() - before >= len(made)
