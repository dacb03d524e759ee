"""Planning from Python."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from runner import UsageError, load, plan, run
from runner.cli import cli
from tests.api.conftest import TWO


def test_a_plan_has_an_entry_with_a_reason_for_each_job(spring: Path) -> None:
    planned = plan(spring, emulate=True)
    assert [(each.job.id, each.action.value) for each in planned] == [
        ("a", "submit"),
        ("b", "submit"),
    ]
    assert (planned.actions, planned.cost) == ({"submit": 2}, {"credits": 12})
    assert repr(planned) == "<Plan spring.yaml: 2 submit>".replace("spring.yaml", str(spring))


def test_a_plan_as_a_record_is_that_of_the_command_line(spring: Path) -> None:
    shown = CliRunner().invoke(cli, ["plan", "--json", "--emulate", str(spring)])
    assert plan(str(spring), emulate=True).to_record() == json.loads(shown.stdout)[0]


def test_a_selection_is_one_text_or_several(spring: Path) -> None:
    for select in ("tag:sea", ["a"]):
        assert plan(spring, emulate=True, select=select).actions == {"submit": 1, "skip": 1}
    assert plan(spring, emulate=True, exclude="b").actions == {"submit": 1, "skip": 1}


def test_what_is_made_is_planned_to_be_reused(spring: Path) -> None:
    manifest = load(spring)
    run(manifest, emulate=True, time_scale=0)
    assert plan(manifest, emulate=True).actions == {"reuse": 2}
    assert plan(manifest, emulate=True, force=True, select="a").actions == {
        "submit": 1,
        "skip": 1,
    }


def test_an_unknown_setting_is_named_with_the_nearest(spring: Path) -> None:
    with pytest.raises(TypeError, match="no setting 'concurency': did you mean \"concurrency\""):
        plan(spring, concurency=3)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("concurrency", 0, "concurrency=0 is not between 1 and 10000"),
        ("budget", {"credit": 5}, "budget=credit=5"),
        ("time_scale", 2.0, "--time-scale works only with --emulate"),
    ],
)
def test_a_wrong_setting_is_a_usage_error(
    spring: Path, setting: str, value: object, message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        plan(spring, **{setting: value})  # type: ignore[arg-type]
    assert message in str(caught.value)
    assert caught.value.exit == 2


def test_settings_are_those_of_the_flags(spring: Path) -> None:
    planned = plan(
        spring,
        emulate=True,
        budget={"credits": 6},
        timeout=90,
        keep=["url", "cover_url"],
        state_dir="elsewhere",
        outputs=Path("pictures"),
        concurrency=2,
    )
    record = planned.to_record()
    assert record["totals"]["budget"] == {"credits": 6}
    assert len(planned) == len(load(TWO))
