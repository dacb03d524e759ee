"""Report: a gallery of results that a browser shows."""
