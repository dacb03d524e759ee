"""Validates documents, jobs, images and references, and explains errors to the user."""

from runner.validation.authoring import manifest_schema, manifest_text
from runner.validation.diagnostics import (
    Finding,
    document_diagnostics,
    job_diagnostics,
    not_yet_reported,
)
from runner.validation.document import check_document, check_lookalikes
from runner.validation.jobs import check_job
from runner.validation.media import check_images, check_media
from runner.validation.references import check_references

__all__ = [
    "Finding",
    "check_document",
    "check_images",
    "check_job",
    "check_lookalikes",
    "check_media",
    "check_references",
    "document_diagnostics",
    "job_diagnostics",
    "manifest_schema",
    "manifest_text",
    "not_yet_reported",
]
