"""`vidu-run ledger`: makes a shared ledger and looks into it."""

from __future__ import annotations

import psycopg
import pytest

from tests.commands.conftest import Project


@pytest.fixture
def url(postgres: str) -> str:
    return f"{postgres}&schema=studio"


@pytest.fixture(autouse=True)
def clean(postgres: str) -> None:
    with psycopg.connect(postgres) as server:
        server.execute("DROP SCHEMA IF EXISTS studio CASCADE")


def test_a_ledger_is_made_once(project: Project, url: str) -> None:
    assert project.run("ledger", "init", url).out.startswith("made: postgresql://")
    assert project.run("ledger", "init", url).out.startswith("there already: postgresql://")
    assert project.run("ledger", "check", url).out.endswith(": whole\n")


def test_the_printed_statements_make_a_ledger(project: Project, postgres: str, url: str) -> None:
    printed = project.run("ledger", "init", "--sql", url)
    with psycopg.connect(postgres, autocommit=True) as server:
        server.execute("DROP ROLE IF EXISTS vidu_run_writer, vidu_run_reader")
        server.execute(printed.out.encode())
    assert project.run("ledger", "status", url).code == 0
    with psycopg.connect(postgres, autocommit=True) as server:
        server.execute("DROP OWNED BY vidu_run_writer, vidu_run_reader")
        server.execute("DROP ROLE vidu_run_writer, vidu_run_reader")


def test_a_damaged_ledger_is_found(project: Project, postgres: str, url: str) -> None:
    project.run("ledger", "init", url)
    with psycopg.connect(postgres) as server:
        server.execute("DROP INDEX studio.one_living_attempt")
    ran = project.run("ledger", "check", url)
    assert ran.code == 8
    assert "the index one_living_attempt is missing" in ran.out
    assert ran.out.endswith(": damaged\n")


def test_a_ledger_that_is_not_there_is_exit_8(project: Project, url: str) -> None:
    for verb in ("status", "check"):
        ran = project.run("ledger", verb, url)
        assert ran.code == 8
        assert 'has no schema "studio" yet' in ran.err


def test_another_address_is_a_usage_error(project: Project) -> None:
    ran = project.run("ledger", "status", "mysql://ann:s3cret@db/x")
    assert ran.code == 2
    assert "s3cret" not in ran.err
