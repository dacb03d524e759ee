"""Network access: requests, uploads, name lookup, network errors and pacing."""
