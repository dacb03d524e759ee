"""Network access: requests, uploads, name lookup, network errors, redaction and pacing."""
