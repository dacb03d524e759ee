"""Submission: turns a ready job into a request that is sent once and recorded."""
