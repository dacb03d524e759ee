from __future__ import annotations

from pathlib import Path
from typing import Any

from runner.errors import Diagnostic, Location
from runner.model.jobs import Draft
from runner.operations import load_operations
from runner.validation.diagnostics import (
    Finding,
    document_diagnostics,
    job_diagnostics,
    not_yet_reported,
)
from runner.validation.jobs import check_job

IMAGE = "vidu/reference2image"


def draft(id_: str, parameters: dict[str, Any], entry: int = 0) -> Draft:
    return Draft(entry=entry, id=id_, operation=IMAGE, parameters=parameters, base=Path())


def at_default(_: Draft, path: tuple[str | int, ...], *, key: bool = False) -> Location:
    if not path:
        return Location(path="m.yaml", line=9)
    return Location(path="m.yaml", line=3, column=1 if key else 5)


def check(*drafts: Draft) -> list[tuple[Draft, list[Finding]]]:
    return [(one, check_job(one, load_operations()[IMAGE])) for one in drafts]


def test_one_cause_in_many_jobs_is_reported_once() -> None:
    wide = {"model": "viduq1", "prompt": "a", "images": ["a.png"], "aspect_ratio": "21:9"}
    (problem,) = job_diagnostics(check(draft("a", wide), draft("b", wide)), at_default)
    assert str(problem).splitlines()[0] == (
        'm.yaml:3:5: error: aspect_ratio "21:9" is not offered by viduq1'
        " (16:9, 9:16, 1:1, 3:4, 4:3) (2 jobs, first: a)"
    )


def test_a_diagnostic_of_one_job_names_it() -> None:
    (problem,) = job_diagnostics(check(draft("wide", {"model": "viduq2"})), at_default)
    assert str(problem).splitlines()[0] == (
        'm.yaml:9: error: job "wide": prompt is missing (vidu/reference2image needs it)'
    )


def test_a_warning_stays_a_warning() -> None:
    (problem,) = job_diagnostics(
        check(draft("a", {"model": "viduq2", "prompt": "a", "seed": -1})), at_default
    )
    assert problem.warning


def test_an_unknown_parameter_from_a_default_has_its_own_hint() -> None:
    document = {"defaults": {"duration": 5}, "jobs": [{"id": "a"}, {"id": "b"}]}
    given = {"model": "viduq2", "prompt": "a", "duration": 5}
    (problem,) = job_diagnostics(
        check(draft("a", given), draft("b", given, entry=1)), at_default, document
    )
    assert problem.jobs == 2
    assert problem.hint is not None
    assert problem.hint.endswith(
        "a default that only one operation has goes under that operation's name,"
        " as in defaults: {vidu/reference2image: {...}}"
    )


def test_an_unknown_parameter_of_the_job_keeps_its_hint() -> None:
    given = {"model": "viduq2", "prompt": "a", "promt": 5}
    for document in (
        {"defaults": {"promt": 1}, "jobs": [{"id": "a", "promt": 5}]},
        {"defaults": {"other": 1}, "jobs": [{"id": "a"}]},
        {"jobs": [{"id": "a"}]},
    ):
        (problem,) = job_diagnostics(check(draft("a", given)), at_default, document)
        assert problem.hint == 'did you mean "prompt"?'
        assert problem.location == Location(path="m.yaml", line=3, column=1)


def test_an_expression_that_gives_null_is_reported_at_its_key() -> None:
    written = {"prompt": "${{ vars.x }}"}
    for document in (
        {"jobs": [{"id": "a", **written}]},
        {"jobs": [{"id": "a"}], "defaults": {IMAGE: written}},
        {"jobs": [{"id": "a"}], "defaults": written},
    ):
        (problem,) = job_diagnostics(check(draft("a", {"model": "viduq2"})), at_default, document)
        assert problem.message == (
            "prompt is missing (vidu/reference2image needs it): ${{ vars.x }} gives null"
        )
        assert problem.location == Location(path="m.yaml", line=3, column=5)


def test_an_expression_that_gives_null_is_reported_where_one_of_several_is_needed() -> None:
    message = "one of video_url, video_creation_id is required"
    finding = Finding(path=(), message=message, missing=("video_url", "video_creation_id"))
    document = {"jobs": [{"id": "a", "video_creation_id": "${{ row.video }}"}]}
    (problem,) = job_diagnostics([(draft("a", {}), [finding])], at_default, document)
    assert problem.message == f"{message}: ${{{{ row.video }}}} gives null"
    assert problem.location == Location(path="m.yaml", line=3, column=5)


def test_an_absent_parameter_is_reported_at_its_job() -> None:
    for job in ({"id": "a"}, {"id": "a", "prompt": None}):
        (problem,) = job_diagnostics(
            check(draft("a", {"model": "viduq2"})), at_default, {"jobs": [job]}
        )
        assert problem.message == "prompt is missing (vidu/reference2image needs it)"
        assert problem.location == Location(path="m.yaml", line=9)


def place(path: tuple[str | int, ...], *, key: bool = False) -> Location:
    return Location(path="m.yaml", line=len(path) + 1, column=1 if key else 7)


def test_a_document_diagnostic_names_the_job_it_is_in() -> None:
    document = {"jobs": [{"id": "a"}, {"id": 5}, "x"]}
    found = document_diagnostics(
        [
            Finding(path=("run", "x"), message="m", key=True),
            Finding(path=("jobs", 0, "takes"), message="m", hint="h"),
            Finding(path=("jobs", 1, "takes"), message="n"),
            Finding(path=("jobs", 2), message="m", warning=True),
            Finding(path=("jobs",), message="o"),
        ],
        document,
        place,
    )
    assert [problem.job for problem in found] == [None, "a", None, None, None]
    assert found[0].location == Location(path="m.yaml", line=3, column=1)
    assert (found[1].hint, found[3].warning) == ("h", True)


def test_one_mistake_is_reported_once() -> None:
    here, there = Location(path="m.yaml", line=1), Location(path="m.yaml", line=2)
    reported_before = [
        Diagnostic(message="x is not known", location=here),
        Diagnostic(message="odd", location=there, warning=True),
    ]
    again = Diagnostic(message="unknown x", location=here)
    another = Diagnostic(message="y", location=there)
    assert not_yet_reported([again, another], reported_before) == [another]
