"""The operations' schemas in, `manifest.schema.json` on stdout: for whoever changes a schema."""

import sys

from runner.operations import load_operations
from runner.validation.authoring import manifest_text

if __name__ == "__main__":
    sys.stdout.buffer.write(manifest_text(load_operations()).encode())
