"""Privacy: leaves out of a page what is nobody else's business: absolute paths and signed URLs."""

from __future__ import annotations

import re
from typing import Any

from runner.media.signed_urls import is_signed
from runner.model.values import map_leaves
from runner.results.rows import plain

_URL = re.compile(
    r"\b(https?://)(?:[^\s/?#@\"'<>]*@)?([^\s?#\"'<>]*)(?:[?#][^\s\"'<>]*)?", re.IGNORECASE
)
"""Scheme, then user and password, address without these, and what follows it."""
_ABSOLUTE = re.compile(r"(?<![\w:/.~])(?:~[\w.-]*)?/(?:[^\s/\"'<>:;,]+/)+(?=[^\s/\"'<>])")
"""The folders of an absolute path."""


def public_text(text: str | None) -> str | None:
    """A message without the folders of paths and without what follows the address in URLs.

    A query may be a signature, with which anybody could fetch the file or use the account.
    """
    if text is None or "/" not in text:
        return text
    return _ABSOLUTE.sub("…/", _URL.sub(_without_query, text))


def public_value(value: Any) -> Any:
    """A copy of a value of JSON with the same done to every text in it."""
    return map_leaves(plain(value), lambda _path, leaf: public_leaf(leaf))


def public_leaf(leaf: Any) -> Any:
    """A text that is a path or a URL, made public; anything else as it is."""
    if not isinstance(leaf, str) or "/" not in leaf:
        return leaf
    if leaf.startswith(("/", "~/")):
        return "…/" + leaf.rpartition("/")[2]
    return public_text(leaf) if _URL.match(leaf) else public_prompt(leaf)


def public_prompt(text: str | None) -> str | None:
    """A text of the user's own, which stays as it is but for what is signed: a provider's URLs."""
    if text is None or "://" not in text:
        return text
    return _URL.sub(lambda found: _without_query(found) if is_signed(found[0]) else found[0], text)


def _without_query(found: re.Match[str]) -> str:
    scheme, address = found[1], found[2]
    has_more = len(found[0]) > len(scheme) + len(address)
    return f"{scheme}{address}{'?…' if has_more else ''}"
