"""The records that travel through the program, and pure functions over them.

A manifest becomes drafts (expanded, unchecked), drafts become jobs (checked, with seed and
fingerprint), jobs a plan, the plan's entries outcomes. Providers are asked by requests,
and answer by replies.
"""
