"""`vidu-run operations`: the list of operations, and the page of one."""

from __future__ import annotations

import json

from runner.operations import load_operations
from tests.commands.conftest import Project


def test_every_operation_is_listed_with_what_it_makes(project: Project) -> None:
    out = project.run("operations").out
    assert [line.split(":")[0] for line in out.splitlines() if not line.startswith(" ")] == list(
        load_operations()
    )
    assert "vidu/img2video: video from text, image\n" in out
    assert "10 credits for each 500 characters of text, and 300 more\n" in out


def test_a_page_has_parameters_prices_and_an_example(project: Project) -> None:
    out = project.run("operations", "vidu/extend").out
    assert "exactly one of video_url, video_creation_id is required" in out
    assert "duration: whole number, 1 to 7; default 5" in out
    assert (
        "  model         duration  540p  720p  1080p\n  viduq2-turbo         1    10    15     40\n"
        in out
    )
    (project.folder / "spring.yaml").write_text(out.partition("Example\n")[2])
    assert project.run("validate", "spring.yaml").code == 0


def test_lists_and_pages_are_there_for_programs(project: Project) -> None:
    listed = json.loads(project.run("operations", "--json").out)
    assert [each["operation"] for each in listed] == list(load_operations())
    page = json.loads(project.run("operations", "vidu/extend", "--json").out)
    assert (page["operation"], page["makes"]) == ("vidu/extend", "video")


def test_an_unknown_operation_gets_a_hint(project: Project) -> None:
    ran = project.run("operations", "vidu/extent")
    assert ran.code == 2
    assert 'there is no operation "vidu/extent"' in ran.err
    assert 'did you mean "vidu/extend"?' in ran.err
