"""vidu-run: makes the pictures and videos that manifests describe, and records what they cost."""

__version__ = "0.1.0"
