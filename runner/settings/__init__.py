"""Settings: reads settings, addresses and keys from flags, environment and manifest."""

from runner.settings.accounts import Sources, emulated_accounts, read_accounts
from runner.settings.settings import Settings, read_settings
from runner.settings.trust import ProviderFacts

__all__ = [
    "ProviderFacts",
    "Settings",
    "Sources",
    "emulated_accounts",
    "read_accounts",
    "read_settings",
]
