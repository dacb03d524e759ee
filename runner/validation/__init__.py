"""Validates documents, jobs, images and references, and explains errors to the user."""
