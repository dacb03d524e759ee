"""Checks operations' files: their form by a meta-schema, and what a JSON Schema cannot express."""
