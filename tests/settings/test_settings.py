"""Settings: which source decides, and errors that name it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from runner.errors import Location, ManifestError, UsageError
from runner.settings.accounts import Sources
from runner.settings.settings import Settings, read_settings


def settings(
    run: dict[str, Any] | None = None,
    environ: dict[str, str] | None = None,
    flags: dict[str, Any] | None = None,
    *,
    base: Path = Path("shoot"),
) -> Settings:
    def locate(path: tuple[str | int, ...]) -> Location:
        return Location(path="m.yaml", line=len(path))

    sources = Sources(
        run=run or {}, environ=environ or {}, flags=flags or {}, base=base, locate=locate
    )
    return read_settings(sources, {})


def test_every_setting_has_a_default() -> None:
    assert settings() == Settings(outputs=Path("shoot/outputs"))


def test_a_flag_wins_over_the_environment_and_the_manifest() -> None:
    run, environ, flags = {"concurrency": 7}, {"VIDU_RUN_CONCURRENCY": "8"}, {"concurrency": 9}
    assert settings(run, environ, flags).concurrency == 9
    assert settings(run, environ, {"concurrency": None}).concurrency == 8
    assert settings(run, {"VIDU_RUN_CONCURRENCY": ""}).concurrency == 7


def test_the_manifest_can_contain_every_setting() -> None:
    found = settings(
        {
            "concurrency": 8,
            "budget": {"credits": 500, "cny": 40.5},
            "timeout": "1h30m",
            "poll_rate": 2.5,
            "outputs": "made",
            "download": False,
            "off_peak": True,
            "on_ambiguous": "resubmit",
            "confirm_above": 100,
            "outage": "30s",
            "settle": 0,
            "max_failures": 3,
            "notify_after": "2m",
            "x-mine": "anything",
        }
    )
    assert found == Settings(
        concurrency=8,
        budget={"credits": Decimal(500), "cny": Decimal("40.5")},
        timeout_s=5400,
        poll_rate=2.5,
        outputs=Path("shoot/made"),
        download=False,
        off_peak=True,
        on_ambiguous="resubmit",
        confirm_above={"credits": Decimal(100), "cny": Decimal(100)},
        outage_s=30,
        settle_s=0,
        max_failures=3,
        notify_after_s=120,
    )


def test_every_setting_can_be_written_as_text() -> None:
    found = settings(
        environ={
            "VIDU_RUN_BUDGET": "credits=500, cny=40.5",
            "VIDU_RUN_TIMEOUT": "90",
            "VIDU_RUN_POLL_RATE": "0.5",
            "VIDU_RUN_OUTPUTS": "made",
            "VIDU_RUN_DOWNLOAD": "no",
            "VIDU_RUN_CONFIRM_ABOVE": "12.5",
            "VIDU_RUN_MAX_FAILURES": "1",
        },
        flags={"settle": "2s", "on_ambiguous": "ask"},
    )
    assert found.budget == {"credits": Decimal(500), "cny": Decimal("40.5")}
    assert (found.limit_s(), found.limit_s(7.0)) == (90, 90)
    assert (Settings().limit_s(), Settings().limit_s(7.0)) == (1800, 7)
    assert (found.timeout_s, found.poll_rate, found.settle_s) == (90, 0.5, 2)
    assert found.outputs == Path("made")
    assert not found.download
    assert found.confirm_above["cny"] == Decimal("12.5")
    assert found.max_failures == 1


@pytest.mark.parametrize(
    ("environ", "flags", "message"),
    [
        ({"CONCURRENCY": "x"}, {}, 'VIDU_RUN_CONCURRENCY="x" is not a whole number'),
        ({"CONCURRENCY": "1.5"}, {}, 'VIDU_RUN_CONCURRENCY="1.5" is not a whole number'),
        ({"CONCURRENCY": "0"}, {}, 'VIDU_RUN_CONCURRENCY="0" is not between 1 and 10000'),
        ({"DOWNLOAD": "maybe"}, {}, 'VIDU_RUN_DOWNLOAD="maybe" is neither true nor false'),
        ({"BUDGET": "500"}, {}, 'VIDU_RUN_BUDGET="500" names no unit: write credits, cny or both'),
        ({"BUDGET": "usd=5"}, {}, 'VIDU_RUN_BUDGET="usd=5" has the unknown unit "usd"'),
        ({"BUDGET": "cny=x"}, {}, 'VIDU_RUN_BUDGET="cny=x" is not a number'),
        ({"OUTPUTS": " "}, {}, 'VIDU_RUN_OUTPUTS=" " is not the name of a folder'),
        ({}, {"poll_rate": "0"}, "--poll-rate 0 is not above 0 and at most 1000"),
        ({}, {"poll_rate": "fast"}, "--poll-rate fast is not a number"),
        ({}, {"timeout": "soon"}, "--timeout soon is not a duration such as 30m, 5s, 1h30m"),
        ({}, {"timeout": "0"}, "--timeout 0 is not above 0"),
        ({}, {"outage": "721h"}, "--outage 721h is not between 0 and 30 days"),
        ({}, {"on_ambiguous": "guess"}, "--on-ambiguous guess is not one of: ask, resubmit"),
    ],
)
def test_a_wrong_text_names_its_source(
    environ: dict[str, str], flags: dict[str, str], message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        settings(None, {f"VIDU_RUN_{name}": text for name, text in environ.items()}, flags)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("run", "message"),
    [
        ({"concurrency": "8"}, 'concurrency "8" is not a whole number'),
        ({"concurrency": True}, "concurrency true is not a whole number"),
        ({"download": "no"}, 'download "no" is neither true nor false'),
        ({"budget": 500}, "budget 500 names no unit: write credits, cny or both"),
        ({"budget": {}}, "budget  names no unit"),
        ({"budget": {"cny": -1}}, "budget cny: -1 is below 0"),
        ({"budget": {"cny": float("inf")}}, "budget cny: inf is not a number"),
        ({"outputs": 7}, "outputs 7 is not the name of a folder"),
        ({"timeout": "1h30"}, 'timeout "1h30" is not a duration'),
        ({"timeout": [1]}, "timeout [1] is not a duration"),
    ],
)
def test_a_wrong_value_in_the_manifest_has_its_location(run: dict[str, Any], message: str) -> None:
    with pytest.raises(ManifestError) as caught:
        settings(run)
    assert f"m.yaml:2: error: {message}" in str(caught.value.diagnostics[0])


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("60 credits", "try --budget credits=60"),
        ("60credits", "try --budget credits=60"),
        ("credits: 60", "try --budget credits=60"),
        ("1 Credit and 4.50 yuan", "try --budget credits=1,cny=4.50"),
        ("¥40, 60 credits", "try --budget cny=40,credits=60"),
        ("60", "try --budget credits=60, or --budget cny=60"),
        ("60 usd", "try --budget credits=500,cny=40"),
        ("60 credits 7 credits", "try --budget credits=500,cny=40"),
        ("-60", "try --budget credits=500,cny=40"),
        ("", "try --budget credits=500,cny=40"),
    ],
)
def test_a_budget_in_the_wrong_form_gets_its_numbers_as_a_hint(text: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        settings(None, flags={"budget": text})
    assert caught.value.hint == hint


def test_a_hint_has_the_form_of_the_source() -> None:
    with pytest.raises(UsageError, match="hint: try VIDU_RUN_CONFIRM_ABOVE=credits=60"):
        settings(None, {"VIDU_RUN_CONFIRM_ABOVE": "60 credits"})


def test_all_wrong_values_are_reported_at_once() -> None:
    with pytest.raises(UsageError) as caught:
        settings(None, {"VIDU_RUN_TIMEOUT": "x", "VIDU_RUN_SETTLE": "y"})
    assert str(caught.value).count("is not a duration") == 2
