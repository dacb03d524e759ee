"""Planning: what happens to each job, why, and what it will cost."""
