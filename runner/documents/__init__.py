"""Documents: reads YAML with locations for error messages, and writes YAML."""

from runner.documents.dump import dump, dump_item
from runner.documents.files import Document, likely_encoding, load, read_document, read_text

__all__ = [
    "Document",
    "dump",
    "dump_item",
    "likely_encoding",
    "load",
    "read_document",
    "read_text",
]
