"""`--redo MARKS` makes other takes for rejected ones, `.picked` goes on from the picked one."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable

import jsonschema
import pytest

from runner.marks.write import format_marks
from runner.model.marks import Choice, Mark
from runner.operations import schema_folder
from tests.commands.conftest import Project

LOOKS = """
  - {id: window, prompt: a cat}
  - {id: look, takes: 3, prompt: a cat at night}
"""
PICKS = (
    LOOKS
    + """
  - {id: after, prompt: it jumps, images: ["${{ jobs.look.picked }}"]}
"""
)
Submissions = Callable[[], Counter[str]]


def mark(project: Project, name: str = "spring.marks.yaml", **choices: str) -> None:
    """Write marks for jobs of the results, say `look_2="rejected"`."""
    document = project.results()
    known = {row["id"]: row["fingerprint"] for row in document["jobs"] + document["removed"]}
    marks = [
        Mark(id=id_, fingerprint=known[id_], choice=Choice(choice))
        for key, choice in choices.items()
        for id_ in [key.replace("_", ".")]
    ]
    project.write(format_marks(marks), name)


def planned(project: Project, *arguments: str) -> list[str]:
    """The lines about jobs that something is to be done for."""
    ran = project.run("plan", "spring.yaml", *arguments)
    assert ran.code == 0, ran.err
    lines = (" ".join(line.split()) for line in ran.out.splitlines() if line.startswith("  "))
    return [line for line in lines if not line.startswith("reuse")]


def test_plan_names_what_was_rejected_and_the_price(online: Project) -> None:
    online.jobs(LOOKS)
    online.run("spring.yaml")
    mark(online, window="rejected", look_2="rejected")
    assert planned(online, "--redo", "spring.marks.yaml") == [
        "submit window.2 6 credits new: window was rejected",
        "submit look.4 6 credits new: look.2 was rejected",
    ]
    assert "2 to submit (about 12 credits)" in (
        online.run("-n", "spring.yaml", "--redo", "spring.marks.yaml").out
    )


def test_a_redo_replaces_rejected_takes_once(online: Project, submissions: Submissions) -> None:
    online.jobs(LOOKS)
    online.run("spring.yaml")
    mark(online, look_1="rejected", look_3="rejected")
    for _ in range(2):
        assert online.run("spring.yaml", "--redo", "spring.marks.yaml").code == 0
    assert submissions()["accepted"] == 6
    document = online.results()
    assert [row["id"] for row in document["jobs"]] == ["window", "look.2", "look.4", "look.5"]
    assert [row["id"] for row in document["removed"]] == ["look.1", "look.3"]
    assert [row["axes"]["take"] for row in document["jobs"][1:]] == [2, 4, 5]
    assert (online.folder / "outputs/spring/look.1.png").exists()


def test_a_replacement_is_rejected_in_its_turn(online: Project, submissions: Submissions) -> None:
    online.jobs(LOOKS)
    online.run("spring.yaml")
    mark(online, look_2="rejected")
    online.run("spring.yaml", "--redo", "spring.marks.yaml")
    mark(online, look_2="rejected", look_4="rejected")
    assert planned(online, "--redo", "spring.marks.yaml") == [
        "submit look.5 6 credits new: look.4 was rejected"
    ]
    online.run("spring.yaml", "--redo", "spring.marks.yaml")
    assert {row["id"] for row in online.results()["removed"]} == {"look.2", "look.4"}
    assert submissions()["accepted"] == 6


def test_more_takes_later_pay_for_no_replacement_again(
    online: Project, submissions: Submissions
) -> None:
    online.jobs(LOOKS)
    online.run("spring.yaml")
    mark(online, look_2="rejected")
    online.run("spring.yaml", "--redo", "spring.marks.yaml")
    online.jobs(LOOKS.replace("takes: 3", "takes: 4"))
    assert online.run("spring.yaml").code == 0
    assert submissions()["accepted"] == 5
    assert list(online.rows()) == ["window", "look.1", "look.2", "look.3", "look.4"]


def test_results_record_the_marks(online: Project) -> None:
    online.jobs(LOOKS)
    online.run("spring.yaml")
    mark(online, look_2="rejected")
    (online.folder / "review").mkdir()
    marks = online.folder / "spring.marks.yaml"
    marks = marks.rename(online.folder / "review" / "anna.yaml")
    assert online.run("spring.yaml", "--redo", "review/anna.yaml").code == 0
    document = online.results()
    digest = hashlib.sha256(marks.read_bytes()).hexdigest()
    assert document["marks"] == {"path": "review/anna.yaml", "sha256": digest}
    assert list(document)[:4] == ["version", "manifest", "marks", "run"]
    schema = json.loads((schema_folder() / "results.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(document)


@pytest.mark.parametrize("where", ["manifest", "variable"])
def test_the_marks_may_be_named_in_other_places(online: Project, where: str) -> None:
    path = online.jobs(LOOKS)
    online.run("spring.yaml")
    mark(online, look_2="rejected")
    if where == "manifest":
        path.write_text(path.read_text() + "run: {redo: spring.marks.yaml}\n")
    else:
        online.env["VIDU_RUN_REDO"] = "spring.marks.yaml"
    assert online.run("spring.yaml").code == 0
    assert list(online.rows()) == ["window", "look.1", "look.3", "look.4"]


def test_other_verbs_see_the_replacements(online: Project) -> None:
    online.jobs(LOOKS)
    online.run("spring.yaml")
    mark(online, look_2="rejected")
    redo = ("spring.yaml", "--redo", "spring.marks.yaml")
    online.run(*redo, "--no-download")
    assert "not fetched" in online.run("status", *redo).out
    assert online.run("fetch", *redo).code == 0
    assert (online.folder / "outputs/spring/look.4.png").exists()
    assert online.run("status", *redo).code == 0
    assert online.run("validate", *redo).out == "spring.yaml: 4 jobs, no errors\n"


def test_marks_without_effect_are_warnings(online: Project) -> None:
    online.jobs(LOOKS)
    online.run("spring.yaml")
    mark(online, look_2="rejected")
    online.jobs(LOOKS.replace("at night", "at noon").replace("takes: 3", "takes: 2"))
    ran = online.run("validate", "spring.yaml", "--redo", "spring.marks.yaml")
    assert ran.code == 0
    assert 'spring.marks.yaml:3:5: warning: job "look.2": its request has changed' in ran.err
    assert ran.err.count("the mark has no effect") == 1
    online.jobs("  - {id: window, prompt: a cat}\n")
    ran = online.run("validate", "spring.yaml", "--redo", "spring.marks.yaml")
    assert 'job "look.2": the manifest has no such job: the mark has no effect' in ran.err


def test_mistakes_in_the_marks_are_reported_with_the_manifest_s(project: Project) -> None:
    project.jobs("  - {id: a, prompt: a cat, take: 2}\n")
    project.write("version: 1\nmarks: [{id: a}]\n", "spring.marks.yaml")
    ran = project.run("spring.yaml", "--redo", "spring.marks.yaml")
    assert ran.code == 3
    assert "spring.yaml:5:28: error: " in ran.err
    assert "spring.marks.yaml:2:9: error: fingerprint is missing" in ran.err


def test_marks_that_are_not_there_are_an_error(project: Project) -> None:
    project.jobs(LOOKS)
    ran = project.run("plan", "spring.yaml", "--redo", "sprng.marks.yaml")
    assert (ran.code, ran.out) == (3, "")
    assert "sprng.marks.yaml: error: there is no such file" in ran.err


def test_one_marks_file_is_for_one_manifest(project: Project) -> None:
    project.jobs(LOOKS)
    project.jobs(LOOKS, "autumn.yaml")
    ran = project.run("spring.yaml", "autumn.yaml", "--redo", "spring.marks.yaml")
    assert ran.code == 2
    assert "--redo names the marks of one manifest" in ran.err


# ------------------------------------------------------------------------------------ marks files


def test_validate_checks_marks_files_too(project: Project) -> None:
    project.jobs(LOOKS)
    project.write(format_marks([]), "spring.marks.yaml")
    ran = project.run("validate", "spring.yaml", "spring.marks.yaml")
    assert (ran.code, ran.out) == (
        0,
        "spring.yaml: 4 jobs, no errors\nspring.marks.yaml: 0 marks, no errors\n",
    )
    project.write("version: 1\nmarks: [{id: a, fingerprint: 3f}]\n", "spring.marks.yaml")
    ran = project.run("validate", "spring.marks.yaml", "--json")
    assert ran.code == 3
    (problem,) = json.loads(ran.out)
    assert (problem["line"], problem["column"]) == (2, 30)


@pytest.mark.parametrize("name", ["spring.marks.yaml", "spring.anna.marks.yaml"])
def test_a_run_skips_the_marks_of_its_manifest(online: Project, name: str) -> None:
    online.jobs("  - {id: window, prompt: a cat}\n")
    online.write(format_marks([]), name)
    ran = online.run(name, "spring.yaml")
    assert ran.code == 0
    assert f"{name}: skipped, it has the marks of spring.yaml" in ran.err


def test_marks_alone_are_no_manifest(project: Project) -> None:
    project.write(format_marks([]), "spring.marks.yaml")
    ran = project.run("spring.marks.yaml")
    assert ran.code == 3
    assert "error: this is a marks file, not a manifest" in ran.err
    assert "hint: name its manifest, with --redo spring.marks.yaml" in ran.err


# ----------------------------------------------------------------------------------------- picked


def test_without_a_pick_a_run_names_the_choices(online: Project, submissions: Submissions) -> None:
    online.jobs(PICKS)
    for arguments in (("spring.yaml",), ("plan", "spring.yaml"), ("validate", "spring.yaml")):
        ran = online.run(*arguments)
        assert ran.code == 3
        assert 'job "after": no take of "look" is picked (look.1, look.2, look.3)' in ran.err
        assert "--select 'look.*' makes them first" in ran.err
    assert submissions() == Counter()


def test_the_choices_can_be_made_before_one_is_picked(
    online: Project, submissions: Submissions
) -> None:
    online.jobs(PICKS)
    assert online.run("spring.yaml", "--select", "look.*").code == 0
    assert submissions()["accepted"] == 3
    ran = online.run("status", "spring.yaml")
    assert 'not submitted yet: no take of "look" is picked' in ran.out
    mark(online, look_2="picked")
    assert online.run("spring.yaml").code == 0
    assert submissions()["accepted"] == 5
    assert online.rows()["after"]["parameters"]["images"] == ["${{ jobs['look.2'].output }}"]
    assert online.results()["marks"]["path"] == "spring.marks.yaml"


@pytest.mark.parametrize("marks", ["spring.emulated.marks.yaml", "spring.marks.yaml"])
def test_a_rehearsal_has_picks_of_its_own_or_real_ones(online: Project, marks: str) -> None:
    online.jobs(PICKS)
    online.run("spring.yaml", "--select", "look.*")
    mark(online, marks, look_2="picked")
    assert online.run("plan", "spring.yaml", "--emulate").code == 0
    assert online.run("plan", "spring.yaml").code == (0 if marks == "spring.marks.yaml" else 3)


def test_a_pick_is_as_if_the_take_were_named(online: Project, submissions: Submissions) -> None:
    online.jobs(PICKS)
    online.run("spring.yaml", "--select", "look.*")
    mark(online, look_2="picked")
    online.run("spring.yaml")
    online.jobs(PICKS.replace("jobs.look.picked", "jobs['look.2'].output"))
    assert online.run("spring.yaml").code == 0
    assert submissions()["accepted"] == 5


def test_another_pick_is_another_request(online: Project) -> None:
    online.jobs(PICKS)
    online.run("spring.yaml", "--select", "look.*")
    mark(online, look_2="picked")
    online.run("spring.yaml")
    mark(online, look_1="picked")
    (line,) = planned(online)
    assert line == 'submit after 8 credits changed: the result of "look.1"'


def test_picks_and_rejections_stand_in_one_file(online: Project) -> None:
    online.jobs(PICKS)
    online.run("spring.yaml", "--select", "look.*")
    mark(online, look_1="rejected", look_3="picked")
    assert online.run("spring.yaml", "--redo", "spring.marks.yaml").code == 0
    assert list(online.rows()) == ["window", "look.2", "look.3", "look.4", "after"]
    # Without --redo the same pick counts, and nothing is rejected.
    ran = online.run("plan", "spring.yaml")
    assert ran.out.startswith("spring.yaml: 5 to reuse")
    assert "warning" not in ran.err


def test_a_pick_of_a_replacement_needs_the_redo(online: Project) -> None:
    online.jobs(PICKS)
    online.run("spring.yaml", "--select", "look.*")
    mark(online, look_1="rejected")
    online.run("spring.yaml", "--redo", "spring.marks.yaml", "--select", "look.*")
    mark(online, look_1="rejected", look_4="picked")
    ran = online.run("plan", "spring.yaml")
    assert ran.code == 3
    assert 'job "look.4": the manifest has no such job: the mark has no effect' in ran.err
    assert planned(online, "--redo", "spring.marks.yaml")[-1] == "submit after 8 credits new"


# ------------------------------------------------------------------- jobs that use rejected takes

USES = (
    LOOKS
    + """
  - {id: after, prompt: it jumps, images: ["${{ jobs['look.2'].output }}"]}
"""
)


def test_nothing_is_made_from_a_rejected_take(online: Project, submissions: Submissions) -> None:
    online.jobs(USES)
    online.run("spring.yaml", "--select", "look.*")
    mark(online, look_2="rejected")
    redo = ("spring.yaml", "--redo", "spring.marks.yaml")
    ran = online.run(*redo)
    assert ran.code == 3
    assert 'job "after": it uses "look.2", which is rejected in spring.marks.yaml' in ran.err
    assert "look.4 stands in for it: write jobs['look.4'], or jobs['look'].picked" in ran.err
    assert submissions()["accepted"] == 3
    # The replacement can be made, to be looked at first.
    assert online.run(*redo, "--select", "look.*").code == 0
    assert submissions()["accepted"] == 4


def test_what_was_made_from_a_rejected_take_is_kept(
    online: Project, submissions: Submissions
) -> None:
    online.jobs(USES)
    online.run("spring.yaml")
    mark(online, look_2="rejected")
    ran = online.run("spring.yaml", "--redo", "spring.marks.yaml")
    assert ran.code == 0, ran.err
    assert 'warning: job "after": it uses "look.2", which is rejected' in ran.err
    assert submissions()["accepted"] == 6
    assert online.rows()["after"]["reused"]
