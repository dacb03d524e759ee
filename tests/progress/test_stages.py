from __future__ import annotations

import io

import pytest

from runner.progress.stages import ITEMS_PER_UPDATE, Stages, stages


class Terminal(io.StringIO):
    """A stream that claims to be a terminal."""

    def isatty(self) -> bool:
        return True


class Clock:
    """Time that the test sets."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_no_bar_is_drawn_within_the_first_second(clock: Clock) -> None:
    out = Terminal()
    stage = Stages(out, clock=clock)
    stage.begin("reading")
    clock.now_s += 0.9
    stage.reached(1, 2)
    stage.close()
    assert out.getvalue() == ""


def test_a_longer_stage_shows_how_far_it_is(clock: Clock) -> None:
    out = Terminal()
    stage = Stages(out, clock=clock)
    clock.now_s += 1.5
    stage.begin("reading")
    assert "reading:   0%" in out.getvalue()


def test_each_stage_has_its_own_bar_and_removes_it(clock: Clock) -> None:
    out = Terminal()
    stage = Stages(out, clock=clock)
    clock.now_s += 1.5
    stage.begin("reading")
    stage.begin("planning")
    assert "planning:" in out.getvalue()
    stage.close()
    assert out.getvalue().endswith("\r")


def test_every_item_is_yielded_and_the_clock_rarely_read(clock: Clock) -> None:
    reads = 0

    def counted() -> float:
        nonlocal reads
        reads += 1
        return clock()

    stage = Stages(Terminal(), clock=counted)
    assert list(stage.each("checking", range(3 * ITEMS_PER_UPDATE))) == list(
        range(3 * ITEMS_PER_UPDATE)
    )
    assert reads == 5  # for the delay, at the stage's begin and at every update


def test_a_closed_terminal_does_not_stop_a_stage(clock: Clock) -> None:
    out = Terminal()
    stage = Stages(out, clock=clock)
    clock.now_s += 1.5
    out.close()
    assert list(stage.each("checking", ["a"])) == ["a"]
    stage.close()


@pytest.mark.parametrize("mode", ["plain", "json", "none"])
def test_other_forms_of_progress_have_no_bar(mode: str) -> None:
    with stages(mode, {}, err=Terminal()) as stage:
        assert stage._out is None


@pytest.mark.parametrize("mode", ["auto", "bar"])
@pytest.mark.parametrize(
    ("environ", "err", "shown"),
    [
        ({}, Terminal(), True),
        ({}, io.StringIO(), False),
        ({"CI": "true"}, Terminal(), False),
        ({"TERM": "dumb"}, Terminal(), False),
    ],
)
def test_only_a_terminal_has_a_bar(
    mode: str, environ: dict[str, str], err: io.StringIO, shown: bool
) -> None:
    with stages(mode, environ, err=err) as stage:
        assert (stage._out is not None) is shown
