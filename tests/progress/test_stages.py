from __future__ import annotations

import io

import pytest

from runner.progress.stages import EVERY, Stages, stages


class Terminal(io.StringIO):
    """A stream that a person looks at."""

    def isatty(self) -> bool:
        return True


class Clock:
    """Time that goes on when it is told to."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_what_is_done_within_a_second_is_not_told(clock: Clock) -> None:
    out = Terminal()
    told = Stages(out, clock=clock)
    told.begin("reading")
    clock.now_s += 0.9
    told.reached(1, 2)
    told.close()
    assert out.getvalue() == ""


def test_what_takes_longer_shows_how_far_it_is(clock: Clock) -> None:
    out = Terminal()
    told = Stages(out, clock=clock)
    clock.now_s += 1.5
    told.begin("reading")
    assert "reading:   0%" in out.getvalue()


def test_each_stage_has_a_bar_of_its_own_which_goes_with_it(clock: Clock) -> None:
    out = Terminal()
    told = Stages(out, clock=clock)
    clock.now_s += 1.5
    told.begin("reading")
    told.begin("planning")
    assert "planning:" in out.getvalue()
    told.close()
    assert out.getvalue().endswith("\r")


def test_every_item_is_gone_through_and_the_clock_rarely_looked_at(clock: Clock) -> None:
    looks = 0

    def counted() -> float:
        nonlocal looks
        looks += 1
        return clock()

    told = Stages(Terminal(), clock=counted)
    assert list(told.each("checking", range(3 * EVERY))) == list(range(3 * EVERY))
    assert looks == 5  # at the start, at the stage's and at every thousandth


def test_nobody_need_look_on(clock: Clock) -> None:
    out = Terminal()
    told = Stages(out, clock=clock)
    clock.now_s += 1.5
    out.close()
    assert list(told.each("checking", ["a"])) == ["a"]
    told.close()


@pytest.mark.parametrize("mode", ["plain", "json", "none"])
def test_other_forms_of_progress_have_no_bar(mode: str) -> None:
    with stages(mode, {}, err=Terminal()) as told:
        assert not told.shown


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
    with stages(mode, environ, err=err) as told:
        assert told.shown is shown
