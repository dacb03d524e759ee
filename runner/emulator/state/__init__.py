"""State: the account's tasks, and the files that they result in."""
