"""The acceptance suite: each constraint line of both API documents, as files.

A file under `data/cases/<provider>/<operation>/{accept,reject}` holds a job's `parameters`; a
rejecting one the `errors` it must give, in order, and perhaps the first one's `hint`; an accepting
one perhaps `warnings`, and the `price` by the tables (null: unknown). What parameters may have
instead of long texts and media is described in `tests.case_requests`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from runner.model.operations import Operation
from runner.operations import load_operations
from runner.planning.estimates import estimate
from runner.validation.diagnostics import Finding
from tests.case_requests import findings_in, written

CASES = Path(__file__).parent / "data" / "cases"


def cases(kind: str) -> list[Any]:
    files = sorted(CASES.glob(f"*/**/{kind}/*.yaml"))
    return [pytest.param(f, id=str(f.relative_to(CASES).with_suffix(""))) for f in files]


def read(case: Any) -> str:
    return case.values[0].read_text(encoding="utf-8")  # type: ignore[no-any-return]


def operation_of(file: Path) -> Operation:
    return load_operations()[file.parent.parent.relative_to(CASES).as_posix()]


def check(file: Path, folder: Path) -> tuple[dict[str, Any], list[Finding]]:
    case = yaml.safe_load(file.read_text(encoding="utf-8"))
    return case, findings_in(operation_of(file), written(case["parameters"], folder), folder)


@pytest.mark.parametrize("file", cases("accept"))
def test_what_the_documents_allow_is_accepted(file: Path, tmp_path: Path) -> None:
    case, found = check(file, tmp_path)
    assert [f.message for f in found if not f.warning] == []
    assert [f.message for f in found if f.warning] == case.get("warnings", [])


@pytest.mark.parametrize("file", [p for p in cases("accept") if "\nprice: " in read(p)])
def test_a_request_costs_what_the_documents_tables_have(file: Path) -> None:
    case = yaml.safe_load(file.read_text(encoding="utf-8"))
    found = estimate(operation_of(file), case["parameters"])
    assert (None if found is None else float(found.value)) == case["price"]


@pytest.mark.parametrize("file", cases("reject"))
def test_what_the_documents_forbid_is_rejected_with_its_message(file: Path, tmp_path: Path) -> None:
    case, found = check(file, tmp_path)
    errors = [finding for finding in found if not finding.warning]
    assert [finding.message for finding in errors] == case["errors"]
    if "hint" in case:
        assert errors[0].hint == case["hint"]


def test_every_operation_has_cases_of_both_kinds() -> None:
    for operation in load_operations():
        for kind in ("accept", "reject"):
            assert len(list((CASES / operation / kind).glob("*.yaml"))) > 10
