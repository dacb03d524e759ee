"""`vidu-run report`: galleries of runs, of results alone, and of what is not there."""

from __future__ import annotations

import html
import io
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.builders import file_entry, image_bytes, result_row, results_document, write_file
from tests.commands.conftest import Project
from tests.commands.serving import UNDER_WAY, serving
from tests.media.clips import video_bytes

TWO = """
  - {id: a, prompt: a red boat, seed: 7}
  - {id: b, prompt: a blue boat, seed: 8}
"""
MATRIX = """
  - id: look-${{ matrix.style }}
    matrix: {style: [noir, 水墨]}
    takes: 2
    prompt: a cat, ${{ matrix.style }}
"""
PAGE = "spring.report/index.html"
_DATA = re.compile(r'<script[^>]*\bid="data"[^>]*>(.*?)</script>', re.DOTALL)


def data_of(page: str) -> dict[str, Any]:
    """The JSON that the page's script reads."""
    found = _DATA.search(page)
    assert found, "the page has data"
    value: dict[str, Any] = json.loads(found[1])
    return value


def data_in(project: Project, name: str = PAGE) -> dict[str, Any]:
    return data_of((project.folder / name).read_text(encoding="utf-8"))


def shown(project: Project, name: str = PAGE) -> dict[str, dict[str, Any]]:
    return {job["id"]: job for job in data_in(project, name)["jobs"]}


def written(project: Project, *rows: dict[str, Any], **more: Any) -> None:
    """Results of spring.yaml, without a ledger and without the manifest."""
    text = json.dumps(results_document(rows, **more), indent=2)  # which is YAML too
    project.write(text, "spring.results.yaml")


def picture(project: Project, name: str, size: tuple[int, int] = (640, 360)) -> dict[str, Any]:
    return file_entry(project.folder, name, image_bytes("PNG", size), "image/png")


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


# ----------------------------------------------------------------------------------- of a real run


def test_a_run_becomes_a_page_beside_its_results(online: Project) -> None:
    online.jobs(MATRIX)
    online.run("spring.yaml")
    ran = online.run("report", "spring.yaml")
    assert (ran.code, ran.out) == (0, f"{PAGE}\n")
    data = data_in(online)
    assert (data["name"], data["stem"], data["form"]) == ("spring", "spring", "folder")
    assert {"name": "style", "values": ["noir", "水墨"]} in data["axes"]
    jobs = shown(online)
    assert [(job["stack"], job["take"]) for job in jobs.values()] == [
        ("look-noir", 1),
        ("look-noir", 2),
        ("look-水墨", 1),
        ("look-水墨", 2),
    ]
    (file,) = jobs["look-水墨.1"]["files"]
    assert file["src"] == "../outputs/spring/look-%E6%B0%B4%E5%A2%A8.1.png"
    assert (online.folder / "spring.report" / file["thumb"]).is_file()
    assert file["w"] > 0


def test_a_page_has_no_absolute_path_url_or_name_of_a_key(online: Project) -> None:
    online.jobs(TWO)
    online.run("spring.yaml")
    online.run("report", "spring.yaml")
    everything = b"".join(contents(online.folder / "spring.report").values())
    (row, *_) = online.rows().values()
    for secret in (str(online.folder), row["urls"][0][:25], "VIDU_API_KEY", "secret-key-7351"):
        assert secret.encode() not in everything


def test_the_same_results_make_the_same_bytes(online: Project) -> None:
    online.jobs(TWO)
    online.run("spring.yaml")
    for form in ((), ("--copy", "copied"), ("--copy", "c.zip"), ("--embed", "one.html")):
        online.run("report", "spring.yaml", *form)
        where = online.folder / (form[1] if form else "spring.report")
        first = contents(where) if where.is_dir() else where.read_bytes()
        shutil.rmtree(where) if where.is_dir() else where.unlink()
        shutil.rmtree(online.folder / ".vidu-run/thumbs", ignore_errors=True)
        online.run("report", "spring.yaml", *form)
        assert (contents(where) if where.is_dir() else where.read_bytes()) == first


def test_a_second_report_rewrites_nothing(online: Project) -> None:
    online.jobs(TWO)
    online.run("spring.yaml")
    online.run("report", "spring.yaml")
    folder = online.folder / "spring.report"
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}
    assert online.run("report", "spring.yaml").code == 0
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_a_run_that_goes_on_shows_what_is_there(project: Project) -> None:
    project.jobs(TWO)
    with serving(project):
        assert project.run("spring.yaml", *UNDER_WAY).code == 6
    results = project.folder / "spring.results.yaml"
    results.unlink()  # as in the first minute of a run
    assert project.run("report", "spring.yaml").code == 0
    data = data_in(project)
    assert {job["id"]: job["state"] for job in data["jobs"]} == {"a": "pending", "b": "pending"}
    assert data["totals"]["pending"] == 2


def test_after_a_killed_run_the_ledger_knows_more_than_the_results(online: Project) -> None:
    online.jobs(TWO)
    online.run("spring.yaml")
    results = online.folder / "spring.results.yaml"
    text = results.read_text(encoding="utf-8")
    # As a run leaves it that is killed before its end.
    text = re.sub(r"finished_at: .*\n  exit_code: 0", "finished_at: null\n  exit_code: null", text)
    results.write_text(text.replace("state: succeeded", "state: pending"), encoding="utf-8")
    assert online.run("report", "spring.yaml").code == 0
    assert {job["state"] for job in shown(online).values()} == {"succeeded"}


def test_before_any_run_there_is_nothing_to_show(project: Project) -> None:
    project.jobs(TWO)
    ran = project.run("report", "spring.yaml")
    assert ran.code == 2
    assert "nothing of spring.yaml has been made yet" in ran.err
    assert not (project.folder / "spring.report").exists()


def test_a_missing_manifest_without_results_is_an_error(project: Project) -> None:
    assert project.run("report", "spring.yaml").code == 3


def test_a_rehearsal_has_a_gallery_of_its_own(project: Project) -> None:
    project.jobs(TWO)
    assert project.run("spring.yaml", "--emulate", "--time-scale", "0").code == 0
    ran = project.run("report", "spring.yaml", "--emulate")
    assert ran.out == "spring.emulated.report/index.html\n"
    data = data_in(project, "spring.emulated.report/index.html")
    assert (data["emulated"], data["marks_file"]) == (True, "spring.emulated.marks.yaml")
    assert "--emulate shows its rehearsal" in project.run("report", "spring.yaml").err
    # The results show which ones they are.
    assert project.run("report", "spring.emulated.results.yaml").out == ran.out


# ----------------------------------------------------------------------- of results from elsewhere


def test_results_alone_are_enough(project: Project) -> None:
    written(project, result_row("a", files=[picture(project, "outputs/spring/a.png")]))
    for named in ("spring.yaml", "spring.results.yaml"):
        assert project.run("report", named).code == 0
        assert shown(project)["a"]["files"][0]["src"] == "../outputs/spring/a.png"
    assert not (project.folder / ".vidu-run").exists()


def test_rows_of_an_older_version_get_the_axes_of_the_manifest(online: Project) -> None:
    online.jobs(MATRIX)
    online.run("spring.yaml")
    document = online.results()
    for row in document["jobs"]:
        del row["axes"]
    document["jobs"][0]["fingerprint"] = "0" * 64  # asked for something else at that time
    online.write(json.dumps(document), "spring.results.yaml")
    assert online.run("report", "spring.yaml").code == 0
    jobs = shown(online)
    assert jobs["look-noir.2"]["axes"] == {"style": "noir"}
    assert "axes" not in jobs["look-noir.1"]


def test_labels_are_read_where_an_older_version_did_not(project: Project) -> None:
    xmp = b'<x xmlns:TC260="http://www.tc260.org.cn/ns/AIGC/1.0/" TC260:AIGC="{}"/>'
    out = io.BytesIO()
    Image.new("RGB", (64, 64)).save(out, "WEBP", xmp=xmp)
    entry = file_entry(project.folder, "a.webp", out.getvalue(), "image/webp")
    written(
        project, result_row("a", files=[entry]), result_row("b", files=[entry], labels=["c2pa"])
    )
    assert project.run("report", "spring.yaml").code == 0
    assert [job["labels"] for job in shown(project).values()] == [["aigc"], ["c2pa"]]


def test_hostile_texts_stay_inside_the_data(project: Project) -> None:
    hostile = '</script><img src=x onerror=alert(1)>\u202e<!--&amp;\u2028 ${{ "\\'
    written(
        project,
        result_row(
            "a",
            prompt=hostile,
            tags=[hostile],
            model=hostile,
            parameters={hostile: hostile},
            axes={"matrix": {hostile: hostile}},
            error={"code": hostile, "message": hostile, "class": hostile, "billed": hostile},
            state="failed",
        ),
    )
    assert project.run("report", "spring.yaml").code == 0
    page = (project.folder / PAGE).read_text(encoding="utf-8")
    assert data_of(page)["jobs"][0]["prompt"] == hostile
    assert "<img src=x" not in page
    assert page.count("</script>") == page.count("<script")


def test_paths_and_links_out_of_the_folder_are_not_followed(project: Project) -> None:
    secret = project.folder.parent / "secret.png"
    secret.write_bytes(image_bytes())
    entry = picture(project, "b.png") | {"path": "../secret.png"}
    (project.folder / "link.png").symlink_to(secret)
    rows = [
        result_row("a", files=[entry]),
        result_row("b", files=[entry | {"path": "link.png"}]),
        result_row("c", files=[entry | {"path": "/etc/hosts"}]),
    ]
    written(project, *rows)
    ran = project.run("report", "spring.yaml")
    assert ran.code == 0
    assert "3 files are not shown: the path leads out of the folder of results" in ran.err
    for job in shown(project).values():
        (file,) = job["files"]
        assert file["gone"] == "outside"
        assert "src" not in file
        assert "thumb" not in file


def test_a_folder_of_files_elsewhere_can_be_named(project: Project, tmp_path: Path) -> None:
    entry = file_entry(
        tmp_path.parent / f"{tmp_path.name}-large", "a.png", image_bytes(), "image/png"
    )
    written(project, result_row("a", files=[entry | {"path": f"../{tmp_path.name}-large/a.png"}]))
    named = tmp_path.parent / f"{tmp_path.name}-large"
    assert project.run("report", "spring.yaml", "--outputs", named).code == 0
    assert "thumb" in shown(project)["a"]["files"][0]


def test_what_cannot_be_shown_is_said(project: Project) -> None:
    picture(project, "changed.png")
    rows = [
        result_row("gone", files=[picture(project, "x.png") | {"path": "gone.png"}]),
        result_row("html", files=[file_entry(project.folder, "h.png", b"<html>", "image/png")]),
        result_row("changed", files=[picture(project, "x.png", (9, 9)) | {"path": "changed.png"}]),
    ]
    written(project, *rows)
    ran = project.run("report", "spring.yaml")
    assert {id_: job["files"][0].get("gone") for id_, job in shown(project).items()} == {
        "gone": "missing",
        "html": "unreadable",
        "changed": "changed",
    }
    assert "thumb" in shown(project)["changed"]["files"][0]
    assert ran.err.splitlines() == [
        f"{PAGE}: 1 file is missing: `vidu-run fetch` fetches what is paid for at no cost",
        f"{PAGE}: 1 file is changed since the run: what is shown is what is there now",
        f"{PAGE}: 1 file is damaged, or neither picture, video nor sound",
    ]


def test_a_video_without_a_still_has_its_cover(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runner.media.streams.is_available", lambda: False)
    video = file_entry(project.folder, "a.mp4", video_bytes(), "video/mp4")
    written(project, result_row("a", files=[video, picture(project, "a.png") | {"kind": "cover"}]))
    ran = project.run("report", "spring.yaml")
    assert "1 file is without a preview: videos and sounds need PyAV" in ran.err
    first, cover = shown(project)["a"]["files"]
    assert first["thumb"] == cover["thumb"]
    assert cover["role"] == "cover"


def test_damaged_results_without_a_ledger_are_an_error(project: Project) -> None:
    written(project, result_row("a"))
    path = project.folder / "spring.results.yaml"
    path.write_text(path.read_text()[:-200], encoding="utf-8")
    project.jobs(TWO)
    ran = project.run("report", "spring.yaml")
    assert ran.code == 3
    assert "the results manifest is damaged" in ran.err


def test_damaged_results_are_named_where_the_manifest_is_missing_too(project: Project) -> None:
    written(project, result_row("a"))
    path = project.folder / "spring.results.yaml"
    path.write_text(path.read_text()[:-200], encoding="utf-8")
    ran = project.run("report", "spring.yaml")
    assert ran.code == 3
    assert "the results manifest is damaged" in ran.err
    assert "there is no such file" in ran.err


def test_another_file_is_no_results_manifest(project: Project) -> None:
    project.jobs(TWO)
    project.write("hello: world\n", "notes.yaml")
    assert project.run("report", "spring.yaml", "-o", "notes.yaml").code == 2


# ------------------------------------------------------------------------------------------- forms


def test_a_copy_has_originals_and_leaves_alone(online: Project, tmp_path: Path) -> None:
    online.jobs(TWO)
    online.run("spring.yaml")
    assert online.run("report", "spring.yaml", "--copy", "client").out == "client/index.html\n"
    file = shown(online, "client/index.html")["a"]["files"][0]
    assert file["src"] == "outputs/spring/a.png"
    copied = online.folder / "client/outputs/spring/a.png"
    assert copied.samefile(online.folder / "outputs/spring/a.png")  # a hard link
    assert tmp_path.name not in (online.folder / "client/.vidu-run-report").read_text()


def test_a_later_copy_drops_what_is_not_there_any_more(project: Project) -> None:
    first = result_row("a", files=[picture(project, "outputs/a.png")])
    second = result_row("b", files=[picture(project, "outputs/b.png", (99, 99))])
    written(project, first, second)
    project.run("report", "spring.yaml", "--copy", "client")
    written(project, second)
    project.run("report", "spring.yaml", "--copy", "client")
    names = set(contents(project.folder / "client"))
    assert {name for name in names if name.endswith(".png")} == {"outputs/b.png"}
    assert len([name for name in names if name.endswith(".webp")]) == 1


def test_a_copy_has_no_ways_out_of_its_folder(project: Project) -> None:
    entry = picture(project, "outputs/spring/a.png") | {"path": "../outputs/spring/a.png"}
    project.write(
        json.dumps(results_document([result_row("a", files=[entry])])), "x/r.results.json"
    )
    ran = project.run("report", "spring.yaml", "-o", "x/r.results.json", "--copy", "client")
    assert ran.code == 0
    assert (project.folder / "client/outputs/spring/a.png").is_file()


def test_two_originals_of_one_name_are_both_copied(project: Project) -> None:
    old = picture(project, ".vidu-run/files/x.png", (33, 33))
    kept = project.folder / f".vidu-run/files/{old['sha256']}.png"
    (project.folder / ".vidu-run/files/x.png").rename(kept)
    new = picture(project, "outputs/a.png")
    rows = [result_row("a", files=[new])]
    written(project, *rows, removed=[result_row("b", files=[old | {"path": "outputs/a.png"}])])
    project.run("report", "spring.yaml", "--copy", "client")
    jobs = shown(project, "client/index.html")
    assert jobs["a"]["files"][0]["src"] == "outputs/a.png"
    assert jobs["b"]["files"][0]["src"] == f"outputs/a~{old['sha256'][:8]}.png"


def test_an_archive_has_everything_in_one_folder(project: Project) -> None:
    written(project, result_row("a", files=[picture(project, "outputs/a.png")]))
    assert project.run("report", "spring.yaml", "--copy", "client.zip").out == "client.zip\n"
    with zipfile.ZipFile(project.folder / "client.zip") as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        page = archive.read("spring/index.html").decode()
    file = data_of(page)["jobs"][0]["files"][0]
    assert {f"spring/{file['src']}", f"spring/{file['thumb']}"} <= set(names)


def test_one_file_has_the_pictures_inside(project: Project) -> None:
    written(project, result_row("a", files=[picture(project, "outputs/a.png", (1920, 1080))]))
    assert project.run("report", "spring.yaml", "--embed", "x.html", "--preview", "960").code == 0
    (file,) = shown(project, "x.html")["a"]["files"]
    assert file["thumb"].startswith("data:image/webp;base64,")
    assert len(file["preview"]) > len(file["thumb"])
    assert "src" not in file
    assert not (project.folder / "spring.report").exists()


def test_thumbnails_are_shared_between_the_forms(online: Project) -> None:
    online.jobs(TWO)
    online.run("spring.yaml")
    online.run("report", "spring.yaml")
    for thumb in (online.folder / "outputs/spring").iterdir():
        os.utime(thumb)  # the same content, whatever its time
    (online.folder / "spring.report/thumbs").chmod(0o500)
    thumbs = {path.name for path in (online.folder / "spring.report/thumbs").glob("*.webp")}
    assert online.run("report", "spring.yaml", "--copy", "client").code == 0
    assert {path.name for path in (online.folder / "client/thumbs").glob("*.webp")} == thumbs


def test_a_large_page_is_refused_without_yes(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(project, result_row("a", files=[picture(project, "outputs/a.png")]))
    monkeypatch.setattr("runner.commands.report.WARN_BYTES", 1)
    ran = project.run("report", "spring.yaml", "--embed", "x.html")
    assert ran.code == 0
    assert "which is slow to open" in ran.err
    monkeypatch.setattr("runner.commands.report.MAX_BYTES", 1)
    ran = project.run("report", "spring.yaml", "--embed", "x.html")
    assert ran.code == 2
    assert "few browsers open" in ran.err
    assert project.run("report", "spring.yaml", "--embed", "x.html", "--yes").code == 0


@pytest.mark.parametrize(
    ("form", "name"),
    [(("--copy", "mine"), "mine/a.txt"), (("--copy", "my.zip"), "my.zip"),
     (("--embed", "my.html"), "my.html"), ((), "spring.report/notes.txt")],
)  # fmt: skip
def test_what_is_somebody_elses_is_not_overwritten(
    project: Project, form: tuple[str, ...], name: str
) -> None:
    written(project, result_row("a"))
    write_file(project.folder, name, b"mine")
    ran = project.run("report", "spring.yaml", *form)
    assert ran.code == 2
    assert (project.folder / name).read_bytes() == b"mine"
    assert "move this one away" in ran.err


@pytest.mark.parametrize(
    "form", [("--copy", "client"), ("--copy", "client.zip"), ("--embed", "one.html"), ()]
)
def test_every_form_can_be_made_again(project: Project, form: tuple[str, ...]) -> None:
    written(project, result_row("a", files=[picture(project, "outputs/a.png")]))
    assert project.run("report", "spring.yaml", *form).code == 0
    written(project, result_row("b", files=[picture(project, "outputs/a.png")]))
    assert project.run("report", "spring.yaml", *form).code == 0


def test_a_full_disk_leaves_the_old_page(project: Project) -> None:
    written(project, result_row("a"))
    project.run("report", "spring.yaml")
    before = (project.folder / PAGE).read_bytes()
    written(project, result_row("b", prompt="x" * 5_000_000))
    # A file system that is full as soon as a page of that size is written.
    full = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20));"
    full += "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
    full += "from runner.__main__ import main; sys.argv[1:] = ['report', 'spring.yaml']; main()"
    ran = subprocess.run(
        [sys.executable, "-c", full],
        cwd=project.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 6
    assert "cannot be written: File too large" in ran.stderr
    assert (project.folder / PAGE).read_bytes() == before
    assert not list((project.folder / "spring.report").glob(".*.part"))


# ------------------------------------------------------------------------------------------- flags


def test_marks_of_several_reviewers_stand_in_the_page(project: Project) -> None:
    row = result_row("a")
    written(project, row)
    for name, mark in (("spring.anna", "rejected"), ("ben", "picked")):
        line = (
            f"  - {{id: a, fingerprint: {row['fingerprint']!r}, mark: {mark}, stars: 2, note: 手}}"
        )
        project.write(f"version: 1\nmarks:\n{line}\n", f"{name}.marks.yaml")
    marks = ("--marks", "spring.anna.marks.yaml", "--marks", "ben.marks.yaml")
    assert project.run("report", "spring.yaml", *marks).code == 0
    known = {"fingerprint": row["fingerprint"], "stars": 2, "note": "手"}
    assert data_in(project)["reviewers"] == [
        {"name": "anna", "marks": {"a": known | {"mark": "rejected"}}},
        {"name": "ben", "marks": {"a": known | {"mark": "picked"}}},
    ]


def test_only_what_is_selected_is_shown(project: Project) -> None:
    cost = {"estimated": {"cny": 0.63}, "actual": None, "at_risk": None}
    rows = [
        result_row("a", tags=["hero"]),
        result_row("b", tags=["hero"], cost=cost),
        result_row("c", state="failed"),
    ]
    written(project, *rows, removed=[result_row("d")])
    assert project.run("report", "spring.yaml", "--select", "tag:hero").code == 0
    assert list(shown(project)) == ["a", "b"]
    totals = data_in(project)["totals"]
    assert (totals["jobs"], totals["credits"], totals["cny"]) == (2, 6, 0.63)
    # A browser keeps its marks apart from those of the whole gallery.
    assert data_in(project)["key"].endswith(" tag:hero")
    project.run("report", "spring.yaml", "--exclude", "state:failed", "--exclude", "a")
    assert list(shown(project)) == ["b", "d"]
    assert project.run("report", "spring.yaml", "--select", "e").code == 2


def test_a_selection_keeps_the_thumbnails_of_the_others(project: Project) -> None:
    written(project, *(result_row(id_, files=[picture(project, f"{id_}.png", (n, 9))])
                       for n, id_ in enumerate("ab", start=20)))  # fmt: skip
    project.run("report", "spring.yaml")
    thumbs = contents(project.folder / "spring.report/thumbs")
    project.run("report", "spring.yaml", "--select", "a")
    assert contents(project.folder / "spring.report/thumbs") == thumbs
    for copied, count in ((("--select", "a"), 1), ((), 2), (("--select", "b"), 1)):
        project.run("report", "spring.yaml", "--copy", "client", *copied)
        assert len(list((project.folder / "client/thumbs").glob("*.webp"))) == count


def test_what_was_picked_can_be_handed_over(project: Project) -> None:
    rows = [result_row(id_, files=[picture(project, f"{id_}.png")]) for id_ in "abc"]
    written(project, *rows)
    marks = [
        f"  - {{id: a, fingerprint: {rows[0]['fingerprint']!r}, mark: picked}}",
        f"  - {{id: b, fingerprint: {rows[1]['fingerprint']!r}, mark: rejected}}",
        f"  - {{id: c, fingerprint: {rows[0]['fingerprint']!r}, mark: picked}}",  # an earlier one
    ]
    project.write("\n".join(["version: 1", "marks:", *marks, ""]), "spring.marks.yaml")
    picked = ("--marks", "spring.marks.yaml", "--select", "mark:picked")
    assert project.run("report", "spring.yaml", *picked, "--copy", "client").code == 0
    assert [path.name for path in (project.folder / "client/files").iterdir()] == ["a.png"]
    for wrong in (("--select", "mark:picked"), (*picked[:2], "--select", "mark:best")):
        assert project.run("report", "spring.yaml", *wrong).code == 2


def test_marks_of_other_jobs_or_requests_are_a_warning(project: Project) -> None:
    written(project, result_row("a"))
    lines = "".join(
        f"  - {{id: {id_}, fingerprint: {'ab' * 32}, mark: picked}}\n" for id_ in ("a", "nobody")
    )
    project.write(f"version: 1\nmarks:\n{lines}", "spring.marks.yaml")
    ran = project.run("report", "spring.yaml", "--marks", "spring.marks.yaml")
    assert ran.code == 0
    assert ran.err.startswith("spring.marks.yaml: warning: 2 marks not shown: no such job is among")


def test_marks_with_mistakes_are_an_error(project: Project) -> None:
    written(project, result_row("a"))
    project.write("version: 1\nmarks: [{id: a}]\n", "spring.marks.yaml")
    assert project.run("report", "spring.yaml", "--marks", "spring.marks.yaml").code == 3


def test_a_language_can_be_fixed(project: Project) -> None:
    written(project, result_row("a", files=[picture(project, "x.png") | {"path": "gone.png"}]))
    ran = project.run("report", "spring.yaml", "--lang", "zh")
    assert "缺少 1 个文件" in ran.err
    page = (project.folder / PAGE).read_text(encoding="utf-8")
    assert '<html lang="zh-CN"' in html.unescape(page)


def test_flags_that_contradict_each_other_are_refused(project: Project) -> None:
    written(project, result_row("a"))
    for flags in (
        ("--copy", "x", "--embed", "x.html"),
        ("--preview", "960"),
        ("--open", "--copy", "x.zip"),
        ("--preview", "5", "--embed", "x.html"),
    ):
        assert project.run("report", "spring.yaml", *flags).code == 2


def test_nothing_is_opened_where_nobody_sees_it(project: Project) -> None:
    written(project, result_row("a"))
    project.env |= {"CI": "true", "BROWSER": "false"}
    ran = project.run("report", "spring.yaml", "--open")
    assert (ran.code, ran.err) == (0, "not opened: CI is set\n")


def test_a_page_is_opened_when_that_is_asked_for(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(project, result_row("a"))
    opened: list[str] = []

    def open_page(url: str) -> bool:
        opened.append(url)
        return True

    monkeypatch.setattr("webbrowser.open", open_page)
    project.env |= dict.fromkeys(("CLAUDECODE", "COPILOT_CLI", "CURSOR_AGENT", "GEMINI_CLI"))
    project.env["DISPLAY"] = ":0"
    assert project.run("report", "spring.yaml", "--open").code == 0
    assert opened == [(project.folder / PAGE).resolve().as_uri()]


# --------------------------------------------------------------------------------------- sidecars


def sidecars(project: Project) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in project.folder.rglob("*.xmp")}


def test_sidecars_have_the_marks_beside_the_manifest(online: Project) -> None:
    online.jobs(TWO)
    online.run("spring.yaml")
    fingerprint = online.rows()["a"]["fingerprint"]
    mark = f'{{id: a, fingerprint: "{fingerprint}", mark: picked, stars: 4}}'
    online.write(f"version: 1\nmarks: [{mark}]\n", "spring.marks.yaml")
    ran = online.run("report", "spring.yaml", "--xmp")
    assert (ran.code, ran.out) == (0, f"{PAGE}\n")
    assert "2 sidecars written" in ran.err
    found = sidecars(online)
    assert sorted(found) == ["a.png.xmp", "b.png.xmp"]
    assert b'xmp:Rating="4"' in found["a.png.xmp"]
    assert b'digiKam:PickLabel="3"' in found["a.png.xmp"]
    assert b'xmp:Rating="0"' in found["b.png.xmp"]
    assert online.run("spring.yaml").code == 0  # they are in the way of nothing
    assert sidecars(online) == found


def test_sidecars_of_others_are_left_and_named(online: Project) -> None:
    online.jobs(TWO)
    online.run("spring.yaml")
    online.write("darktable's", "outputs/spring/a.png.xmp")
    ran = online.run("report", "spring.yaml", "--xmp")
    assert "1 sidecar written" in ran.err
    path = "outputs/spring/a.png.xmp"
    assert f"not written, changed or made by another program: {path}" in ran.err
    assert sidecars(online)["a.png.xmp"] == b"darktable's"


def test_without_the_flag_there_are_no_sidecars(online: Project) -> None:
    online.jobs(TWO)
    online.run("spring.yaml")
    online.run("report", "spring.yaml")
    assert sidecars(online) == {}


@pytest.mark.parametrize("form", [("--copy", "c"), ("--embed", "one.html")])
def test_sidecars_are_made_in_place_only(project: Project, form: tuple[str, str]) -> None:
    written(project, result_row("a"))
    ran = project.run("report", "spring.yaml", "--xmp", *form)
    assert (ran.code, "--xmp works neither with" in ran.err) == (2, True)
