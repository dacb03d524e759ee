"""Scripted faults: makes requests and tasks fail by a script."""
