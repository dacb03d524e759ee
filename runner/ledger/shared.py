"""Shared ledger: the address of a PostgreSQL that several machines use as their ledger."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

SCHEMES = ("postgresql", "postgres")
DEFAULT_SCHEMA = "vidu_run"
_WITHOUT_PASSWORD = "leave the password out and set PGPASSWORD, PGPASSFILE (~/.pgpass) or PGSERVICE"  # noqa: S105
_SECRETS = frozenset({"password", "sslpassword"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedLedger:
    """Where a shared ledger is. Printed without its password."""

    conninfo: str = field(repr=False)
    """What libpq connects with: the URL without our own parameter."""
    schema: str
    name: str
    """The URL for messages: without password."""

    def __str__(self) -> str:
        return self.name

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read `postgresql://[user@]host[:port]/database[?schema=NAME&...]`.

        All other parameters are libpq's (PostgreSQL's documentation, 34.1.1.2). Raises ValueError
        with a text that follows the URL in a message.
        """
        parts = urlsplit(url)
        if parts.scheme not in SCHEMES:
            raise ValueError("is no URL of a ledger: write postgresql://USER@HOST/DATABASE")
        pairs = parse_qsl(parts.query, keep_blank_values=True)
        schemas = [value for name, value in pairs if name == "schema"]
        # A comma as in "a,b" would be a search path: quoted, it is a strange but correct name.
        if len(schemas) > 1 or not all(schemas):
            raise ValueError("does not name one schema: write ?schema=NAME once")
        others = urlencode([pair for pair in pairs if pair[0] != "schema"], safe="/")
        return cls(
            conninfo=urlunsplit(parts._replace(query=others)),
            schema=schemas[0] if schemas else DEFAULT_SCHEMA,
            name=without_secrets(url),
        )

    @property
    def has_password(self) -> bool:
        """Whether the URL itself contains a password."""
        parts = urlsplit(self.conninfo)
        in_query = {name for name, _ in parse_qsl(parts.query)}
        return _password_of(parts.netloc) is not None or bool(in_query & _SECRETS)

    def warnings(self) -> Sequence[str]:
        """What to print before it is used: a connection that others may read."""
        parts = urlsplit(self.conninfo)
        options = dict(parse_qsl(parts.query))
        hosts = _hosts(parts.netloc, options)
        mode = options.get("sslmode", "prefer")
        if mode in {"require", "verify-ca", "verify-full"} or all(map(_is_here, hosts)):
            return ()
        return (
            f"others may read what goes to the ledger {self} (sslmode={mode}): use verify-full",
        )


def without_secrets(url: str) -> str:
    """The URL with `***` in place of passwords."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "the URL"  # whatever it contains
    userinfo, at, hosts = parts.netloc.rpartition("@")
    user, colon, _ = userinfo.partition(":")
    netloc = f"{user}{':***' if colon else ''}{at}{hosts}"
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    query = urlencode([(n, "***" if n in _SECRETS else v) for n, v in pairs], safe="/*")
    return urlunsplit(parts._replace(netloc=netloc, query=query))


def _password_of(netloc: str) -> str | None:
    userinfo, at, _ = netloc.rpartition("@")
    _, colon, password = userinfo.partition(":")
    return password if at and colon else None


def _hosts(netloc: str, options: dict[str, str]) -> list[str]:
    named = netloc.rpartition("@")[2].split(",") if netloc.rpartition("@")[2] else []
    hosts = [unquote(host).rpartition(":")[0] or unquote(host) for host in named]
    return hosts or options.get("host", "").split(",")


def _is_here(host: str) -> bool:
    """Whether a connection stays on this machine: a socket's folder, or loopback."""
    if not host or host.startswith("/") or host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
