"""Doctor: checks what a run relies on, each thing by itself, without changing or paying anything.

Facts are gathered first; the checks are pure functions over them.
"""
