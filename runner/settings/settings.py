"""What a run is told to do, and what must be known of a provider to reach it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, get_args

from runner.errors import Location, Secret
from runner.model import Account, Auth, Unit

AUTHS: tuple[Auth, ...] = get_args(Auth)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every setting of a run, with its default where nobody said anything."""

    concurrency: int = 5
    """The most tasks in flight over all providers, from the POST until the end is noticed."""
    budget: Mapping[Unit, Decimal] = field(default_factory=dict)
    """The ceiling in each unit; a unit that is absent has none."""
    timeout_s: float = 1800.0
    """A job's limit from its submission on."""
    poll_rate: float = 5.0
    """Status requests a second and provider."""
    outputs: Path = Path("outputs")
    """Folder for the files; one that the manifest names starts from the manifest's folder."""
    download: bool = True
    on_ambiguous: Literal["ask", "resubmit"] = "ask"
    confirm_above: Mapping[Unit, Decimal] = field(default_factory=dict)
    """A run whose estimate is above this in any unit asks first."""
    outage_s: float = 600.0
    """How long a provider may be out of order before the run ends."""
    settle_s: float = 5.0
    """How long a provider's list of tasks may lag behind a submission."""
    max_failures: int | None = None
    """After this many failed jobs nothing more is submitted; None for no such limit."""
    accounts: Mapping[str, Account] = field(default_factory=dict)
    """Provider to the way into it, for the providers that are used."""

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """Every key in use, for `redact`."""
        return tuple(account.key for account in self.accounts.values() if account.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Everything that speaks about settings."""

    run: Mapping[str, Any] = field(default_factory=dict)
    """The manifest's block of that name."""
    providers: Mapping[str, Any] = field(default_factory=dict)
    """The manifest's block of that name."""
    environ: Mapping[str, str] = field(repr=False)
    flags: Mapping[str, Any] = field(default_factory=dict)
    """Setting to what its flag says, None where it was not given; `trust` to its pairs."""
    base: Path = Path()
    """The manifest's folder, from which folders start that it names."""
    locate: Callable[[tuple[str | int, ...]], Location] | None = None
    """Path in the manifest to its place, for messages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderFacts:
    """Where a provider is and which key opens it, as its module knows."""

    name: str
    default_base_url: str
    hosts: frozenset[str]
    """The vendor's own hosts, in lower case."""
    key_env: str
    base_url_env: str
    default_auth: Callable[[str], Auth]
    """Base URL to the form of its authorization."""
