"""Reference of the operations: what each takes, makes and costs, as pages for people."""
