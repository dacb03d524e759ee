"""Carrying out a plan without the command line around it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from runner.commands.carry_out import EXIT_CODES
from runner.commands.execute import execute
from runner.commands.load import read_manifests
from runner.commands.manifest_plan import ManifestPlan, plan_manifest
from runner.commands.options import Options
from runner.errors import Exit, OutputError
from runner.model.outcomes import State
from tests.commands.conftest import Project
from tests.commands.serving import TWO

Submissions = Callable[[], Counter[str]]


def planned(project: Project, text: str = TWO, **flags: object) -> ManifestPlan:
    path = project.jobs(text)
    environ = {name: value for name, value in project.env.items() if value}
    outputs = str(project.folder / "outputs")
    options = Options(
        manifests=(path,),
        environ=environ,
        progress="none",
        outputs=outputs,
        **flags,  # type: ignore[arg-type]
    )
    (manifest,) = read_manifests(options)
    return plan_manifest(manifest, options)


def test_each_state_of_a_job_has_an_exit_code() -> None:
    assert set(EXIT_CODES) == set(State)


def test_a_plan_is_carried_out_and_summed_up(online: Project) -> None:
    code, summary = execute(planned(online))
    assert (code, summary.written, summary.errors, summary.stopped) == (Exit.OK, True, [], [])
    assert {row["state"] for row in online.rows().values()} == {"succeeded"}


def test_a_verb_may_leave_the_results_as_they_are(
    online: Project, submissions: Submissions
) -> None:
    code, _ = execute(planned(online), write=False)
    assert code is Exit.OK
    assert submissions() == {"accepted": 2}
    assert not (online.folder / "spring.results.yaml").exists()


def test_collecting_submits_nothing(online: Project, submissions: Submissions) -> None:
    code, summary = execute(planned(online), collect_only=True)
    assert (code, summary.stopped) == (Exit.INCOMPLETE, [])
    assert submissions() == {}


def test_collecting_sends_no_lost_submission_again(
    online: Project, submissions: Submissions
) -> None:
    execute(planned(online, on_ambiguous="resubmit"), collect_only=True)
    assert submissions() == {}


def test_jobs_that_were_not_selected_do_not_count(online: Project) -> None:
    code, summary = execute(planned(online, select=("a",)))
    assert (code, summary.totals.unselected) == (Exit.OK, 1)


def test_without_room_for_files_nothing_is_submitted(
    online: Project, submissions: Submissions
) -> None:
    (online.folder / "outputs").write_text("in the way")
    with pytest.raises(OutputError):
        execute(planned(online))
    assert submissions() == {}


def test_a_run_without_downloads_needs_no_folder(online: Project) -> None:
    (online.folder / "outputs").write_text("in the way")
    assert execute(planned(online, download=False))[0] is Exit.OK
