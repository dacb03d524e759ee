"""What a provider is, and how its requests are made and authorized."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal, Protocol, TypeAlias

from runner.errors import ProviderError
from runner.model import Account, Operation, Reach, Reply, Request, Submission, TaskStatus, Unit
from runner.providers import reading
from runner.providers.fates import Codes

Auth: TypeAlias = Literal["token", "bearer", "raw"]


class Provider(Protocol):
    """One API, as a module of pure functions; copy `vidu.py` to add the next."""

    NAME: str
    DEFAULT_BASE_URL: str
    HOSTS: frozenset[str]
    """The vendor's own hosts, to which the vendor's key may go."""
    KEY_ENV: str
    BASE_URL_ENV: str
    CODES: Codes
    """What is known of its error codes."""
    UNIT: Unit
    """What it bills in."""
    TELLS_PRICE: bool
    """Its answers tell what a task cost."""

    def default_auth(self, base_url: str) -> Auth:
        """How the key is written for that address."""

    def submission(
        self, operation: Operation, body: Mapping[str, Any], account: Account
    ) -> Request:
        """The POST that pays."""

    def read_submission(self, reply: Reply) -> Submission:
        """What became of it."""

    def status(self, account: Account, task_id: str) -> Request:
        """The question after one task."""

    def probe(self, account: Account) -> Request:
        """A question that costs nothing, for the time after an outage; see `answers_well`."""

    def read_status(self, reply: Reply, task_id: str) -> TaskStatus:
        """What the answer says of it."""


def authorization(account: Account) -> dict[str, str]:
    """The header that carries the key; empty without one.

    Raises ProviderError for a key that no header can carry, without showing it.
    """
    if account.key is None:
        return {}
    key = account.key.reveal()
    if not key.isascii() or not key.isprintable() or not key or key != key.strip():
        raise ProviderError(
            f"the key in {account.key_env} cannot be one: it is empty, or has a line break, "
            "a space at an end, or a character outside ASCII",
            hint=f"set {account.key_env} to the key alone, as the vendor's console shows it",
        )
    return {"Authorization": _PREFIX[account.auth] + key}


_PREFIX: dict[Auth, str] = {"token": "Token ", "bearer": "Bearer ", "raw": ""}


def request(
    account: Account,
    method: str,
    path: str,
    *,
    body: Mapping[str, Any] | None = None,
    media_type: str = "application/json",
) -> Request:
    """A request to the account's address. JSON bodies are UTF-8, without spaces."""
    headers = {"Accept": "application/json", **authorization(account)}
    sent = None
    if body is not None:
        headers["Content-Type"] = media_type
        sent = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    return Request(method=method, url=account.base_url + path, headers=headers, body=sent)


def answers_well(reply: Reply) -> bool:
    """Whether the answer to a probe is the provider's own: readable, and no server error.

    A refusal counts: who refuses in the documented form is there.
    """
    readable = reply.reach is Reach.ANSWERED and reading.json_object(reply.body) is not None
    return readable and reply.status < 500
