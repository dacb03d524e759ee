"""A manifest's `defaults` and a job's own values in; the job's values under its operation out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def merge_defaults(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """`own` over `base`: mappings merge, everything else replaces, null unsets.

    These are the rules of JSON Merge Patch (RFC 7396). Neither argument is changed; parts that
    need no merging are shared with the result.
    """
    merged = dict(base)
    for key, value in own.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict):
            under = merged.get(key)
            merged[key] = merge_defaults(under if isinstance(under, dict) else {}, value)
        else:
            merged[key] = value
    return merged


class Defaults:
    """The defaults of each operation, merged once and shared by all its jobs."""

    __slots__ = ("_general", "_merged", "_specific")

    def __init__(self, written: Any):
        known = written if isinstance(written, dict) else {}
        self._general = {
            key: value
            for key, value in known.items()
            if "/" not in key and not key.startswith("x-")
        }
        self._specific = {
            key: value for key, value in known.items() if "/" in key and not key.startswith("x-")
        }
        self._merged: dict[str, dict[str, Any]] = {}

    @property
    def general(self) -> dict[str, Any]:
        """What holds for every job, whatever its operation."""
        return self._general

    def under(self, operation: str) -> dict[str, Any]:
        """The values under every job of `operation`; not to be changed."""
        found = self._merged.get(operation)
        if found is None:
            specific = self._specific.get(operation)
            own = specific if isinstance(specific, dict) else {}
            found = self._merged[operation] = merge_defaults(merge_defaults({}, self._general), own)
        return found
