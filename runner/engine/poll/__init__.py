"""Polling: asks providers about tasks until they end."""
