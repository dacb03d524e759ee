"""Expands a manifest to jobs: defaults, variables, matrix, rows, takes, seeds, fingerprints."""
