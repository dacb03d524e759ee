"""The Python API: reads, plans and runs manifests inside the program of somebody else.

It prints nothing, reads no command line, ends no process, and leaves signals, the environment and
the garbage collector as they are.
"""

from __future__ import annotations

# A name imported as itself is exported (PEP 484).
from runner.api.manifests import Manifest as Manifest
from runner.api.manifests import load as load
from runner.api.observers import Observer as Observer
from runner.api.plans import Plan as Plan
from runner.api.plans import plan as plan
from runner.api.results import Results as Results
from runner.api.runs import arun as arun
from runner.api.runs import run as run
from runner.errors import Exit as Exit
from runner.errors import Failure as Failure
from runner.errors import LedgerError as LedgerError
from runner.errors import ManifestError as ManifestError
from runner.errors import OutputError as OutputError
from runner.errors import Problem as Problem
from runner.errors import ProviderError as ProviderError
from runner.errors import UsageError as UsageError
from runner.model.events import Event as Event
from runner.model.events import Step as Step
