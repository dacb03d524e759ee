"""Several machines with one ledger: what one has paid for, no other pays for again."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from runner.emulator.options import EmulatorOptions
from runner.emulator.server import run_emulator
from runner.ledger.shared import SharedLedger
from tests.commands.conftest import Project
from tests.commands.process import running, until
from tests.commands.serving import seen
from tests.postgres import PostgresServer, new_ledger, running_server
from tests.postgres_proxy import Proxy, behind

ROUNDS = int(os.environ.get("VIDU_RUN_CHAOS_ROUNDS", "1"))
LEASE_S = 2.0
JOBS = "".join(f"  - {{id: i{n}, prompt: boat {n}}}\n" for n in range(12))


def url_of(location: SharedLedger) -> str:
    return f"{location.conninfo}&schema={location.schema}"


@pytest.fixture
def ledger_url(postgres: str) -> str:
    return url_of(new_ledger(postgres))


@pytest.fixture
def clones(online: Project, ledger_url: str) -> tuple[Project, Project]:
    """Two clones of one project, on machines that share nothing but the ledger."""
    made = []
    for name in ("one", "other"):
        folder = online.folder / name / "studio"
        folder.mkdir(parents=True)
        (folder / ".git").mkdir()
        made.append(Project(folder, {**online.env, "VIDU_RUN_LEDGER": ledger_url}))
        made[-1].jobs("  - {id: a, prompt: a boat}\n  - {id: b, prompt: the sea}")
    return made[0], made[1]


def test_what_a_colleague_has_paid_for_is_fetched_and_not_paid_again(
    clones: tuple[Project, Project], submissions: Callable[[], Counter[str]]
) -> None:
    one, other = clones
    assert one.run("spring.yaml").code == 0
    ran = other.run("spring.yaml")
    assert ran.code == 0, ran.err
    assert submissions() == {"accepted": 2}
    assert other.rows()["a"]["task_id"] == one.rows()["a"]["task_id"]
    files = [each.folder / "outputs/spring/a.png" for each in clones]
    assert files[0].read_bytes() == files[1].read_bytes()


def test_a_plan_knows_what_a_colleague_has_made(clones: tuple[Project, Project]) -> None:
    one, other = clones
    assert one.run("spring.yaml").code == 0
    (plan,) = json.loads(other.run("plan", "--json", "spring.yaml").out)
    assert plan["totals"]["spent"] == {"credits": 12}


def test_a_budget_counts_what_a_colleague_has_spent(clones: tuple[Project, Project]) -> None:
    one, other = clones
    assert one.run("spring.yaml").code == 0
    other.jobs("  - {id: c, prompt: a lake}")
    assert other.run("spring.yaml", "--budget", "credits=12").code == 5


def test_a_rehearsal_shares_nothing(
    clones: tuple[Project, Project], submissions: Callable[[], Counter[str]]
) -> None:
    one, other = clones
    assert one.run("spring.yaml", "--emulate", "--time-scale", "0").code == 0
    assert submissions() == {}
    assert other.run("spring.yaml").code == 0
    assert submissions() == {"accepted": 2}


def test_a_ledger_that_was_not_made_is_not_made_by_a_run(
    clones: tuple[Project, Project], postgres: str, submissions: Callable[[], Counter[str]]
) -> None:
    one, _ = clones
    ran = one.run("spring.yaml", "--ledger", f"{postgres}&schema=forgotten")
    assert ran.code == 8
    assert "`vidu-run ledger init URL` makes it" in ran.err
    assert submissions() == {}


def test_a_password_in_a_manifest_is_an_error_that_does_not_print_it(
    online: Project, submissions: Callable[[], Counter[str]]
) -> None:
    url = "postgresql://ann:s3cret@db.example/studio"
    online.write(
        f"version: 1\nrun: {{ledger: '{url}'}}\n"
        "jobs: [{id: a, operation: vidu/reference2image, model: viduq2, prompt: a boat}]\n"
    )
    for verb in ("run", "plan", "status"):
        ran = online.run(verb, "spring.yaml")
        assert ran.code == 3
        assert "PGPASSFILE" in ran.err
        assert "s3cret" not in ran.err
    assert submissions() == {}


@pytest.mark.parametrize("url", ["mysql://db/x", "postgresql://u:s3cret@h/d?schema="])
def test_a_wrong_address_is_a_usage_error(online: Project, url: str) -> None:
    online.jobs("  - {id: a, prompt: a boat}")
    ran = online.run("plan", "spring.yaml", "--ledger", url)
    assert ran.code == 2
    assert "--ledger" in ran.err
    assert "s3cret" not in ran.err


def test_a_key_is_in_no_table(clones: tuple[Project, Project]) -> None:
    one, _ = clones
    assert one.run("spring.yaml").code == 0
    dump = one.run("ledger", "status", "--json", str(one.env["VIDU_RUN_LEDGER"]))
    assert "secret-key" not in dump.out
    assert json.loads(dump.out)["spending"][0]["credits"] == 12


def test_doctor_knows_a_shared_ledger(clones: tuple[Project, Project]) -> None:
    one, _ = clones
    ran = one.run("doctor", "--json", "spring.yaml")
    assert ran.code == 0, ran.out
    checks = {each["id"]: each for each in json.loads(ran.out)}
    assert checks["ledger"]["text"] == "0 runs alive"
    assert checks["ledger-clock"]["level"] == "ok"


# --------------------------------------------------------------------------------------- bad days


class Team:
    """Processes on clones of one project, with one ledger and one provider."""

    def __init__(self, folder: Path, provider: str, ledger_url: str, size: int) -> None:
        self.provider = provider
        env: dict[str, str | None] = {
            "VIDU_BASE_URL": provider,
            "VIDU_API_KEY": "chaos-key",
            "VIDU_RUN_SETTLE": "0.2s",
            "VIDU_RUN_POLL_RATE": "50",
            "VIDU_RUN_LEDGER": ledger_url,
            "VIDU_RUN_LEASE": str(LEASE_S),
        }
        self.clones = [Project(folder / f"{n}" / "studio", env) for n in range(size)]
        for clone in self.clones:
            clone.folder.mkdir(parents=True)
            (clone.folder / ".git").mkdir()
            clone.jobs(JOBS)

    def finish(self) -> None:
        """Run each clone to its end; nothing may have been paid for twice, or lost."""
        for clone in self.clones:
            ran = clone.run("spring.yaml", "--no-download")
            assert ran.code == 0, ran.err
        accepted = seen(self.provider)
        twice = [each for each, n in Counter(e["untagged"] for e in accepted).items() if n > 1]
        assert not twice, "paid twice"
        for clone in self.clones:
            recorded = {row["task_id"] for row in clone.rows().values()}
            assert recorded == {each["task_id"] for each in accepted}


@pytest.fixture
def provider() -> Iterator[str]:
    with run_emulator(EmulatorOptions(time_scale=0.02, concurrency=20)) as url:
        yield url


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_processes_that_are_killed_at_any_moment_pay_for_nothing_twice(
    tmp_path: Path, provider: str, ledger_url: str, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - moments, not secrets
    team = Team(tmp_path, provider, ledger_url, size=3)
    with ExitStack() as stack:
        processes = [
            stack.enter_context(running(clone, "spring.yaml", "--no-download"))
            for clone in team.clones
        ]
        for process in processes:
            time.sleep(chance.uniform(0.3, 0.8))
            process.kill()
            process.wait()
    team.finish()


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_a_process_that_stands_still_longer_than_its_lease_pays_for_nothing_twice(
    tmp_path: Path, provider: str, ledger_url: str, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - moments, not secrets
    team = Team(tmp_path, provider, ledger_url, size=2)
    with running(team.clones[0], "spring.yaml", "--no-download") as sleeper:
        until(lambda: bool(seen(provider)))
        time.sleep(chance.uniform(0.0, 0.3))
        sleeper.send_signal(signal.SIGSTOP)
        # The other one waits until the lease has ended, and takes over what was left open.
        assert team.clones[1].run("spring.yaml", "--no-download").code == 0
        sleeper.send_signal(signal.SIGCONT)
        sleeper.communicate(timeout=60)
        assert sleeper.returncode in {0, 8}
    team.finish()


WITHOUT_FENCE = """
from runner.ledger.postgres.lease import Lease
Lease.refusal = lambda self: None
Lease.is_held = lambda self: True
"""


class Moment:
    """Stops a process when it has committed an intent, and knows nothing of that yet."""

    def __init__(self, proxy: Proxy) -> None:
        self.process: subprocess.Popen[str] | None = None
        self.came = threading.Event()
        self._is_intent = False
        proxy.cut, proxy.note_answer = self._note_request, self._note_answer

    def _note_request(self, sent: bytes) -> bool:
        self._is_intent |= b"INSERT INTO" in sent and b"attempts" in sent
        return False

    def _note_answer(self, answer: bytes) -> None:
        if self._is_intent and b"COMMIT" in answer and not self.came.is_set():
            assert self.process is not None
            self.process.send_signal(signal.SIGSTOP)
            self.came.set()


def paid_by_a_sleeper_and_another(
    folder: Path, provider: str, location: SharedLedger, before: str
) -> tuple[list[str], int | None]:
    """What was paid for where one falls asleep just before it submits; its exit code."""
    proxy = Proxy(folder, location)
    moment = Moment(proxy)
    team = Team(folder, provider, url_of(location), size=2)
    sleeper, other = team.clones
    sleeper.env = {**sleeper.env, "VIDU_RUN_LEDGER": url_of(behind(folder, location))}
    with running(sleeper, "spring.yaml", "--no-download", before=before) as process:
        moment.process = process
        assert moment.came.wait(60)
        # It waits until the lease has ended, and takes over what was left open.
        assert other.run("spring.yaml", "--no-download").code == 0
        process.send_signal(signal.SIGCONT)
        process.communicate(timeout=60)
    proxy.close()
    return [each["untagged"] for each in seen(provider)], process.returncode


def test_who_falls_asleep_before_a_submission_does_not_send_it(
    tmp_path: Path, provider: str, postgres: str
) -> None:
    paid, code = paid_by_a_sleeper_and_another(tmp_path, provider, new_ledger(postgres), "")
    assert len(paid) == len(set(paid)) == JOBS.count("id:")
    assert code == 8


def test_without_the_fence_it_would_be_paid_twice(
    tmp_path: Path, provider: str, postgres: str
) -> None:
    location = new_ledger(postgres)
    paid, _ = paid_by_a_sleeper_and_another(tmp_path, provider, location, WITHOUT_FENCE)
    assert len(paid) > len(set(paid)), "the test above could not fail"


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    """A server that the test may stop."""
    with running_server() as server:
        yield server


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_a_server_that_crashes_costs_nothing_twice(
    tmp_path: Path, provider: str, own_server: PostgresServer, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - moments, not secrets
    team = Team(tmp_path, provider, url_of(new_ledger(own_server.url)), size=2)
    with ExitStack() as stack:
        processes = [
            stack.enter_context(running(clone, "spring.yaml", "--no-download"))
            for clone in team.clones
        ]
        until(lambda: bool(seen(provider)))
        time.sleep(chance.uniform(0.0, 0.5))
        own_server.stop("immediate")
        own_server.start()
        for process in processes:
            _, shown = process.communicate(timeout=90)
            # Another one may have taken over, where the server was away for longer than a lease.
            assert process.returncode in {0, 8}, shown
    team.finish()


def test_a_run_ends_with_exit_8_when_the_server_stays_away(
    tmp_path: Path, provider: str, own_server: PostgresServer
) -> None:
    team = Team(tmp_path, provider, url_of(new_ledger(own_server.url)), size=1)
    (clone,) = team.clones
    clone.env["VIDU_RUN_OUTAGE"] = "1s"
    with running(clone, "spring.yaml", "--no-download", "--concurrency", "1") as process:
        until(lambda: bool(seen(provider)))
        own_server.stop("immediate")
        _, shown = process.communicate(timeout=90)
    assert process.returncode == 8, shown
    assert "nothing is submitted, trying for 1.0 s" in shown
    assert "cannot be reached" in shown
    own_server.start()
    team.finish()


@pytest.mark.slow
def test_an_interrupted_run_does_not_wait_for_a_server_that_is_away(
    tmp_path: Path, provider: str, own_server: PostgresServer
) -> None:
    team = Team(tmp_path, provider, url_of(new_ledger(own_server.url)), size=1)
    with running(team.clones[0], "spring.yaml", "--no-download") as process:
        until(lambda: bool(seen(provider)))
        own_server.stop("immediate")
        process.send_signal(signal.SIGINT)
        try:
            process.communicate(timeout=45)
        except subprocess.TimeoutExpired:
            pytest.fail("it waits for as long as `outage`")
    own_server.start()
    team.finish()
