"""Providers: one module of pure functions per API builds requests and reads replies."""
