"""Documents, jobs and images in, what is wrong with them in the user's words out."""

from runner.validation.authoring import manifest_schema, manifest_text
from runner.validation.bodies import check_images, check_media
from runner.validation.document import check_document
from runner.validation.drafts import check_draft
from runner.validation.findings import Finding, document_problems, not_yet_told, problems
from runner.validation.links import check_links
from runner.validation.lookalikes import check_lookalikes

__all__ = [
    "Finding",
    "check_document",
    "check_draft",
    "check_images",
    "check_links",
    "check_lookalikes",
    "check_media",
    "document_problems",
    "manifest_schema",
    "manifest_text",
    "not_yet_told",
    "problems",
]
