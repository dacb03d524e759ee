"""Key trust: decides whether a key may be sent to an address."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from runner.errors import Diagnostic, UsageError
from runner.model.requests import Vendor

# Stricter than URLs need be: what it accepts means the same to every URL parser, so that the host
# that is checked here is the host that gets the request.
_ADDRESS = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>(?:/[a-z0-9._~!$&'()*+,;=:@%-]*)*)",
    re.IGNORECASE | re.ASCII,
)
_PAIR = re.compile(r"(?P<host>[^=\s/@]+)=(?P<variable>[A-Za-z_][A-Za-z0-9_]*)", re.ASCII)
_DEFAULT_PORTS = {"https": 443, "http": 80}

AddressSource: TypeAlias = Literal["environment", "manifest", "default"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """The base URL of a provider."""

    url: str
    """Without a trailing slash."""
    scheme: str
    host: str
    """Lower case, without the brackets of IPv6 and without a final dot."""
    port: int
    source: AddressSource

    @property
    def name(self) -> str:
        """`HOST`, or `HOST:PORT` if it is not the scheme's own port: the left side of a pair."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def loopback(self) -> bool:
        """Whether it is this machine, as a literal address or as `localhost`."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def parse_address(text: str, source: AddressSource) -> Address | None:
    """The address; None unless `text` is http or https, a host, and at most a port and a path."""
    match = _ADDRESS.fullmatch(text)
    if match is None:
        return None
    scheme = match["scheme"].lower()
    port = int(match["port"] or _DEFAULT_PORTS[scheme])
    host = match["host"].lower().strip("[]").rstrip(".")
    if not host or not 0 < port < 1 << 16:
        return None
    return Address(url=text.rstrip("/"), scheme=scheme, host=host, port=port, source=source)


def trusted_pairs(environ: Mapping[str, str], flags: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Host (lower case) and variable of each `HOST=VAR` in both places. Raises UsageError."""
    entries = [("VIDU_RUN_TRUST", pair) for pair in environ.get("VIDU_RUN_TRUST", "").split(",")]
    entries += [("--trust", pair) for flag in flags for pair in flag.split(",")]
    for source, entry in entries:
        if match := _PAIR.fullmatch(entry.strip()):
            yield match["host"].lower(), match["variable"]
        elif entry.strip():
            # Only the part before the sign is shown: the other one may be a key by mistake.
            host = entry.partition("=")[0].strip()
            raise UsageError(
                f'{source}: "{host}" is not followed by the name of a variable',
                hint="a pair is HOST=VAR, or HOST:PORT=VAR",
            )


def check_trust(
    address: Address, variable: str, vendor: Vendor, trusted: tuple[tuple[str, str], ...]
) -> Diagnostic | None:
    """None if the key in `variable` may be sent to `address`, else why not and what would allow it.

    The provider's own variable may go to its vendor's hosts, to loopback, and to an address from
    the environment. Any other pair of host and variable must be trusted outside the manifest. In
    clear text a key may only go to loopback or to an address from the environment.
    """
    # Without this a manifest from a stranger could send any variable of the environment anywhere.
    if address.scheme == "http" and not address.loopback and address.source != "environment":
        return Diagnostic(
            message=f"{address.url} would receive the key in {variable} in clear text",
            hint=f"use https, or set the address yourself: {vendor.BASE_URL_ENV}={address.url}",
        )
    # Whoever sets this process's environment has the keys already.
    safe = address.host in vendor.HOSTS or address.loopback or address.source == "environment"
    if variable == vendor.KEY_ENV and safe:
        return None
    if (address.name, variable) in trusted:
        return None
    pair = f"{address.name}={variable}"
    pairs = ",".join([*map("=".join, trusted), pair])
    return Diagnostic(
        message=f"the manifest sends the key in {variable} to {address.name}, which is not trusted",
        hint=f"to allow it: --trust {pair}, or VIDU_RUN_TRUST={pairs}",
    )
