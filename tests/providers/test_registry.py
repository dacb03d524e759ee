"""Every provider is listed and complete."""

from __future__ import annotations

from runner.operations import load_operations
from runner.providers.registry import PROVIDERS


def test_every_operation_has_its_provider() -> None:
    assert {operation.provider for operation in load_operations().values()} <= PROVIDERS.keys()


def test_a_provider_stands_under_its_own_name() -> None:
    assert all(name == provider.NAME for name, provider in PROVIDERS.items())


def test_default_addresses_are_the_vendors_own_hosts() -> None:
    for provider in PROVIDERS.values():
        assert provider.DEFAULT_BASE_URL.removeprefix("https://") in provider.HOSTS
