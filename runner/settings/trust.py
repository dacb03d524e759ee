"""Who may have which key: an address and the name of a key variable in, an objection out."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from runner.errors import UsageError
from runner.settings.settings import ProviderFacts

_ADDRESS = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>(?:/[a-z0-9._~!$&'()*+,;=:@%-]*)*)",
    re.IGNORECASE | re.ASCII,
)
"""Stricter than a URL need be: what it lets through reads the same to every URL parser, so that
the host that is judged here is the host that is asked."""

_PAIR = re.compile(r"(?P<host>[^=\s/@]+)=(?P<variable>[A-Za-z_][A-Za-z0-9_]*)", re.ASCII)
_DEFAULT_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a provider is asked."""

    url: str
    """Without a trailing slash."""
    scheme: str
    host: str
    """Lower case, without the brackets of IPv6 and without a final dot."""
    port: int
    named_by: Literal["environment", "manifest", "default"]

    @property
    def name(self) -> str:
        """`HOST` or `HOST:PORT`, as pairs of trust name it: the scheme's own port is left out."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def loopback(self) -> bool:
        """Whether it is this machine, by its literal address or as `localhost`."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def parse_address(
    text: str, named_by: Literal["environment", "manifest", "default"]
) -> Address | None:
    """The address, or None where `text` is none: http or https, a host, at most a path."""
    found = _ADDRESS.fullmatch(text)
    if found is None:
        return None
    scheme = found["scheme"].lower()
    port = int(found["port"] or _DEFAULT_PORTS[scheme])
    host = found["host"].lower().strip("[]").rstrip(".")
    if not host or not 0 < port < 1 << 16:
        return None
    return Address(url=text.rstrip("/"), scheme=scheme, host=host, port=port, named_by=named_by)


def parse_trust(entry: str) -> tuple[str, str] | None:
    """`HOST=VAR` or `HOST:PORT=VAR` as the pair it is, the host in lower case; None if neither."""
    found = _PAIR.fullmatch(entry.strip())
    return (found["host"].lower(), found["variable"]) if found else None


def trusted_pairs(environ: Mapping[str, str], flags: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Host and variable of every pair in VIDU_RUN_TRUST and the flags; UsageError for others."""
    entries = [("VIDU_RUN_TRUST", one) for one in environ.get("VIDU_RUN_TRUST", "").split(",")]
    entries += [("--trust", one) for flag in flags for one in flag.split(",")]
    for source, entry in entries:
        if (pair := parse_trust(entry)) is not None:
            yield pair
        elif entry.strip():
            # Only what stands before the sign is shown: behind it somebody may have put a key.
            host = entry.partition("=")[0].strip()
            raise UsageError(
                f'{source}: "{host}" is not followed by the name of a variable',
                hint="a pair is HOST=VAR, or HOST:PORT=VAR for a port of its own",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustDiagnostic:
    """Why a key must not go to an address, and what would change that."""

    message: str
    hint: str


def check_trust(
    address: Address, variable: str, facts: ProviderFacts, trusted: tuple[tuple[str, str], ...]
) -> TrustDiagnostic | None:
    """None if the key in `variable` may go to `address`.

    The provider's own variable may go to its vendor's hosts, to loopback, and to an address that
    the environment names. Every other pair of host and variable is a manifest's wish alone and
    has to be trusted outside of it: otherwise a manifest from a stranger could send any variable
    of the environment anywhere. In clear text a key travels to this machine only, or to an
    address that the environment names.
    """
    if address.scheme == "http" and not address.loopback and address.named_by != "environment":
        return TrustDiagnostic(
            message=f"{address.url} would get the key in {variable} in clear text",
            hint=f"use https, or name that address yourself: {facts.base_url_env}={address.url}",
        )
    known = address.host in facts.hosts or address.loopback or address.named_by == "environment"
    if variable == facts.key_env and known:
        return None
    if (address.name, variable) in trusted:
        return None
    pairs = ",".join("=".join(pair) for pair in (*trusted, (address.name, variable)))
    pair = f"{address.name}={variable}"
    return TrustDiagnostic(
        message=f"only the manifest wants {address.name} to get the key in {variable}",
        hint=f"if that host may have that key: --trust {pair}, or VIDU_RUN_TRUST={pairs}",
    )
