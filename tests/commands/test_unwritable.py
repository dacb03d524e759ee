"""Paths that cannot be written: the messages and the exit codes."""

from __future__ import annotations

from tests.commands.conftest import Project


def test_a_rehearsal_reports_an_unwritable_ledger_folder(project: Project) -> None:
    project.jobs("  - {id: a, prompt: a cat}\n")
    project.write("in the way", ".vidu-run")
    ran = project.run("spring.yaml", "--emulate")
    assert ran.code == 8
    message = (
        "error: the ledger folder .vidu-run cannot be written: File exists\n"
        "  hint: make it writable, or keep the ledger elsewhere with --state-dir\n"
    )
    assert ran.err == message


def test_a_rehearsal_reports_an_unwritable_emulator_folder(project: Project) -> None:
    project.jobs("  - {id: a, prompt: a cat}\n")
    project.write("in the way", ".vidu-run/emulator")
    ran = project.run("spring.yaml", "--emulate")
    assert ran.code == 2
    message = (
        "error: the emulator cannot keep its state: .vidu-run/emulator: File exists\n"
        "  hint: make it writable, or keep the state elsewhere with --state-dir\n"
    )
    assert ran.err == message


def test_a_run_with_unwritable_results_prints_its_summary(
    online: Project,
) -> None:
    online.jobs("  - {id: a, prompt: a cat}\n")
    (online.folder / ".spring.results.yaml.part").mkdir()
    ran = online.run("spring.yaml", "--progress", "none")
    assert ran.code == 6
    first, hint, counts, results, *_ = ran.err.splitlines()
    assert first == "error: the results spring.results.yaml cannot be written: Is a directory"
    assert hint.endswith("nothing is lost: the ledger has what was paid for")
    assert counts.startswith("spring.yaml: 1 done | 6 credits")
    assert results == "  results   spring.results.yaml (not written)"


def test_without_a_task_no_hint_names_the_ledger(online: Project) -> None:
    online.jobs("  - {id: a, prompt: a cat}\n")
    (online.folder / ".spring.results.yaml.part").mkdir()
    ran = online.run("spring.yaml", "--progress", "none", "--budget", "credits=1")
    assert ran.code == 5
    assert "the ledger has" not in ran.err
    assert "  stopped   vidu: the budget of 1 credit" in ran.err
