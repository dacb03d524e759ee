"""Signed URLs of result files: written fresh each time they are asked for, checked byte for byte.

Object stores sign the query as it stands, so that a client which decodes and encodes it again
gets 403. The slashes and the padding in ours are escaped so that such a client is found out.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import math
import re
import secrets
from urllib.parse import quote

_SALT = b"vidu-run emulator"
"""No secret: nothing here is worth stealing. URLs hold across restarts on the same folder."""
_PATH = re.compile(
    r"/files/(?P<owner>[A-Za-z0-9-]{1,64})/(?P<name>[a-z0-9]{1,64}\.[a-z0-9]{3,4})\Z"
)
_EXPIRES = re.compile(r"Expires=(\d{1,15})&Credential=")


def sign(owner: str, name: str, now_ns: int, lifetime_s: float) -> str:
    """Path and query of file `name` of task `owner`, valid for `lifetime_s` from now."""
    expires = math.ceil(now_ns / 1e9 + lifetime_s)
    head = f"Expires={expires}&Credential=emulator%2F{secrets.token_hex(4)}%2Frequest"
    path = f"/files/{owner}/{name}"
    return f"{path}?{head}&Signature={_signature(path, head)}"


def split(target: str) -> tuple[str, str] | None:
    """Owner and name in a path with or without query; None if it is no path of a file."""
    found = _PATH.match(target.partition("?")[0])
    return (found["owner"], found["name"]) if found else None


def fault(target: str, now_ns: int) -> str | None:
    """What is wrong with a requested path and query, byte for byte as it came; None if nothing."""
    path, _, query = target.partition("?")
    head, _, signature = query.partition("&Signature=")
    expires = _EXPIRES.match(head)
    good = _signature(path, head).encode()
    if not expires or not hmac.compare_digest(signature.encode(errors="replace"), good):
        return "SignatureDoesNotMatch"
    return "AccessDenied: the URL has expired" if now_ns >= int(expires[1]) * 10**9 else None


def _signature(path: str, head: str) -> str:
    text = f"{path}?{head}".encode(errors="replace")
    return quote(base64.b64encode(hmac.digest(_SALT, text, hashlib.sha256)), safe="")
