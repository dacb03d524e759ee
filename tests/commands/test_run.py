"""`vidu-run MANIFEST` as a user sees it: files, results, exit codes, and nothing paid twice."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from runner.commands.load import Manifest
from runner.commands.manifest_plan import ManifestPlan, plan_manifest
from runner.commands.options import Options
from runner.emulator import tables
from runner.operations import schema_folder
from tests.commands.conftest import Project

Submissions = Callable[[], Counter[str]]


TWO = """
  - {id: a, prompt: a red boat, seed: 7}
  - {id: b, prompt: a blue boat, resolution: 2K}
"""


def test_a_run_makes_files_and_a_valid_results_manifest(online: Project) -> None:
    online.jobs(TWO)
    assert online.run("spring.yaml").code == 0
    schema = json.loads((schema_folder() / "results.schema.json").read_text())
    jsonschema.validate(online.results(), schema)
    for row in online.rows().values():
        (file,) = row["files"]
        content = (online.folder / file["path"]).read_bytes()
        assert file["path"] == f"outputs/spring/{row['id']}.png"
        assert file["sha256"] == hashlib.sha256(content).hexdigest()


def test_rows_have_the_axes_of_their_entries(online: Project) -> None:
    online.write("name;size\nboat;2\n", "names.csv")
    online.jobs(
        "  - id: ${{ row.name }}-${{ matrix.look }}\n"
        "    foreach: {file: names.csv, delimiter: ';'}\n"
        "    matrix: {look: [noir, red]}\n    takes: 1\n"
        "    prompt: a ${{ row.name }}, ${{ matrix.look }}\n  - {id: alone, prompt: a cat}\n"
    )
    assert online.run("spring.yaml").code == 0
    rows, cells = online.rows(), {"name": "boat", "size": "2"}
    assert rows["boat-red.1"]["axes"] == {"matrix": {"look": "red"}, "row": cells, "take": 1}
    assert "axes" not in rows["alone"]
    schema = json.loads((schema_folder() / "results.schema.json").read_text())
    jsonschema.validate(online.results(), schema)


def test_seed_and_credits_come_from_the_provider(online: Project) -> None:
    online.jobs(TWO)
    online.run("spring.yaml")
    rows = online.rows()
    assert rows["a"]["seed"] == 7
    assert rows["a"]["credits"] == 6
    assert rows["b"]["credits"] == 8
    assert online.results()["totals"]["credits"] == 14


def take_example(project: Project, section: str) -> None:
    """Have the project run the manifest that a section of the manifest reference shows."""
    page = (Path(__file__).parents[2] / "docs/manifest.md").read_text(encoding="utf-8")
    text = page.partition(f"\n### {section}\n")[2].partition("\n### ")[0]
    example = text.partition("```yaml\n")[2].partition("```")[0]
    (project.folder / "spring.yaml").write_text(example, encoding="utf-8")


def test_the_videos_of_the_page_are_made_for_the_tables_prices(online: Project) -> None:
    take_example(online, "Pictures, and videos from frames")
    assert "(about 51 credits, 46 off-peak, 54 now)" in online.run("plan", "spring.yaml").out
    assert online.run("spring.yaml").code == 0
    rows = online.rows()
    videos = {name: row["credits"] for name, row in rows.items() if "video" in row["operation"]}
    assert videos == {"street": 10, "breathes": 8 + 15, "wakes": 4}
    assert all(rows[name]["files"][0]["path"].endswith(".mp4") for name in videos)


def test_every_other_video_of_vidu_on_the_page_is_made_for_the_tables_price(
    online: Project,
) -> None:
    take_example(online, "Videos from references and other videos")
    plan = online.run("plan", "spring.yaml").out
    assert "(about 128 credits, 105 off-peak, plus 2 jobs without a known price)" in plan
    assert online.run("spring.yaml").code == 0
    rows = online.rows()
    assert all(row["state"] == "succeeded" for row in rows.values())
    priced = {"wakes": 30, "walks": 16, "day": 12 + 14, "goes-on": 10, "large": 4 * 10}
    assert {name: rows[name]["credits"] for name in priced} == priced


def test_every_sound_and_speaking_person_of_vidu_on_the_page_is_made(
    online: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    # People must be larger than the tests' other pictures.
    sides = {name: side * 6 for name, side in tables.SHORT_SIDE.items()}
    monkeypatch.setattr(tables, "SHORT_SIDE", sides)
    take_example(online, "Sounds, voices, and people who speak or move")
    assert online.run("spring.yaml").code == 0
    rows = online.rows()
    assert all(row["state"] == "succeeded" for row in rows.values())
    priced = {"clip": 12, "speech": 10, "news": 20, "dances": 4 * 10, "rain": 10, "storm": 10}
    assert {name: rows[name]["credits"] for name in priced} == priced


def test_modelverses_videos_of_the_page_are_made_for_the_tables_prices(online: Project) -> None:
    take_example(online, "Vidu's videos through ModelVerse")
    assert "(about 6 credits, about 2.25125 CNY)" in online.run("plan", "spring.yaml").out
    assert online.run("spring.yaml").code == 0
    rows = online.rows()
    videos = [row for row in rows.values() if row["operation"].startswith("modelverse/")]
    assert [row["files"][0]["path"][-4:] for row in videos] == [".mp4"] * 5


def test_the_other_makers_videos_of_the_page_are_made(
    online: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Frames must be larger than the tests' other pictures.
    sides = {name: side * 6 for name, side in tables.SHORT_SIDE.items()}
    monkeypatch.setattr(tables, "SHORT_SIDE", sides)
    take_example(online, "The other makers' models")
    plan = online.run("plan", "spring.yaml").out
    assert "(about 6 credits, about 5 CNY, plus 3 jobs without a known price)" in plan
    assert online.run("spring.yaml").code == 0
    videos = [row for row in online.rows().values() if row["operation"].startswith("modelverse/")]
    assert [row["files"][0]["path"][-4:] for row in videos] == [".mp4"] * 5


def test_a_second_run_submits_nothing_and_writes_nothing(
    online: Project, submissions: Submissions
) -> None:
    online.jobs(TWO)
    online.run("spring.yaml")
    before = (online.folder / "spring.results.yaml").read_bytes()
    assert online.run("spring.yaml").code == 0
    assert submissions() == {"accepted": 2}
    assert (online.folder / "spring.results.yaml").read_bytes() == before


def test_a_second_run_needs_no_key(online: Project, submissions: Submissions) -> None:
    online.jobs(TWO)
    online.run("spring.yaml")
    online.env["VIDU_API_KEY"] = None
    assert online.run("spring.yaml").code == 0
    assert submissions() == {"accepted": 2}


def test_a_changed_prompt_is_submitted_and_the_old_file_kept(
    online: Project, submissions: Submissions
) -> None:
    online.jobs(TWO)
    online.run("spring.yaml")
    (old,) = online.rows()["a"]["files"]
    online.jobs(TWO.replace("red", "green"))
    online.run("spring.yaml")
    assert submissions() == {"accepted": 3}
    assert (online.folder / f".vidu-run/files/{old['sha256']}.png").is_file()


def test_an_undone_change_costs_nothing(online: Project, submissions: Submissions) -> None:
    for text in (TWO, TWO.replace("red", "green"), TWO):
        online.jobs(text)
        assert online.run("spring.yaml").code == 0
    assert submissions() == {"accepted": 3}
    (file,) = online.rows()["a"]["files"]
    content = (online.folder / file["path"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == file["sha256"]


def test_a_renamed_job_keeps_its_picture_under_the_new_name(
    online: Project, submissions: Submissions
) -> None:
    online.jobs(TWO)
    online.run("spring.yaml")
    online.jobs(TWO.replace("id: a", "id: boat"))
    assert online.run("spring.yaml").code == 0
    assert submissions() == {"accepted": 2}
    assert (online.folder / "outputs/spring/boat.png").is_file()
    assert [row["id"] for row in online.results()["removed"]] == ["a"]


def test_a_deleted_file_is_fetched_again_and_not_paid_again(
    online: Project, submissions: Submissions
) -> None:
    online.jobs(TWO)
    online.run("spring.yaml")
    picture = online.folder / "outputs/spring/a.png"
    content = picture.read_bytes()
    picture.unlink()
    assert online.run("spring.yaml").code == 0
    assert picture.read_bytes() == content
    assert submissions() == {"accepted": 2}


def test_an_edited_file_is_archived_and_fetched_again(
    online: Project, submissions: Submissions
) -> None:
    online.jobs(TWO)
    online.run("spring.yaml")
    picture = online.folder / "outputs/spring/a.png"
    content = picture.read_bytes()
    picture.write_bytes(b"my drawing")
    assert online.run("spring.yaml").code == 0
    mine = hashlib.sha256(b"my drawing").hexdigest()
    assert (online.folder / f".vidu-run/files/{mine}.png").read_bytes() == b"my drawing"
    assert picture.read_bytes() == content
    assert submissions() == {"accepted": 2}


def test_equal_jobs_are_made_once_and_both_get_the_file(
    online: Project, submissions: Submissions
) -> None:
    online.jobs("""
  - {id: a, prompt: a red boat}
  - {id: twin, prompt: a red boat}
""")
    ran = online.run("spring.yaml")
    assert ran.code == 0
    assert "takes" in ran.err
    assert submissions() == {"accepted": 1}
    rows = online.rows()
    assert rows["a"]["files"][0]["sha256"] == rows["twin"]["files"][0]["sha256"]
    assert (online.folder / "outputs/spring/twin.png").is_file()
    assert (rows["a"]["credits"], rows["twin"]["credits"]) == (6, None)


def test_the_picture_of_one_job_becomes_the_video_of_another(online: Project) -> None:
    pytest.importorskip("av")
    online.jobs("""
  - id: dance
    operation: modelverse/reference2video
    prompt: make it dance.
    images: ["${{ jobs.cat.output }}"]
    duration: 1
    resolution: 540p
  - {id: cat, prompt: 一只可爱的小猫}
""")
    assert online.run("spring.yaml").code == 0
    row = online.rows()["dance"]
    assert row["files"][0]["media_type"] == "video/mp4"
    assert row["usage"] == {"duration": 1}
    assert row["credits"] is None
    assert online.results()["totals"]["cny"] == 0.47


def test_a_manifest_can_be_run_from_another_folder(online: Project) -> None:
    online.jobs(
        """
  - {id: cat, prompt: a cat}
  - {id: boat, prompt: a cat on a boat, images: ["${{ jobs.cat.output }}", refs/cat.png]}
""",
        "campaign/spring.yaml",
    )
    (online.folder / "campaign/refs").mkdir()
    cat = Path(__file__).parents[2] / "manifests/refs/cat.png"
    (online.folder / "campaign/refs/cat.png").write_bytes(cat.read_bytes())
    assert online.run("campaign/spring.yaml").code == 0
    rows = online.rows("campaign/spring.results.yaml")
    assert rows["boat"]["files"][0]["path"] == "outputs/spring/boat.png"
    assert rows["boat"]["parameters"]["images"][1] == "refs/cat.png"


def test_without_downloads_the_urls_are_the_result(online: Project) -> None:
    online.jobs(TWO)
    assert online.run("spring.yaml", "--no-download").code == 0
    assert not (online.folder / "outputs").exists()
    assert all(row["urls"] and not row["files"] for row in online.rows().values())


def test_a_missing_key_is_reported_before_anything_is_written(project: Project) -> None:
    project.jobs(TWO)
    ran = project.run("spring.yaml")
    assert ran.code == 4
    assert "VIDU_API_KEY is not set" in ran.err
    assert "--emulate" in ran.err
    assert sorted(path.name for path in project.folder.iterdir()) == ["spring.yaml"]


def test_no_file_and_no_stream_ever_holds_the_key(online: Project) -> None:
    online.jobs(TWO)
    ran = online.run("spring.yaml")
    assert "secret-key-7351" not in ran.out + ran.err
    for path in online.folder.rglob("*"):
        if path.is_file():
            assert b"secret-key-7351" not in path.read_bytes(), path


def test_an_invalid_manifest_stops_all_with_every_problem(
    online: Project, submissions: Submissions
) -> None:
    online.jobs(TWO)
    online.jobs("  - {id: wide, prompt: a, model: viduq1, aspect_ratio: '21:9'}", "other.yaml")
    online.jobs("  - {id: x, promt: a}", "third.yaml")
    ran = online.run("spring.yaml", "other.yaml", "third.yaml")
    assert ran.code == 3
    assert 'aspect_ratio "21:9" is not offered by viduq1 (16:9, 9:16, 1:1, 3:4, 4:3)' in ran.err
    assert 'did you mean "prompt"?' in ran.err
    assert submissions() == {}


def test_several_manifests_run_one_after_the_other(online: Project) -> None:
    online.jobs(TWO)
    online.jobs("  - {id: c, prompt: a raft}", "autumn.yaml")
    assert online.run("spring.yaml", "autumn.yaml").code == 0
    assert online.rows("autumn.results.yaml")["c"]["state"] == "succeeded"


def test_what_one_manifest_made_the_next_reuses(online: Project, submissions: Submissions) -> None:
    online.jobs(TWO)
    online.jobs(TWO, "autumn.yaml")
    assert online.run("spring.yaml", "autumn.yaml").code == 0
    assert submissions() == {"accepted": 2}
    assert (online.folder / "outputs/autumn/a.png").is_file()


def test_results_can_be_json_under_another_name(online: Project) -> None:
    online.jobs(TWO)
    assert online.run("spring.yaml", "-o", "made/all.json").code == 0
    results = json.loads((online.folder / "made/all.json").read_text())
    file = results["jobs"][0]["files"][0]["path"]
    assert (online.folder / "made" / file).is_file()


def test_an_unreachable_provider_leaves_the_run_to_be_continued(online: Project) -> None:
    online.jobs(TWO)
    online.env["VIDU_BASE_URL"] = "http://127.0.0.1:9"
    ran = online.run("spring.yaml", "--outage", "0s")
    assert ran.code == 6
    assert {row["state"] for row in online.rows().values()} == {"pending"}


def test_a_rehearsal_needs_no_key_and_no_real_files(
    online: Project, submissions: Submissions
) -> None:
    online.jobs(TWO)
    assert online.run("spring.yaml", "--emulate", "--time-scale", "0").code == 0
    assert submissions() == {}
    made = {path.name for path in online.folder.iterdir()}
    assert made == {"spring.yaml", "spring.emulated.results.yaml", "outputs", ".vidu-run"}
    assert (online.folder / "outputs/emulated/spring/a.png").is_file()
    assert not (online.folder / ".vidu-run/ledger.sqlite3").exists()
    assert online.run("spring.yaml").code == 0
    assert submissions() == {"accepted": 2}


def test_an_unwritable_folder_is_reported_before_paying(
    online: Project, submissions: Submissions
) -> None:
    online.jobs(TWO)
    (online.folder / "outputs").write_text("in the way")
    ran = online.run("spring.yaml")
    assert ran.code == 6
    assert "outputs" in ran.err
    assert submissions() == {}


def test_json_progress_has_each_end_and_done_last(online: Project) -> None:
    online.jobs(TWO)
    ran = online.run("spring.yaml", "--progress", "json")
    records = [json.loads(line) for line in ran.out.splitlines()]
    assert records[0]["event"] == "start"
    assert records[-1] == {"event": "done", "states": {"succeeded": 2}}
    assert {r["job"] for r in records if r["event"] == "ended"} == {"a", "b"}


def test_the_examples_run_and_run_again(project: Project) -> None:
    pytest.importorskip("av")
    source = Path(__file__).parents[2] / "manifests"
    for path in source.rglob("*"):
        if path.is_file() and not {"outputs", ".vidu-run"} & set(path.parts):
            if ".results." in path.name:
                continue  # of a demo that somebody ran here
            target = project.folder / path.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    names = sorted(path.name for path in source.glob("*.yaml") if ".results" not in path.name)
    names.remove("film.yaml")  # it needs larger pictures: see test_film
    shown = ("campaign", "prompt-set", "quickstart", "starter", "storyboard")
    assert names == [f"{name}.yaml" for name in shown]
    first = project.run(*names, "--emulate", "--time-scale", "0", "--poll-rate", "100")
    assert first.code == 0, first.err
    again = project.run(*names, "--emulate", "--time-scale", "0")
    assert again.code == 0
    assert again.err.count("nothing spent") == len(names)


def test_a_rescued_task_is_collected_and_not_paid_again(
    online: Project, submissions: Callable[[], Counter[str]]
) -> None:
    online.jobs("  - {id: a, prompt: a boat}")
    assert online.run("spring.yaml", "--no-download").code == 0
    path = online.folder / ".vidu-run/ledger.sqlite3"
    with sqlite3.connect(path) as ledger:  # as the run would have left it on a full disk
        select = "SELECT number, task_id, provider, tag FROM attempts"
        ((number, task_id, provider, tag),) = ledger.execute(select)
        ledger.execute(
            "UPDATE attempts SET state = 'intent', task_id = NULL, submitted_at = NULL,"
            " finished_at = NULL"
        )
    ledger.close()
    rescue = path.with_name("ledger.rescue-20260101T000000Z-00000000.jsonl")
    entry = {"attempt": number, "task_id": task_id, "provider": provider, "tag": tag}
    rescue.write_text(json.dumps(entry) + "\n\n\n")
    (online.folder / "spring.results.yaml").unlink()
    ran = online.run("spring.yaml")
    assert ran.code == 0
    assert "1 task recovered from" in ran.err
    assert not rescue.exists()
    assert submissions() == {"accepted": 1}
    assert online.rows()["a"]["task_id"] == task_id


def test_a_rescued_task_of_another_ledger_is_left_alone(online: Project) -> None:
    online.jobs("  - {id: a, prompt: a boat}")
    online.run("spring.yaml", "--no-download")
    left = online.folder / ".vidu-run/ledger.rescue-20260101T000000Z-00000000.jsonl"
    entry = {"attempt": 1, "task_id": "999", "provider": "vidu", "tag": "00ff"}
    left.write_text(json.dumps(entry) + "\n")
    ran = online.run("spring.yaml")
    assert f"{left.relative_to(online.folder)}: task 999 is not in the ledger" in ran.err
    assert left.exists()


def test_an_empty_rescue_file_is_deleted(online: Project) -> None:
    online.jobs("  - {id: a, prompt: a boat}")
    online.run("spring.yaml")
    left = online.folder / ".vidu-run/ledger.rescue-20260101T000000Z-00000000.jsonl"
    left.write_bytes(b"\n" * 65536)
    assert online.run("spring.yaml").code == 0
    assert not left.exists()


def test_only_selected_jobs_run_and_the_others_keep_their_rows(online: Project) -> None:
    online.jobs(TWO)
    assert online.run("spring.yaml", "--select", "a").code == 0
    rows = online.rows()
    assert (rows["a"]["state"], rows["b"]["state"]) == ("succeeded", "skipped")
    assert online.run("spring.yaml", "--select", "b").code == 0
    rows = online.rows()
    assert (rows["a"]["state"], rows["b"]["state"]) == ("succeeded", "succeeded")


def test_a_job_that_a_selected_one_needs_is_included(online: Project) -> None:
    online.jobs("""
  - {id: cat, prompt: a cat}
  - {id: dog, prompt: a dog}
  - {id: both, prompt: a cat on a boat, images: ["${{ jobs.cat.output }}"]}
""")
    ran = online.run("spring.yaml", "--select", "both")
    assert ran.code == 0
    assert 'included because selected jobs need them: "cat"' in ran.err
    assert {name: row["state"] for name, row in online.rows().items()} == {
        "cat": "succeeded",
        "dog": "skipped",
        "both": "succeeded",
    }


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the manifests in the order in which they are planned."""
    names: list[str] = []

    def plan(manifest: Manifest, options: Options, *, submit: bool = True) -> ManifestPlan:
        names.append(manifest.path.name)
        return plan_manifest(manifest, options, submit=submit)

    monkeypatch.setattr("runner.commands.run.plan_manifest", plan)
    return names


def test_a_run_plans_its_manifest_once(online: Project, planned: list[str]) -> None:
    online.jobs(TWO)
    assert online.run("spring.yaml").code == 0
    assert planned == ["spring.yaml"]


def test_a_manifest_is_planned_again_after_another_has_run(
    online: Project, planned: list[str]
) -> None:
    online.jobs(TWO)
    online.jobs(TWO, "autumn.yaml")
    assert online.run("spring.yaml", "autumn.yaml").code == 0
    assert planned == ["spring.yaml", "autumn.yaml", "autumn.yaml"]
    planned.clear()
    assert online.run("spring.yaml", "autumn.yaml").code == 0
    assert planned == ["spring.yaml", "autumn.yaml"]  # nothing was done for the first
