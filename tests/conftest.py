"""What all tests share."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.postgres import running_server

# A busy machine is slow, which proves nothing about the code.
settings.register_profile(
    "patient", settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
)
settings.load_profile("patient")

_NOBODY = 65534


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server, which runs until the last test has ended."""
    with running_server() as server:
        yield server.url


@pytest.fixture(scope="session", autouse=True)
def signals_reach_children() -> None:
    """Let no process that a test starts inherit ignored signals, as from `make test &` or nohup."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_IGN:
            # Ignored here all the same; but a started program gets the default.
            signal.signal(number, lambda *_: None)


@pytest.fixture
def plain_user_folder() -> Iterator[Path]:
    """A folder of an ordinary user, who also runs the test: file permissions do not bind root."""
    folder = Path(tempfile.mkdtemp(dir="/tmp"))  # pytest's own is root's alone
    user = os.geteuid()
    if user == 0:
        os.chown(folder, _NOBODY, -1)
        os.seteuid(_NOBODY)
    yield folder
    os.seteuid(user)
    shutil.rmtree(folder)
