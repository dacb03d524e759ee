"""JUnit: the states as elements, the schema, and texts that XML cannot contain."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from xmlschema import XMLSchema

from runner.export import junit
from runner.export.junit import junit_text
from tests.builders import result_row
from tests.export.exports import FAILED, export_of, file_row

PENDING = {"state": "pending", "reason": "over budget", "task_id": None}
AMBIGUOUS = FAILED | {"state": "ambiguous", "reason": "modelverse has no list of tasks"}
EVERY_STATE = [
    result_row("a"),
    result_row("b", **FAILED),
    result_row("c", **AMBIGUOUS),
    result_row("d", **PENDING),
    result_row("e", **PENDING | {"state": "skipped", "reason": 'needs "b"'}),
]


@cache
def schema() -> XMLSchema:
    return XMLSchema(str(Path(__file__).parents[1] / "data/junit.xsd"))


def suite_of(*rows: dict[str, Any]) -> ET.Element:
    text = junit_text(export_of(*rows))
    schema().validate(text)
    found = ET.fromstring(text).find("testsuite")  # noqa: S314 - our own
    assert found is not None
    return found


def case_of(**changes: Any) -> ET.Element:
    found = suite_of(result_row("a", **changes)).find("testcase")
    assert found is not None
    return found


def test_each_state_has_its_element() -> None:
    suite = suite_of(*EVERY_STATE)
    counts = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "5", "failures": "1", "errors": "1", "skipped": "2"}
    elements = [[each.tag for each in case if each.tag != "properties"] for case in suite]
    assert elements == [[], ["failure"], ["error"], ["skipped"], ["skipped"]]


def test_suite_class_and_name_are_manifest_stem_and_id() -> None:
    suite = suite_of(result_row("水墨.1"))
    assert (suite.get("name"), suite.get("time")) == ("work/spring.yaml", "300.250")
    assert suite.get("timestamp") == "2026-03-01T10:00:00"
    assert suite[0].attrib == {
        "classname": "spring",
        "name": "水墨.1",
        "file": "work/spring.yaml",
        "time": "8.500",
    }


def test_what_happened_is_in_the_body_of_the_element() -> None:
    failure = case_of(**FAILED).find("failure")
    assert failure is not None
    assert failure.get("type") == "CreationPolicyViolation"
    assert (failure.text or "").splitlines() == [
        "CreationPolicyViolation (policy, not billed): the prompt was refused",
        "moderation refused it: change the prompt or the images",
    ]


def test_an_unknown_fate_is_an_error_with_its_reason() -> None:
    error = case_of(**AMBIGUOUS).find("error")
    assert error is not None
    assert "modelverse has no list of tasks" in (error.text or "")


def test_seed_task_and_price_are_properties() -> None:
    found = {each.get("name"): each.get("value") for each in case_of().iter("property")}
    assert found == {
        "operation": "vidu/reference2image",
        "seed": "7",
        "task_id": "911092490931552256",
        "credits": "6",
    }


def test_files_are_attached_to_failed_cases_only() -> None:
    files = [file_row("outputs/spring/a.png"), file_row("outputs/spring/a.cover.png", kind="cover")]
    output = case_of(**FAILED | {"files": files}).findtext("system-out")
    assert output == "[[ATTACHMENT|work/outputs/spring/a.png]]"
    assert case_of(files=files).find("system-out") is None


def test_what_xml_cannot_contain_is_replaced() -> None:
    error = FAILED["error"] | {"message": "a\x00b\x1b[0m \ud800 \ufffe ]]> <b> & \r\n 猫😀"}
    failure = case_of(**FAILED | {"error": error}).find("failure")
    assert failure is not None
    shown = "a\\x00b\\x1b[0m \\ud800 \ufffd ]]> <b> & \n 猫😀"
    assert shown in (failure.text or "")


def test_a_task_without_times_has_no_time() -> None:
    assert case_of(submitted_at=None, finished_at=None).get("time") is None


def test_signed_urls_are_left_out() -> None:
    error = FAILED["error"] | {"message": "no file at https://cdn.example/1.png?Signature=abc"}
    assert "Signature" not in ET.tostring(case_of(**FAILED | {"error": error}), "unicode")


def test_a_file_that_would_be_too_large_has_no_properties_of_successes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(junit, "MAX_BYTES", 3000)
    suite = suite_of(*(result_row(f"j{n}") for n in range(20)), result_row("f", **FAILED))
    assert [case.get("name") for case in suite if case.find("properties") is not None] == ["f"]
