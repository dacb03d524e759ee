"""Consent: a costly run asks on a terminal, and needs --yes elsewhere."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from decimal import Decimal

import pytest

from runner.ledger.changes import Intend
from runner.ledger.location import open_ledger
from runner.model.operations import Amount
from runner.model.tasks import Intent
from tests.commands.conftest import Project
from tests.commands.process import asked

TWO = """
  - {id: a, prompt: a red boat, seed: 7}
  - {id: b, prompt: a blue boat, resolution: 2K}
"""


Count = Callable[[], Counter[str]]


def test_yes_on_a_terminal_submits(online: Project, submissions: Count) -> None:
    online.jobs(TWO)
    code, shown = asked(online, b"y\n", "spring.yaml", "--confirm-above", "credits=10")
    assert code == 0
    assert "submit 2 jobs for about 14 credits? [y/N]" in shown
    assert submissions() == {"accepted": 2}


@pytest.mark.parametrize("answer", [b"n\n", b"\n", b"\x04", b"yep\n"])
def test_anything_else_sends_nothing(online: Project, submissions: Count, answer: bytes) -> None:
    online.jobs(TWO)
    code, shown = asked(online, answer, "spring.yaml", "--confirm-above", "credits=10")
    assert code == 2
    assert shown.rstrip().endswith(
        "\nerror: not confirmed: nothing was sent\n  hint: --yes confirms without asking"
    )
    assert not submissions()
    assert not (online.folder / "spring.results.yaml").exists()


def test_ctrl_c_at_the_question_is_an_interruption(online: Project, submissions: Count) -> None:
    online.jobs(TWO)
    code, _ = asked(online, b"\x03", "spring.yaml", "--confirm-above", "credits=10")
    assert code == 130
    assert not submissions()


def test_off_a_terminal_a_costly_run_needs_yes(online: Project, submissions: Count) -> None:
    online.jobs(TWO)
    ran = online.run("spring.yaml", "--confirm-above", "credits=10")
    assert ran.code == 2
    assert "submit 2 jobs for about 14 credits? confirm_above is 10 credits" in ran.err
    assert "--yes" in ran.err
    assert not submissions()
    assert online.run("spring.yaml", "--confirm-above", "credits=10", "--yes").code == 0
    assert submissions() == {"accepted": 2}


def test_a_cost_equal_to_the_limit_asks_nothing(online: Project) -> None:
    online.jobs(TWO)
    assert online.run("spring.yaml", "--confirm-above", "credits=14").code == 0
    # All is there: nothing is left to pay, whatever the limit.
    assert online.run("spring.yaml", "--confirm-above", "0").code == 0


def test_the_manifest_may_set_the_limit(online: Project) -> None:
    text = online.jobs(TWO).read_text("utf-8")
    online.write(text.replace("version: 1", "version: 1\nrun: {confirm_above: {credits: 10}}"))
    assert online.run("spring.yaml").code == 2
    assert online.run("spring.yaml", "-y").code == 0


def test_an_unknown_price_may_be_above_any_limit(online: Project, submissions: Count) -> None:
    online.write("""
version: 1
jobs:
  - id: dance
    operation: modelverse/reference2video
    model: viduq2
    prompt: make it dance
    images: ["https://example.com/cat.png"]
    duration: 9
""")
    ran = online.run("spring.yaml", "--confirm-above", "1000")
    assert ran.code == 2
    assert "submit 1 job without a known price?" in ran.err
    assert not submissions()


def test_a_second_submission_counts_toward_the_limit(online: Project, submissions: Count) -> None:
    online.jobs("  - {id: a, prompt: a red boat}")
    (plan,) = json.loads(online.run("plan", "--json", "spring.yaml").out)
    (job,) = plan["jobs"]
    with open_ledger(online.folder / ".vidu-run" / "ledger.sqlite3") as ledger:
        run = ledger.begin_run("spring.yaml", "t")
        ledger.apply([Intend(run=run, intent=lost(job["fingerprint"], online.env))])
        ledger.end_run(run, 70)
    ran = online.run("spring.yaml", "--confirm-above", "credits=5", "--on-ambiguous", "resubmit")
    assert ran.code == 2
    assert "submit 1 job for about 6 credits?" in ran.err
    assert not submissions()


def lost(fingerprint: str, env: Mapping[str, str | None]) -> Intent:
    return Intent(
        manifest="spring.yaml",
        job="a",
        operation="vidu/reference2image",
        fingerprint=fingerprint,
        request={},
        seed=None,
        provider="vidu",
        base_url=env["VIDU_BASE_URL"] or "",
        key_env="VIDU_API_KEY",
        tag="00",
        estimate=Amount(unit="credits", value=Decimal(6)),
        at="2026-11-20T10:00:00Z",
    )


def test_one_refused_manifest_keeps_all_from_being_sent(
    online: Project, submissions: Count
) -> None:
    online.jobs("  - {id: a, prompt: a red boat}")
    online.jobs(TWO, "summer.yaml")
    ran = online.run("spring.yaml", "summer.yaml", "--confirm-above", "credits=10")
    assert ran.code == 2
    assert "summer.yaml: submit 2 jobs" in ran.err
    assert not submissions()


@pytest.mark.parametrize(
    ("flag", "value"),
    [
        ("--budget", "euros=5"),
        ("--confirm-above", "much"),
        ("--on-ambiguous", "hope"),
        ("--settle", "soon"),
        ("--max-failures", "0"),
    ],
)
def test_every_setting_has_a_flag_that_is_checked(online: Project, flag: str, value: str) -> None:
    online.jobs(TWO)
    ran = online.run("plan", "spring.yaml", flag, value)
    assert ran.code == 2
    assert f"{flag} {value}" in ran.err
