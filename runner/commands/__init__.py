"""The verbs of the command line: one module each, beside what they share."""
