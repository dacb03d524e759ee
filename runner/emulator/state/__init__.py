"""The account behind both APIs: tasks, balance and result files."""
