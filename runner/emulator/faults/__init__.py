"""Scripted faults: makes requests and tasks fail as a script says."""
