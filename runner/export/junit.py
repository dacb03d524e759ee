"""JUnit: a case for each job, in the form that GitLab, Jenkins and others show as test results.

GitLab shows an element's body and not its `message`, drops cases of equal name and class, looks at
attachments of failed cases alone, and reads at most 30 MB of a file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.etree import ElementTree as ET

from runner.errors import printable
from runner.export.results import Export, costs_of, files_of
from runner.report.contents import GalleryJob
from runner.report.rows import seconds_of

MAX_BYTES = 30_000_000
"""GitLab reads no more of one file."""

_ELEMENTS = {
    "failed": "failure",
    "ambiguous": "error",
    "pending": "skipped",
    "skipped": "skipped",
}
"""State to the element of a case that has it; that of a success is empty."""
_NO_CHARACTERS = re.compile("[\ufffe\uffff]")


def junit_text(export: Export) -> str:
    """The document, with the manifest as its one suite.

    Where it would be larger than what is read of it, succeeded cases are without properties.
    """
    text = _document(export, brief=False)
    return (
        text if len(text.encode("utf-8", "replace")) <= MAX_BYTES else _document(export, brief=True)
    )


def _document(export: Export, *, brief: bool) -> str:
    root = ET.Element("testsuites")
    suite = ET.SubElement(root, "testsuite", _suite(export))
    for job, row in zip(export.jobs(), export.rows, strict=True):
        case = ET.SubElement(suite, "testcase", _case(export, job))
        if not brief or job.state != "succeeded":
            _add_properties(case, job)
        _add_result(case, job)
        if job.state == "failed" and (files := files_of(row)):
            lines = (f"[[ATTACHMENT|{export.path(path)}]]" for path in files)
            ET.SubElement(case, "system-out").text = _xml("\n".join(lines))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, "unicode") + "\n"


def _suite(export: Export) -> dict[str, str]:
    states = [str(row["state"]) for row in export.rows]
    run = export.results.run
    found = {"name": export.manifest, "tests": str(len(states))}
    for element, name in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        found[name] = str(sum(_ELEMENTS.get(state) == element for state in states))
    started, finished = seconds_of(run.started), seconds_of(run.finished)
    if started is not None and finished is not None:
        found["time"] = _seconds(finished - started)
    if run.started is not None:
        found["timestamp"] = run.started[:19]  # ISO 8601 without a zone, as Ant writes it
    return {name: _xml(value) for name, value in found.items()}


def _case(export: Export, job: GalleryJob) -> dict[str, str]:
    found = {"classname": export.results.stem, "name": job.id, "file": export.manifest}
    if job.submitted_s is not None and job.finished_s is not None:
        found["time"] = _seconds(job.finished_s - job.submitted_s)
    return {name: _xml(value) for name, value in found.items()}


def _seconds(value: float) -> str:
    return f"{max(0.0, value):.3f}"


def _add_properties(case: ET.Element, job: GalleryJob) -> None:
    values = {"operation": job.operation, "seed": job.seed, "task_id": job.task, **costs_of(job)}
    known = {name: str(value) for name, value in values.items() if value is not None}
    properties = ET.SubElement(case, "properties")
    for name, value in known.items():
        ET.SubElement(properties, "property", {"name": name, "value": _xml(value)})


def _add_result(case: ET.Element, job: GalleryJob) -> None:
    element = _ELEMENTS.get(job.state)
    if element is None:
        return
    found: Mapping[str, str] = {"type": job.failure.code} if job.failure else {}
    text = _xml("\n".join(_lines(job)))
    attributes = {**found, "message": text.partition("\n")[0]}
    ET.SubElement(case, element, {k: _xml(v) for k, v in attributes.items()}).text = text


_BILLED = {"yes": "billed", "no": "not billed"}


def _lines(job: GalleryJob) -> list[str]:
    """Why there is no result, and what to do about it."""
    lines = []
    if (error := job.failure) is not None:
        billed = _BILLED.get(error.billed, "may have been billed")
        lines.append(f"{error.code} ({error.class_}, {billed}): {error.message}")
        lines += [error.advice] if error.advice else []
    if job.reason:
        lines.append(job.reason)
    return lines or [job.state]


def _xml(text: str) -> str:
    """The text without what XML 1.0 cannot contain: control characters, halves of characters."""
    return _NO_CHARACTERS.sub("\N{REPLACEMENT CHARACTER}", printable(text.replace("\r\n", "\n")))
