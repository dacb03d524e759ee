"""GitHub: what a step of a workflow shows beside its log: annotations and a job summary."""
