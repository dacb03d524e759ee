"""Writes `manifest.schema.json` to stdout: run it when an operation's schema has changed."""

import sys

from runner.operations import load_operations
from runner.validation.authoring import manifest_text

if __name__ == "__main__":
    sys.stdout.buffer.write(manifest_text(load_operations()).encode())
