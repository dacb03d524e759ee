"""Errors: diagnostics with location and hint, exceptions with exit codes, printable text."""

from __future__ import annotations

# A name imported as itself is exported (PEP 484).
from runner.errors.diagnostics import Diagnostic as Diagnostic
from runner.errors.diagnostics import HintedError as HintedError
from runner.errors.diagnostics import Location as Location
from runner.errors.diagnostics import did_you_mean as did_you_mean
from runner.errors.diagnostics import format_diagnostics as format_diagnostics
from runner.errors.diagnostics import merge as merge
from runner.errors.diagnostics import nearest as nearest
from runner.errors.diagnostics import suggest as suggest
from runner.errors.exits import Exit as Exit
from runner.errors.exits import Failure as Failure
from runner.errors.exits import LedgerError as LedgerError
from runner.errors.exits import ManifestError as ManifestError
from runner.errors.exits import OutputError as OutputError
from runner.errors.exits import ProviderError as ProviderError
from runner.errors.exits import UsageError as UsageError
from runner.errors.exits import leaves as leaves
from runner.errors.exits import worst as worst
from runner.errors.folding import fold as fold
from runner.errors.folding import hang as hang
from runner.errors.folding import table_row as table_row
from runner.errors.folding import terminal_columns as terminal_columns
from runner.errors.problems import Problem as Problem
from runner.errors.text import INVISIBLE as INVISIBLE
from runner.errors.text import ODD_INDENT as ODD_INDENT
from runner.errors.text import Secret as Secret
from runner.errors.text import is_blank as is_blank
from runner.errors.text import looks_secret as looks_secret
from runner.errors.text import name_character as name_character
from runner.errors.text import name_invisible as name_invisible
from runner.errors.text import one_line as one_line
from runner.errors.text import plural as plural
from runner.errors.text import printable as printable
from runner.errors.text import redact as redact
from runner.errors.text import width as width
