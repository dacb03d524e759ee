"""Results manifest: writes the outcomes of a run, and reads an earlier one as evidence."""
