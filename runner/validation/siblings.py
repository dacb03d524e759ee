"""Siblings: finds the operations that accept a job whose own operation lacks its parameters."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from runner.model.jobs import Draft
from runner.model.operations import Operation
from runner.operations import SchemaError
from runner.validation.diagnostics import Finding
from runner.validation.jobs import check_job

MOST = 3
"""Operations that are named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiblingHints:
    """Adds to findings which operation was meant: subjects, or a second image, may show it."""

    operations: Mapping[str, Operation]
    _found: dict[tuple[int, str], str | None] = field(default_factory=dict)
    """By number of the entry, and message: the jobs of one entry mean the same."""

    def add(self, draft: Draft, operation: Operation, findings: Sequence[Finding]) -> list[Finding]:
        """The findings, the clearest of those that others may take with the hint."""
        about_form = [finding for finding in findings if finding.by_form]
        if not about_form:
            return [*findings]
        # An unknown parameter shows best what was meant.
        clearest = max(about_form, key=lambda finding: finding.key)
        key = (draft.entry, clearest.message)
        if key not in self._found:
            self._found[key] = self._hint(draft, operation)
        hint = self._found[key] or clearest.hint
        return [replace(each, hint=hint) if each is clearest else each for each in findings]

    def _hint(self, draft: Draft, operation: Operation) -> str | None:
        names = sorted(
            self._accepting(draft, operation),
            # Two images are a first and a last frame rather than any number of references.
            key=lambda name: (_spare_items(self.operations[name], draft), _unlike(name, operation)),
        )
        listed = " or ".join(names[:MOST])
        more = " (vidu-run operations lists all)" if len(names) > MOST else ""
        return f"as it is, the job fits operation {listed}{more}" if names else None

    def _accepting(self, draft: Draft, operation: Operation) -> Iterator[str]:
        """Operations of the same provider, for the same kind of result."""
        for name in self.operations:
            if name == operation.name or name.partition("/")[0] != operation.provider:
                continue
            # What is wrong with a file is reported to those whose jobs use it.
            with suppress(SchemaError):
                other = self.operations[name]
                if other.makes == operation.makes and _accepts(other, draft):
                    yield name


def _spare_items(operation: Operation, draft: Draft) -> float:
    """How many more items its lists could have."""
    rules = operation.schema["properties"]
    lists = {name: value for name, value in draft.parameters.items() if isinstance(value, list)}
    most = {name: float(rules[name].get("maxItems", math.inf)) for name in lists}
    return sum(most[name] - len(value) for name, value in lists.items())


def _unlike(name: str, operation: Operation) -> float:
    return 1 - difflib.SequenceMatcher(None, name, operation.name).ratio()


def _accepts(operation: Operation, draft: Draft) -> bool:
    findings = check_job(replace(draft, operation=operation.name), operation)
    return all(finding.warning for finding in findings)
