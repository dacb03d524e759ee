"""What the command line asked for, in one record."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runner.errors import UsageError
from runner.providers.registry import PROVIDERS

REHEARSAL_SCALE = 0.1
"""A rehearsal takes a tenth of the real time unless `--time-scale` says otherwise."""

_SETTINGS = (
    *("outputs", "concurrency", "timeout", "poll_rate", "outage", "download", "budget"),
    *("confirm_above", "on_ambiguous", "settle", "max_failures", "trust"),
)
"""The flags that are settings, and the pairs of trust."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The command line of a verb that reads manifests; None and False: not given."""

    manifests: tuple[Path, ...]
    results: Path | None = None
    state_dir: Path | None = None
    select: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    emulate: bool = False
    time_scale: float | None = None
    retry_failed: bool = False
    progress: str = "auto"
    as_json: bool = False
    base_url: tuple[str, ...] = ()
    trust: tuple[str, ...] = ()
    outputs: str | None = None
    concurrency: str | None = None
    timeout: str | None = None
    poll_rate: str | None = None
    outage: str | None = None
    download: bool | None = None
    budget: str | None = None
    confirm_above: str | None = None
    on_ambiguous: str | None = None
    settle: str | None = None
    max_failures: str | None = None
    force: bool = False
    """What is selected is made anew, and paid for again."""
    fail_fast: bool = False
    yes: bool = False
    """Whatever would be asked is answered with yes."""
    afresh: bool = False
    """Files are read though it is remembered what is in them."""
    dry: bool = False
    """Nothing is written, not even what was read of large files."""
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))

    @property
    def scale(self) -> float:
        """How long emulated tasks take, 1 being real."""
        return REHEARSAL_SCALE if self.time_scale is None else self.time_scale

    def flags(self) -> dict[str, Any]:
        """The flags that are settings, under the settings' names, and the pairs of trust."""
        given = {name: value for name in _SETTINGS if (value := getattr(self, name)) is not None}
        return {**given, "max_failures": "1"} if self.fail_fast else given

    def same_place(self) -> list[str]:
        """The flags by which another command means the same ledger and results."""
        pairs = (("-o", self.results), ("--state-dir", self.state_dir), ("--outputs", self.outputs))
        named = [f"{flag} {shlex.quote(str(value))}" for flag, value in pairs if value is not None]
        return (["--emulate"] if self.emulate else []) + named

    def environment(self) -> dict[str, str]:
        """The environment with `--base-url` in it: a flag names a host as a variable does."""
        found = dict(self.environ)
        for pair in self.base_url:
            name, _, url = pair.partition("=")
            if name not in PROVIDERS or not url:
                raise UsageError(
                    f"--base-url {pair}: not of the form PROVIDER=URL",
                    hint=f"providers: {', '.join(PROVIDERS)}",
                )
            found[PROVIDERS[name].BASE_URL_ENV] = url
        return found

    def check(self) -> None:
        """Raise UsageError for flags that cannot go together."""
        if self.results is not None and self.results.resolve() in [
            path.resolve() for path in self.manifests
        ]:
            raise UsageError(f"-o {self.results} is the manifest itself", hint="name another file")
        if self.results is not None and len(self.manifests) > 1:
            raise UsageError("-o names one results manifest, but there are several manifests")
        if self.time_scale is not None and not self.emulate:
            raise UsageError("--time-scale is the emulator's", hint="add --emulate")
        if self.fail_fast and self.max_failures is not None:
            raise UsageError("--fail-fast is --max-failures 1: give one of the two")
        seen: dict[str, Path] = {}
        for path in self.manifests:
            stem = os.path.realpath(path.parent / path.stem)  # "." and "/" have no name
            if (known := seen.setdefault(stem, path)) is not path:
                raise UsageError(
                    f"{known} and {path} would share one results manifest",
                    hint="name each manifest once, or rename one",
                )
