"""Addresses of shared ledgers: what is read, and what is never printed."""

from __future__ import annotations

import pytest

from runner.ledger.shared import SharedLedger, without_secrets


def test_the_schema_is_ours_and_the_rest_is_for_libpq() -> None:
    found = SharedLedger.parse("postgresql://ann@db/studio?schema=spring&sslmode=require")
    assert found.schema == "spring"
    assert found.conninfo == "postgresql://ann@db/studio?sslmode=require"


def test_without_a_schema_it_is_vidu_run() -> None:
    assert SharedLedger.parse("postgres://db/studio").schema == "vidu_run"


@pytest.mark.parametrize("url", ["mysql://db/x", "studio", "", "sqlite:///x", "http://db"])
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="postgresql://USER@HOST/DATABASE"):
        SharedLedger.parse(url)


@pytest.mark.parametrize("query", ["schema=a&schema=b", "schema="])
def test_one_schema_is_named(query: str) -> None:
    with pytest.raises(ValueError, match="write \\?schema=NAME once"):
        SharedLedger.parse(f"postgresql://db/x?{query}")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ann:s3cret@db:5432/studio",
        "postgresql://ann@db/studio?password=s3cret",
        "postgresql://ann:a%40s3cret@db,db2/studio",
    ],
)
def test_a_password_is_known_and_never_printed(url: str) -> None:
    found = SharedLedger.parse(url)
    assert found.has_password
    assert "s3cret" not in f"{found} {found!r} {without_secrets(url)}"
    assert "***" in str(found)


def test_no_password_is_seen_where_there_is_none() -> None:
    assert not SharedLedger.parse("postgresql://ann@db/studio").has_password


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://localhost/x",
        "postgresql://ann@127.0.0.1:5432/x",
        "postgresql:///x?host=/run/postgresql",
        "postgresql:///x",
        "postgresql://db/x?sslmode=verify-full",
        "postgresql://db/x?sslmode=require",
    ],
)
def test_what_nobody_else_can_read_has_no_warning(url: str) -> None:
    assert SharedLedger.parse(url).warnings() == ()


@pytest.mark.parametrize("url", ["postgresql://db/x", "postgresql://localhost,db/x?sslmode=prefer"])
def test_what_others_may_read_is_a_warning(url: str) -> None:
    (warning,) = SharedLedger.parse(url).warnings()
    assert "verify-full" in warning
