"""What the pages of the operations allow and forbid, a module an operation."""
