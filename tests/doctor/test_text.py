"""Doctor's report, as lines and as JSON values."""

from __future__ import annotations

from runner.doctor.check import fail, ok, warn
from runner.doctor.text import report_record, report_text
from runner.errors import Exit

CHECKS = [
    ok("version", "vidu-run 0.1.0"),
    warn("media", "PyAV is not installed", hint="pip install it"),
    fail("key", "VIDU_API_KEY is not set", Exit.PROVIDER, "vidu"),
]


def test_levels_ids_and_hints_are_aligned() -> None:
    assert report_text(CHECKS).splitlines() == [
        "OK    version  vidu-run 0.1.0",
        "WARN  media    PyAV is not installed",
        "               hint: pip install it",
        "FAIL  key      vidu: VIDU_API_KEY is not set",
        "",
        "3 checks: 1 OK, 1 warning, 1 failure",
    ]


def test_records_have_every_field() -> None:
    assert report_record(CHECKS)[2] == {
        "id": "key",
        "level": "fail",
        "about": "vidu",
        "text": "VIDU_API_KEY is not set",
        "hint": None,
        "exit_code": 4,
    }
