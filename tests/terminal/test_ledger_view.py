"""What `ledger status` shows."""

from __future__ import annotations

from decimal import Decimal

from runner.ledger.overview import Overview, RunState, Spending
from runner.ledger.shared import SharedLedger
from runner.terminal.ledger_view import format_ledger, ledger_record

LOCATION = SharedLedger.parse("postgresql://ann:s3cret@db/studio")
RUN = RunState(
    id="r1",
    manifest="studio/spring.yaml",
    host="laptop",
    pid=7,
    started_at="2026-11-20T10:00:00.000Z",
    alive=True,
    in_flight=2,
)
SPENT = Spending(
    account="vidu https://api.vidu.cn 0011223344556677",
    manifest="studio/spring.yaml",
    month="2026-11",
    submissions=3,
    credits=Decimal(18),
    cny=Decimal(0),
    ambiguous=1,
)


def test_runs_and_spending_are_tables() -> None:
    dead = RunState(**{**{n: getattr(RUN, n) for n in RUN.__slots__}, "alive": False, "pid": 12345})
    shown = format_ledger(LOCATION, Overview(runs=(RUN, dead), spending=(SPENT,)), 99)
    assert shown.splitlines() == [
        "postgresql://ann:***@db/studio, schema vidu_run: 1 run alive",
        "  alive  laptop:7      2026-11-20T10:00:00.000Z  studio/spring.yaml, 2 in flight",
        "  dead   laptop:12345  2026-11-20T10:00:00.000Z  studio/spring.yaml, 2 in flight",
        "",
        "spent, by account, manifest and month:",
        "  2026-11  18 credits  3 submissions, 1 of unknown fate  studio/spring.yaml (vidu",
        " " * 57 + "https://api.vidu.cn 0011223344556677)",
        "",
        "the fate of 1 submission is unknown: `vidu-run status MANIFEST` shows which",
    ]


def test_an_empty_ledger_has_one_line() -> None:
    shown = format_ledger(LOCATION, Overview(runs=(), spending=()), 100)
    assert shown == "postgresql://ann:***@db/studio, schema vidu_run: 0 runs alive"


def test_the_record_has_numbers_and_no_password() -> None:
    record = ledger_record(LOCATION, Overview(runs=(RUN,), spending=(SPENT,)))
    assert record["ledger"] == "postgresql://ann:***@db/studio"
    assert (record["spending"][0]["credits"], record["runs"][0]["in_flight"]) == (18, 2)
