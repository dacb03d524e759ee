"""Export: writes the rows of results in the forms that other programs read."""
