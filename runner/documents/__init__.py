"""Documents: reads YAML with locations for error messages, and writes YAML."""
