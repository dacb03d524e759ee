"""Terminal views: plans, states of jobs and ends of runs as text for people, and as JSON values."""
