from __future__ import annotations

from bench.tables import Table, markdown, number, ratio


def test_a_table_stands_in_aligned_columns() -> None:
    table = Table(
        name="speed",
        title="Speed",
        command="make bench",
        columns=("tool", "s"),
        rows=(("plain", "1.5"), ("xargs and curl", "12.25")),
    )
    assert markdown(table).splitlines() == [
        "| tool           |     s |",
        "| -------------- | ----: |",
        "| plain          |   1.5 |",
        "| xargs and curl | 12.25 |",
    ]


def test_a_ratio_says_whether_it_is_within_its_target() -> None:
    assert ratio(1.041, 1.04) == "1.04 x (<= 1.04: NO)"
    assert ratio(1.03, 1.04) == "1.03 x (<= 1.04: yes)"
    assert ratio(20) == "20.00 x"


def test_what_was_not_measured_is_a_dash() -> None:
    assert number(None) == "-"
    assert number(12345.678, 1) == "12,345.7"
