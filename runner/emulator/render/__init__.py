"""Rendering: draws pictures and videos that show what was ordered."""
