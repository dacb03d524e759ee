"""Result warnings: what a run's summary shows of results that are not as they were asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from runner.errors import Location, hang, one_line, plural
from runner.media.streams import EXTRA_HINT
from runner.media.types import kind_of
from runner.model.file_facts import DAMAGED
from runner.model.jobs import Job
from runner.model.outcomes import Outcome

MAX_NAMED = 3
"""Jobs of a kind of warning that are named."""


@dataclass(slots=True, kw_only=True)
class _Group:
    """The jobs with one kind of warning."""

    first: Job
    message: str
    """That of the first one."""
    count: int = 0
    names: list[str] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class ResultWarnings:
    """The warnings of a run, by kind, added up outcome by outcome."""

    groups: dict[str, _Group] = field(default_factory=dict)
    """By code, in the order of the manifest."""
    unmeasured: int = 0
    """Videos and sounds that this run fetched and nobody could measure."""

    def add(self, outcome: Outcome) -> None:
        """Add the outcome of a selected job."""
        messages = {warning.code: warning.message for warning in reversed(outcome.warnings)}
        for code, message in reversed(messages.items()):
            group = self.groups.setdefault(code, _Group(first=outcome.job, message=message))
            group.count += 1
            if len(group.names) < MAX_NAMED:
                group.names.append(outcome.job.id)
        if not outcome.reused:
            self.unmeasured += sum(
                kind_of(file.media_type) in ("video", "audio")
                and not file.warnings
                and (file.facts is None or file.facts.codec is None)
                for file in outcome.files
            )

    def lines(
        self, locate: Callable[[Job], Location], columns: int | None, fetch: str
    ) -> Iterator[str]:
        """One line for each kind, and what to do where something can be done.

        `fetch` is the command that fetches again.
        """
        for code, group in self.groups.items():
            location = locate(group.first)
            text = f"{location.path}:{location.line}: {_described(code, group)}"
            yield from hang("  warning   ", one_line(text), columns)
        if DAMAGED & self.groups.keys():
            yield f"            to fetch damaged files again at no cost: {fetch}"

    def unmeasured_line(self) -> str:
        """That the extra is missing, without which videos and sounds are not checked."""
        files = plural(self.unmeasured, "file")
        return f"  unchecked {files} with video or sound, because PyAV is missing: {EXTRA_HINT}"


def _described(code: str, group: _Group) -> str:
    """`wrong duration in 3 jobs ("a", "b" and 1 more): 2.5 s instead of 5 s`."""
    names = ", ".join(f'"{name}"' for name in group.names)
    more = group.count - len(group.names)
    names += f" and {more:,} more" if more else ""
    jobs = f"job {names}" if group.count == 1 else f"{plural(group.count, 'job')} ({names})"
    return f"{code.replace('_', ' ')} in {jobs}: {group.message}"
