"""File systems: where a ledger is kept, shared or alone, and where it is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from runner.errors import LedgerError
from runner.ledger.sqlite.filesystem import Sharing, SoleUse, sharing, sharing_warning
from runner.mounts import Mount

LEDGER = Path("/srv/.vidu-run/ledger.sqlite3")


def on(kind: str, point: str = "/srv", **more: str) -> Callable[[Path], Mount]:
    return lambda _path: Mount(point=point, kind=kind, **more)


@pytest.mark.parametrize("kind", ["ext4", "apfs", "overlay", "btrfs", "tmpfs", "fuseblk", "zfs"])
def test_a_local_file_system_is_shared_by_processes(kind: str) -> None:
    assert sharing(LEDGER, on(kind)) is Sharing.MANY
    assert sharing_warning(LEDGER, on(kind)) is None


def test_an_unknown_file_system_counts_as_local() -> None:
    assert sharing(LEDGER, lambda _path: None) is Sharing.MANY


@pytest.mark.parametrize("kind", ["nfs", "cifs", "fuse.sshfs"])
@pytest.mark.parametrize("point", ["/", "/srv"])
def test_a_network_file_system_is_refused(kind: str, point: str) -> None:
    with pytest.raises(LedgerError) as caught:
        sharing(LEDGER, on(kind, point))
    assert caught.value.message == (
        f"the ledger {LEDGER} is on a network file system ({kind}, mounted at {point}), where "
        "locks are not reliable; nothing was submitted"
    )
    assert caught.value.hint == "keep it on a local disk with --state-dir"


@pytest.mark.parametrize(
    "kind", ["virtiofs", "9p", "drvfs", "fakeowner", "fuse.grpcfuse", "vboxsf", "prl_fs"]
)
def test_a_share_of_the_host_is_refused(kind: str) -> None:
    with pytest.raises(
        LedgerError, match=rf"shared with the host .*\({kind}, mounted at /srv\)"
    ) as caught:
        sharing(LEDGER, on(kind))
    assert "--state-dir" in (caught.value.hint or "")
    assert "named volume" in (caught.value.hint or "")


def test_under_gvisor_the_hint_names_what_is_no_such_mount() -> None:
    with pytest.raises(LedgerError, match="9p of gVisor") as caught:
        sharing(LEDGER, on("9p", options="rw,trans=fd,rfdno=5"))
    assert "tmpfs" in (caught.value.hint or "")


@pytest.mark.parametrize("kind", ["9p", "virtiofs"])
def test_as_the_root_of_a_sandbox_a_share_is_used_alone(kind: str) -> None:
    assert sharing(LEDGER, on(kind, "/")) is Sharing.ONE
    warning = sharing_warning(LEDGER, on(kind, "/"))
    assert warning
    assert f"is on {kind}" in warning
    assert "--state-dir" in warning


def test_a_process_may_take_its_sole_use_twice(tmp_path: Path) -> None:
    first, second = SoleUse(tmp_path / "l"), SoleUse(tmp_path / "l")
    first.release()
    third = SoleUse(tmp_path / "l")
    second.release()
    third.release()


def test_a_sole_use_in_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="cannot be written"):
        SoleUse(tmp_path / "no" / "l")
