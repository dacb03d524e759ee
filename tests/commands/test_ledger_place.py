"""Where the ledger cannot be relied on, a run ends before anything is sent."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from runner import mounts
from runner.ledger.location import open_ledger
from tests.commands.conftest import Project

ONE = "  - {id: a, prompt: a cat}\n"

Count = Callable[[], Counter[str]]
Mounted = Callable[[str, Path], None]


@pytest.fixture
def mounted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mounted:
    """Makes this process see a file system of that kind at a folder."""

    def mount(kind: str, point: Path) -> None:
        listed = tmp_path / "mountinfo"
        lines = f"22 1 0:1 / / rw - ext4 x rw\n23 22 0:2 / {point} rw - {kind} x rw\n"
        listed.write_text(lines, encoding="utf-8")
        monkeypatch.setattr(mounts, "MOUNTINFO", listed)
        monkeypatch.setattr("sys.platform", "linux")

    return mount


def test_a_run_on_a_share_of_the_host_sends_nothing(
    online: Project, mounted: Mounted, submissions: Count
) -> None:
    online.jobs(ONE)
    mounted("virtiofs", online.folder)
    ran = online.run("spring.yaml")
    assert ran.code == 8
    assert f"(virtiofs, mounted at {online.folder})" in ran.err
    assert "--state-dir" in ran.err
    assert "named volume" in ran.err
    assert not submissions()


def test_with_a_state_folder_elsewhere_it_runs(
    online: Project, mounted: Mounted, tmp_path_factory: pytest.TempPathFactory
) -> None:
    online.jobs(ONE)
    mounted("fakeowner", online.folder)
    state = tmp_path_factory.mktemp("volume")
    assert online.run("spring.yaml", "--state-dir", state).code == 0
    assert (state / "ledger.sqlite3").exists()


def test_one_refused_ledger_keeps_all_from_being_sent(
    online: Project, mounted: Mounted, submissions: Count
) -> None:
    online.jobs(ONE)
    online.jobs(ONE, "share/summer.yaml")
    mounted("9p", online.folder / "share")
    assert online.run("spring.yaml", "share/summer.yaml").code == 8
    assert not submissions()


def test_on_a_9p_root_a_run_warns_and_works(
    online: Project, mounted: Mounted, submissions: Count
) -> None:
    online.jobs(ONE)
    mounted("9p", Path("/"))
    ran = online.run("spring.yaml")
    assert ran.code == 0
    assert ran.err.count("one command at a time") == 1
    assert online.run("spring.yaml").code == 0
    assert submissions() == {"accepted": 1}


@pytest.mark.parametrize("verb", ["run", "plan", "status"])
def test_a_damaged_ledger_of_a_killed_run_ends_a_verb(
    online: Project, submissions: Count, verb: str
) -> None:
    online.jobs(ONE)
    online.run("spring.yaml")
    ledger = online.folder / ".vidu-run" / "ledger.sqlite3"
    in_index = f"{online.rows()['a']['fingerprint']}loopback".encode()
    content = ledger.read_bytes()
    assert in_index in content
    ledger.write_bytes(content.replace(in_index, b"0" * 8 + in_index[8:]))
    with open_ledger(ledger) as opened:
        opened.begin_run("m", "t")
        shutil.copytree(ledger.parent, online.folder / "copy")
    ran = online.run(verb, "spring.yaml", "--state-dir", "copy")
    assert ran.code == 8
    assert "the ledger copy/ledger.sqlite3 is damaged; nothing was submitted" in ran.err
    assert submissions() == {"accepted": 1}
