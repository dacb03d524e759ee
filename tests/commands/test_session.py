"""A run on record: what its ledger keeps of its end, and whom it may ask."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from runner.commands.load import read_manifests
from runner.commands.manifest_plan import ManifestPlan, networked, plan_manifest
from runner.commands.options import Options
from runner.commands.session import RunSession, accounts_with_keys
from runner.engine.context import Context
from runner.errors import Exit, LedgerError, ProviderError
from tests.commands.conftest import Project
from tests.commands.process import running
from tests.commands.serving import LOSES_THE_FIRST_ANSWER, TWO, serving


def planned(project: Project, text: str = TWO, **flags: object) -> ManifestPlan:
    path = project.jobs(text)
    environ = {name: value for name, value in project.env.items() if value}
    options = Options(manifests=(path,), environ=environ, progress="none", **flags)  # type: ignore[arg-type]
    (manifest,) = read_manifests(options)
    return plan_manifest(manifest, options)


def recorded_ends(project: Project, name: str = "ledger.sqlite3") -> list[int]:
    """The exit codes of the runs in the ledger."""
    with closing(sqlite3.connect(project.folder / ".vidu-run" / name)) as ledger:
        return [code for (code,) in ledger.execute("SELECT exit_code FROM runs ORDER BY rowid")]


@pytest.fixture
def keyed(project: Project) -> Project:
    """A project with a key for an address at which nobody answers."""
    project.env |= {"VIDU_API_KEY": "secret-key-7351", "VIDU_BASE_URL": "http://127.0.0.1:9"}
    return project


def test_the_ledger_has_the_code_that_the_verb_gives(keyed: Project) -> None:
    with RunSession.open(planned(keyed)) as session:
        session.exit_code = Exit.BUDGET
    assert recorded_ends(keyed) == [Exit.BUDGET]


def test_a_known_error_is_recorded_with_its_own_code(keyed: Project) -> None:
    with pytest.raises(LedgerError), RunSession.open(planned(keyed)):
        raise LedgerError("damaged")
    assert recorded_ends(keyed) == [Exit.LEDGER]


@pytest.mark.parametrize("error", [ValueError("a defect"), KeyboardInterrupt()])
def test_any_other_end_is_recorded_as_a_defect(keyed: Project, error: BaseException) -> None:
    def crash() -> None:
        with RunSession.open(planned(keyed)) as session:
            session.exit_code = Exit.OK
            raise error

    with pytest.raises(type(error)):
        crash()
    assert recorded_ends(keyed) == [Exit.DEFECT]


def test_without_a_key_no_run_is_recorded(project: Project) -> None:
    with pytest.raises(ProviderError, match="VIDU_API_KEY"), RunSession.open(planned(project)):
        pass
    assert not (project.folder / ".vidu-run").exists()


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_socks_proxy_ends_a_run_before_anything_is_sent(keyed: Project, scheme: str) -> None:
    keyed.jobs(TWO)
    proxy = {"ALL_PROXY": "socks5h://me:pw@127.0.0.1:1", "NO_PROXY": None, "no_proxy": None}
    keyed.env |= {**proxy, "VIDU_BASE_URL": f"{scheme}://127.0.0.1:9"}
    ran = keyed.run("spring.yaml")
    assert ran.code == Exit.PROVIDER
    message = (
        "error: vidu cannot be reached: ALL_PROXY names a SOCKS proxy (socks5h://127.0.0.1:1),"
        " which is not supported; nothing was sent\n"
        "  hint: name an http proxy there, unset it, or exempt the host: NO_PROXY=127.0.0.1\n"
    )
    assert ran.err == message
    assert not (keyed.folder / ".vidu-run" / "ledger.sqlite3").exists()
    keyed.env["no_proxy"] = "127.0.0.1"
    assert "nothing was sent" not in keyed.run("spring.yaml", "--outage", "0.1s").err


def test_a_proxy_that_files_cannot_pass_is_a_warning(online: Project) -> None:
    online.jobs(TWO)
    online.env |= {"ALL_PROXY": "socks5://127.0.0.1:1", "NO_PROXY": "127.0.0.1", "no_proxy": None}
    ran = online.run("spring.yaml")
    assert ran.code == Exit.OK
    assert "warning: ALL_PROXY names a SOCKS proxy" in ran.err
    assert "SOCKS" not in online.run("spring.yaml").err  # nothing is left to fetch


def test_a_rehearsal_asks_no_proxy(project: Project) -> None:
    project.jobs(TWO)
    project.env["ALL_PROXY"] = "socks5://127.0.0.1:1"
    assert project.run("spring.yaml", "--emulate", "--time-scale", "0").code == Exit.OK


def test_a_session_that_asks_nobody_needs_no_key(project: Project) -> None:
    with RunSession.open(planned(project), keys=False) as session:
        accounts = session.planned.settings.accounts
    assert [account.key for account in accounts.values()] == [None]


def test_a_rehearsal_has_the_emulators_account(project: Project) -> None:
    async def url_of(context: Context) -> str:
        return context.settings.accounts["vidu"].base_url

    with RunSession.open(planned(project, emulate=True)) as session:
        assert session.act(url_of).startswith("http://127.0.0.1:")
        session.exit_code = Exit.OK
    assert recorded_ends(project, "emulated.sqlite3") == [Exit.OK]


def test_what_is_done_needs_no_provider(online: Project) -> None:
    plan = planned(online)
    assert [entry.job.id for entry in networked(plan)] == ["a", "b"]
    assert list(accounts_with_keys(plan)) == ["vidu"]
    assert online.run("spring.yaml").code == 0
    plan = planned(online)
    assert networked(plan) == []
    assert accounts_with_keys(plan) == {}


LOST_VIDEO = """
  - id: dance
    operation: modelverse/reference2video
    prompt: make it dance.
    images: [https://example.com/cat.png]
"""


@pytest.mark.parametrize(
    ("on_ambiguous", "asked"), [(None, []), ("ask", []), ("resubmit", ["dance"])]
)
def test_a_lost_submission_without_a_list_is_not_looked_for(
    project: Project, on_ambiguous: str | None, asked: list[str]
) -> None:
    project.jobs(LOST_VIDEO)
    with serving(project, faults=[{"on": "modelverse.submit", "fault": "cut_after"}]):
        assert project.run("spring.yaml").code == Exit.DECISION
    plan = planned(project, LOST_VIDEO, on_ambiguous=on_ambiguous)
    assert [entry.job.id for entry in networked(plan)] == asked


def test_a_lost_submission_with_a_list_is_looked_for(project: Project) -> None:
    project.jobs(TWO)
    with serving(project, time_scale=0, faults=LOSES_THE_FIRST_ANSWER):
        assert project.run("spring.yaml", "--concurrency", "1").code == Exit.DECISION
        assert [entry.job.id for entry in networked(planned(project))] == ["a"]


FEW_FILES = """
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))
"""


def test_a_run_that_may_open_few_files_sends_nothing(keyed: Project) -> None:
    keyed.jobs(TWO)
    with running(keyed, "spring.yaml", before=FEW_FILES) as process:
        assert process.wait(30) == Exit.USAGE
        assert process.stderr is not None
        assert "only 32 files open" in process.stderr.read()
    assert not (keyed.folder / ".vidu-run" / "ledger.sqlite3").exists()
