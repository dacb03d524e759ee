"""Manifests that the language server is asked about, with the schema of the checkout."""

from __future__ import annotations

from runner.operations import schema_folder

_SCHEMA = schema_folder() / "manifest.schema.json"
HEAD = f"# yaml-language-server: $schema={_SCHEMA}\nversion: 1\n"
IMAGE = "vidu/reference2image"
VIDEO = "vidu/img2video"


def manifest(keys: str) -> str:
    """A manifest with these keys at its top; a job follows where they have no jobs."""
    jobs = "" if "jobs:" in keys else "jobs: [{id: a}]\n"
    return f"{HEAD}{keys}\n{jobs}"


def job(*keys: str, operation: str = IMAGE) -> str:
    """A manifest with one job, which has these keys too."""
    lines = ["  - id: a", f"    operation: {operation}", *(f"    {key}" for key in keys)]
    return manifest("jobs:\n" + "\n".join(lines))
