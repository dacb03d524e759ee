"""The verbs of the command line: one module each, and the modules that they share."""
