"""Writes `docs/operations.md` to stdout: run it when an operation's schema has changed."""

import sys

from runner.operations import load_operations
from runner.reference.markdown import reference_text

if __name__ == "__main__":
    sys.stdout.buffer.write(reference_text(load_operations()).encode())
