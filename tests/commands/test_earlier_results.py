"""Without a ledger (a fresh clone, CI) the results manifest proves what was paid for."""

from __future__ import annotations

import hashlib
import re
import shutil
from pathlib import Path

import pytest
import yaml

from tests.commands.conftest import Project
from tests.commands.serving import LOSES_THE_FIRST_ANSWER, RESULTS, TWO, UNDER_WAY, forget, serving


def test_existing_files_are_reused_without_a_key(project: Project) -> None:
    project.jobs(TWO)
    with serving(project, time_scale=0) as served:
        project.run("spring.yaml")
        forget(project)
        before = served.seen()
        results = (project.folder / RESULTS).read_bytes()
        project.env["VIDU_API_KEY"] = None
        assert project.run("spring.yaml").code == 0
        assert served.seen() == before
        assert (project.folder / RESULTS).read_bytes() == results


def test_a_missing_file_is_fetched_by_a_fresh_url(project: Project) -> None:
    project.jobs(TWO)
    with serving(project, time_scale=0, url_lifetime_s=60) as served:
        project.run("spring.yaml")
        before = project.rows()
        forget(project, files=True)
        served.later()
        assert project.run("spring.yaml").code == 0
        assert served.outcomes() == {"accepted": 2}
    for name, row in project.rows().items():
        assert row["files"] == before[name]["files"]
        assert row["credits"] == before[name]["credits"]
        assert (project.folder / row["files"][0]["path"]).is_file()


@pytest.mark.parametrize("name", ["fresh.yaml", "made/fresh.json"])
def test_usual_results_are_evidence_where_o_names_others(project: Project, name: str) -> None:
    project.jobs(TWO)
    with serving(project, time_scale=0) as served:
        project.run("spring.yaml")
        forget(project)
        assert project.run("spring.yaml", "-o", name).code == 0
        assert served.outcomes() == {"accepted": 2}
    results = yaml.safe_load((project.folder / name).read_bytes())
    for row in results["jobs"]:
        assert ((project.folder / name).parent / row["files"][0]["path"]).is_file()


def test_usual_results_that_are_damaged_stop_a_run_with_o(project: Project) -> None:
    project.jobs(TWO)
    with serving(project, time_scale=0) as served:
        project.run("spring.yaml")
        forget(project)
        usual = project.folder / RESULTS
        usual.write_bytes(usual.read_bytes()[:900])
        ran = project.run("spring.yaml", "-o", "fresh.yaml")
        assert (ran.code, f"{RESULTS}: error: the results manifest is " in ran.err) == (3, True)
        assert served.outcomes() == {"accepted": 2}


def test_damaged_usual_results_stay_where_o_names_others(online: Project) -> None:
    online.jobs(TWO)
    online.run("spring.yaml")
    usual = online.folder / RESULTS
    usual.write_bytes(usual.read_bytes()[:900])
    ran = online.run("spring.yaml", "-o", "fresh.yaml")
    again = online.run("spring.yaml", "-o", "fresh.yaml")
    assert (ran.code, again.code, "replaced" in ran.err + again.err) == (0, 0, False)
    assert usual.stat().st_size == 900


def to_pointer(path: Path) -> None:
    """Replace the file by its Git LFS pointer, as a clone without `git lfs pull` has it."""
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    head = "version https://git-lfs.github.com/spec/v1"
    path.write_text(f"{head}\noid sha256:{digest}\nsize {len(content)}\n")


@pytest.mark.parametrize("with_ledger", [True, False])
def test_a_git_lfs_pointer_is_not_paid_for_again(project: Project, with_ledger: bool) -> None:
    project.jobs(TWO)
    with serving(project, time_scale=0):
        project.run("spring.yaml")
    picture = project.folder / "outputs/spring/a.png"
    content = picture.read_bytes()
    to_pointer(picture)
    if not with_ledger:
        forget(project)
    project.env["VIDU_API_KEY"] = None  # nothing is sent for it
    for verb in (["run"], ["run"], ["fetch"], ["fetch", "--verify"], ["status"]):
        ran = project.run(*verb, "spring.yaml")
        assert ran.code == 6
        assert "its file here is a Git LFS pointer: run `git lfs pull`" in ran.err + ran.out
        assert "pay for it" not in ran.err
    row = project.rows()["a"]
    assert (row["state"], row["credits"], len(row["files"])) == ("pending", 6, 1)
    resolved = project.run("resolve", "spring.yaml", "a", "--lost")
    assert (resolved.code, "needs no decision" in resolved.err) == (2, True)
    picture.write_bytes(content)  # git lfs pull
    assert project.run("spring.yaml").code == 0


def test_fetch_works_from_the_evidence_alone(project: Project) -> None:
    project.jobs(TWO)
    with serving(project, time_scale=0) as served:
        project.run("spring.yaml")
        forget(project, files=True)
        assert project.run("status", "spring.yaml").code == 6
        assert project.run("fetch", "spring.yaml").code == 0
        assert served.outcomes() == {"accepted": 2}
    assert project.run("status", "spring.yaml").code == 0


IMPATIENT = ("--timeout", "0.5s")
"""With these a run does not wait long for a task that the provider no longer knows."""


def gone(project: Project) -> None:
    """Run, then lose ledger and files, at a provider that has forgotten everything."""
    project.jobs(TWO)
    with serving(project, time_scale=0):
        project.run("spring.yaml")
    forget(project, files=True)


def test_a_result_that_is_gone_fails_and_is_not_paid_again(project: Project) -> None:
    gone(project)
    with serving(project, time_scale=0) as served:
        ran = project.run("spring.yaml", *IMPATIENT)
        assert ran.code == 1
        assert served.outcomes() == {}
    row = project.rows()["a"]
    assert (row["state"], row["error"]["code"]) == ("failed", "result_gone")
    assert row["error"]["billed"] == "yes"
    assert 'job "a" and 1 more like it' in ran.err
    assert "ask for it again, which costs nothing: vidu-run fetch spring.yaml\n" in ran.err
    assert "pay for it again: vidu-run run spring.yaml --select a --select b --force" in ran.err


def test_a_gone_result_stays_failed_until_it_is_fetched(
    project: Project,
) -> None:
    kept = project.folder / "emulator"
    project.jobs(TWO)
    with serving(project, time_scale=0, state_dir=kept):
        project.run("spring.yaml")
    shutil.rmtree(project.folder / "outputs")
    with serving(project, time_scale=0):
        assert project.run("spring.yaml", *IMPATIENT).code == 1
        status = project.run("status", "spring.yaml")
        assert status.code == 1
        assert "2 failed" in status.out
        assert (
            "result_gone: the file is missing, and the provider no longer has its task"
            in status.out
        )
    with serving(project, time_scale=0, state_dir=kept) as served:
        assert project.run("spring.yaml").code == 0
        assert served.outcomes() == {"accepted": 2}
    assert project.run("status", "spring.yaml").code == 0


def test_a_gone_result_stays_failed_in_every_fresh_clone(project: Project) -> None:
    gone(project)
    with serving(project, time_scale=0) as served:
        for _ in range(2):
            assert project.run("spring.yaml", *IMPATIENT).code == 1
            shutil.rmtree(project.folder / ".vidu-run")
        assert served.outcomes() == {}


def test_a_file_that_comes_back_is_reused(project: Project, tmp_path: Path) -> None:
    project.jobs(TWO)
    with serving(project, time_scale=0):
        project.run("spring.yaml")
    shutil.copytree(project.folder / "outputs", tmp_path / "kept")
    forget(project, files=True)
    with serving(project, time_scale=0) as served:
        assert project.run("spring.yaml", *IMPATIENT).code == 1
        shutil.copytree(tmp_path / "kept", project.folder / "outputs", dirs_exist_ok=True)
        assert project.run("spring.yaml").code == 0
        assert served.outcomes() == {}


def test_force_makes_what_is_gone_and_pays_once(project: Project) -> None:
    gone(project)
    with serving(project, time_scale=0) as served:
        project.run("spring.yaml", *IMPATIENT)
        assert project.run("spring.yaml", "--force", "--select", "a").code == 0
        assert served.outcomes() == {"accepted": 1}
        assert project.run("spring.yaml").code == 1
        assert served.outcomes() == {"accepted": 1}


def test_force_on_a_fresh_clone_remembers_what_was_paid_before(project: Project) -> None:
    project.jobs(TWO)
    with serving(project, time_scale=0) as served:
        project.run("spring.yaml")
        forget(project)
        assert project.run("spring.yaml", "--force", "--yes").code == 0
        assert served.outcomes() == {"accepted": 4}
        assert "spent so far: 28 credits" in project.run("plan", "spring.yaml").out


def test_a_task_under_way_is_attached_to(project: Project) -> None:
    project.jobs(TWO)
    with serving(project) as served:
        project.run("spring.yaml", *UNDER_WAY)
        forget(project)
        served.later()
        assert project.run("spring.yaml").code == 0
        assert served.outcomes() == {"accepted": 2}


@pytest.mark.parametrize("at", ["yesterday", "2026-01-20", "2026-01-20T07:08:12", "9999999999999"])
def test_a_task_with_an_edited_time_is_attached_to(project: Project, at: str) -> None:
    project.jobs(TWO)
    with serving(project) as served:
        assert project.run("spring.yaml", *UNDER_WAY).code == 6
        forget(project)
        results = project.folder / RESULTS
        edited = re.sub(r"submitted_at: .*", f"submitted_at: '{at}'", results.read_text("utf-8"))
        results.write_text(edited, "utf-8")
        served.later()
        assert project.run("spring.yaml").code == 0
        assert served.outcomes() == {"accepted": 2}


def test_a_submission_of_unknown_fate_is_not_sent_again(project: Project) -> None:
    project.jobs(TWO)
    with serving(project, time_scale=0, faults=LOSES_THE_FIRST_ANSWER) as served:
        assert project.run("spring.yaml", "--concurrency", "1").code == 7
        forget(project)
        ran = project.run("plan", "spring.yaml")
        assert ran.out.startswith("spring.yaml: 1 to reuse, 1 to decide")
        assert project.run("spring.yaml").code == 7
        assert project.run("status", "spring.yaml").code == 7
        assert project.run("fetch", "spring.yaml").code == 7
        assert len(served.tasks()) == 2
    row = project.rows()["a"]
    assert (row["state"], row["cost"]["at_risk"]) == ("ambiguous", {"credits": 6})


@pytest.mark.parametrize("how", ["lost", "found", "risked"])
def test_an_unknown_fate_can_be_resolved_without_its_ledger(project: Project, how: str) -> None:
    project.jobs(TWO)
    with serving(project, time_scale=0, faults=LOSES_THE_FIRST_ANSWER) as served:
        project.run("spring.yaml", "--concurrency", "1")
        forget(project)
        task = served.tasks()[0]
        more: list[str] = []
        if how == "risked":
            more = ["--on-ambiguous", "resubmit"]
        else:
            decision = ["--lost"] if how == "lost" else ["--task-id", task]
            assert project.run("resolve", "spring.yaml", "a", *decision).code == 0
        assert project.run("spring.yaml", *more).code == 0
        assert len(served.tasks()) == (2 if how == "found" else 3)


def test_a_task_that_its_provider_no_longer_knows_is_not_lost(project: Project) -> None:
    project.jobs("  - {id: a, prompt: a red boat, seed: 7}")
    with serving(project):
        project.run("spring.yaml", *UNDER_WAY)
        task = project.rows()["a"]["task_id"]
    forget(project)
    with serving(project) as served:
        assert project.run("spring.yaml", *UNDER_WAY).code in (6, 7)
        assert served.outcomes() == {}
    assert project.rows()["a"]["task_id"] == task


@pytest.mark.parametrize(
    "damage", ["jobs: [", "version: 9\njobs: []\n", "- something else\n", "\x00\x01"]
)
def test_unreadable_results_stop_a_run_that_would_pay(project: Project, damage: str) -> None:
    project.jobs(TWO)
    with serving(project, time_scale=0) as served:
        project.run("spring.yaml")
        forget(project)
        (project.folder / RESULTS).write_text(damage)
        verbs = ["run"], ["fetch"], ["run", "--force", "--yes"], ["plan"], ["run", "-n"], ["status"]
        for verb in verbs:
            ran = project.run(*verb, "spring.yaml")
            assert (ran.code, ran.out) == (3, "")
            assert "error: the results manifest" in ran.err
            assert "warning" not in ran.err
            assert "repair it, or move it away if nothing in it was paid for" in ran.err
        assert (project.folder / RESULTS).read_text() == damage
        assert served.outcomes() == {"accepted": 2}
        (project.folder / RESULTS).rename(project.folder / "away.yaml")
        assert project.run("spring.yaml").code == 0
        assert served.outcomes() == {"accepted": 4}


def test_results_cut_between_rows_stop_a_run_that_would_pay(project: Project) -> None:
    project.jobs(TWO)
    with serving(project, time_scale=0) as served:
        project.run("spring.yaml")
        forget(project)
        results = project.folder / RESULTS
        text = results.read_text()
        results.write_text(text[: text.index("  - id: b\n")])
        ran = project.run("spring.yaml")
        assert ran.code == 3
        assert "error: the results manifest is incomplete: 1 of 2 jobs" in ran.err
        assert served.outcomes() == {"accepted": 2}


def test_unreadable_results_stop_all_manifests(
    project: Project,
) -> None:
    project.jobs(TWO)
    project.jobs("  - {id: c, prompt: a raft}", "autumn.yaml")
    (project.folder / RESULTS).write_text("jobs: [")
    with serving(project, time_scale=0) as served:
        assert project.run("autumn.yaml", "spring.yaml").code == 3
        assert served.outcomes() == {}


def test_unreadable_results_do_not_matter_beside_a_full_ledger(
    online: Project,
) -> None:
    online.jobs(TWO)
    online.run("spring.yaml")
    (online.folder / RESULTS).write_text("jobs: [")
    ran = online.run("spring.yaml")
    assert ran.code == 0
    assert "warning: the results manifest" in ran.err
    assert set(online.rows()) == {"a", "b"}
    (kept,) = re.findall(r"the damaged file is kept as (\S+)", ran.err)
    assert (online.folder / kept).read_text() == "jobs: ["


def test_a_result_for_another_request_is_no_silent_news(project: Project) -> None:
    path = project.jobs(TWO)
    with serving(project, time_scale=0):
        project.run("spring.yaml")
    forget(project)
    results = project.folder / RESULTS
    whole = results.read_text()
    results.write_text(re.sub("fingerprint: .", "fingerprint: 0", whole))
    ran = project.run("plan", "spring.yaml")
    assert "submit a     6 credits  changed: the results manifest has its result for" in ran.out
    assert 'warning: job "a": the results manifest has its result for another request' in ran.err
    results.write_text(whole)
    path.write_text(path.read_text().replace("red", "green"))  # which explains it
    ran = project.run("plan", "spring.yaml")
    assert "submit a     6 credits  changed: the results manifest has its result for" in ran.out
    assert ran.err == ""


def test_a_removed_job_keeps_its_row_and_is_reused_later(
    project: Project,
) -> None:
    project.jobs(TWO)
    with serving(project, time_scale=0) as served:
        project.run("spring.yaml")
        project.jobs("  - {id: b, prompt: a blue boat, resolution: 2K}")
        assert project.run("spring.yaml").code == 0
        assert [row["id"] for row in project.results()["removed"]] == ["a"]
        forget(project)
        project.jobs(TWO)
        assert project.run("spring.yaml").code == 0
        assert served.outcomes() == {"accepted": 2}
    assert project.results()["removed"] == []


def test_a_displaced_file_is_found_again_by_its_digest(project: Project) -> None:
    project.jobs(TWO)
    with serving(project, time_scale=0) as served:
        project.run("spring.yaml")
        picture = project.folder / "outputs/spring/a.png"
        content = picture.read_bytes()
        project.jobs(TWO.replace("red", "green"))
        project.run("spring.yaml")
        assert picture.read_bytes() != content
        fetched = served.asked("files")
        project.jobs(TWO)
        assert project.run("spring.yaml").code == 0
        assert picture.read_bytes() == content
        assert served.asked("files") == fetched
        assert served.outcomes() == {"accepted": 3}
