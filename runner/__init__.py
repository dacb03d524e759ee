"""vidu-run: makes the pictures and videos that manifests describe, and records what they cost."""

__version__ = "0.1.0"

TYPE_CHECKING = False  # `typing` itself would be loaded by every `import runner`
if TYPE_CHECKING:
    from runner.api import Event as Event
    from runner.api import Exit as Exit
    from runner.api import Failure as Failure
    from runner.api import LedgerError as LedgerError
    from runner.api import Manifest as Manifest
    from runner.api import ManifestError as ManifestError
    from runner.api import Observer as Observer
    from runner.api import OutputError as OutputError
    from runner.api import Plan as Plan
    from runner.api import Problem as Problem
    from runner.api import ProviderError as ProviderError
    from runner.api import Results as Results
    from runner.api import Step as Step
    from runner.api import UsageError as UsageError
    from runner.api import arun as arun
    from runner.api import load as load
    from runner.api import plan as plan
    from runner.api import run as run

_NAMES = frozenset(
    (
        *("load", "plan", "run", "arun"),
        *("Manifest", "Plan", "Results", "Observer", "Event", "Step", "Exit", "Problem"),
        *("Failure", "ManifestError", "UsageError", "ProviderError", "LedgerError", "OutputError"),
    )
)
"""What is handed on from `runner.api`, which is loaded with the first of them."""


def __getattr__(name: str) -> object:
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from runner import api

    return getattr(api, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_NAMES})
