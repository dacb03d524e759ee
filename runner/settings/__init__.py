"""Manifest, environment and flags in; settings, addresses and keys out."""

from runner.settings.accounts import emulated_accounts, read_accounts
from runner.settings.read import read_settings
from runner.settings.settings import ProviderFacts, Settings, Sources
from runner.settings.values import duration

__all__ = [
    "ProviderFacts",
    "Settings",
    "Sources",
    "duration",
    "emulated_accounts",
    "read_accounts",
    "read_settings",
]
