"""`vidu-run list`: the ids that a selection means, for other commands to read."""

from __future__ import annotations

import json

import pytest

from tests.commands.conftest import Project

LOOKS = """
  - {id: window, prompt: a red boat, seed: 7, tags: [still, hero]}
  - id: look-${{ matrix.style }}
    matrix: {style: [noir, 水墨]}
    takes: 2
    prompt: a boat, ${{ matrix.style }}
    tags: [still]
  - {id: dance, prompt: it moves, images: ["${{ jobs.window.output }}"]}
"""
ALL = ["window", "look-noir.1", "look-noir.2", "look-水墨.1", "look-水墨.2", "dance"]


def ids(project: Project, *arguments: str) -> list[str]:
    ran = project.run("list", "spring.yaml", *arguments)
    assert ran.code == 0, ran.err
    return ran.out.splitlines()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), ALL),
        (("--select", "look-*", "--exclude", "*.2"), ["look-noir.1", "look-水墨.1"]),
        (("--select", "tag:hero"), ["window"]),
        (("--select", "dance"), ["dance"]),  # without what it needs
        (("--select", "changed"), ALL),
    ],
)
def test_the_ids_stand_one_a_line(
    project: Project, arguments: tuple[str, ...], expected: list[str]
) -> None:
    project.jobs(LOOKS)
    assert ids(project, *arguments) == expected
    assert [path.name for path in project.folder.iterdir()] == ["spring.yaml"]


def test_json_has_operation_state_tags_and_axes(project: Project) -> None:
    project.jobs(LOOKS)
    ran = project.run("list", "spring.yaml", "--json", "--select", "look-noir.2")
    assert json.loads(ran.out) == [
        {
            "manifest": "spring.yaml",
            "id": "look-noir.2",
            "operation": "vidu/reference2image",
            "state": "pending",
            "tags": ["still"],
            "axes": {"matrix": {"style": "noir"}, "take": 2},
        }
    ]


def test_changed_are_those_that_a_run_would_make_newly(online: Project) -> None:
    online.jobs(LOOKS)
    online.run("spring.yaml")
    assert online.run("list", "spring.yaml", "--select", "changed").code == 2
    online.jobs(LOOKS.replace("a boat,", "a ship,") + "  - {id: new, prompt: new}\n")
    assert ids(online, "--select", "changed") == [*ALL[1:5], "new"]
    assert ids(online, "--select", "state:succeeded") == ["window", "dance"]


def test_without_a_ledger_the_results_show_what_changed(online: Project) -> None:
    online.jobs(LOOKS)
    online.run("spring.yaml", "--state-dir", "elsewhere")
    online.jobs(LOOKS.replace("it moves", "it flies"))
    assert ids(online, "--select", "changed") == ["dance"]


def test_marks_beside_the_manifest_select(project: Project) -> None:
    project.jobs(LOOKS)
    marked = json.loads(project.run("plan", "spring.yaml", "--json").out)[0]["jobs"]
    print_of = {job["id"]: job["fingerprint"] for job in marked}
    lines = [
        f"  - {{id: window, fingerprint: '{print_of['window']}', mark: picked}}",
        f"  - {{id: look-noir.1, fingerprint: '{print_of['look-noir.1']}', mark: rejected}}",
        f"  - {{id: look-noir.2, fingerprint: '{'0' * 64}', mark: picked}}",  # another picture
    ]
    project.write("version: 1\nmarks:\n" + "\n".join(lines), "spring.marks.yaml")
    assert ids(project, "--select", "mark:picked") == ["window"]
    assert ids(project, "--select", "mark:none") == ALL[2:]
    # What stands in for a rejected take has its mark.
    redo = ("--redo", "spring.marks.yaml")
    assert ids(project, *redo, "--select", "mark:rejected") == ["look-noir.3"]


def test_an_unknown_id_names_near_ones_and_what_there_is(project: Project) -> None:
    project.jobs(LOOKS)
    ran = project.run("list", "spring.yaml", "--select", "look-noire")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == (
        'error: "look-noire" matches no job\n'
        "  hint: nearest: look-noir.2, look-noir.1, look-水墨.2; states: pending (6); "
        "tags: still (5), hero (1)\n"
    )


def test_an_empty_selection_is_an_error_of_this_verb(project: Project) -> None:
    project.jobs(LOOKS)
    ran = project.run("list", "spring.yaml", "--select", "state:failed")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == (
        "spring.yaml: error: --select state:failed selects no job\n"
        "  hint: states: pending (6); tags: still (5), hero (1)\n"
    )


def test_other_verbs_warn_of_an_empty_selection(project: Project) -> None:
    project.jobs(LOOKS)
    ran = project.run("plan", "spring.yaml", "--select", "state:failed")
    assert ran.code == 0
    assert "warning: --select state:failed selects no job" in ran.err
    assert "hint: states: pending (6)" in ran.err
