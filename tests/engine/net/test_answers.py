"""Compression that nobody asked for, unpacked within bounds."""

from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.engine.net.client import decoded
from runner.engine.net.errors import NetworkFailure


@given(st.binary(max_size=2_000))
def test_what_was_packed_comes_back(content: bytes) -> None:
    assert decoded(gzip.compress(content), "GZIP", 2_000) == content
    assert decoded(zlib.compress(content), "deflate", 2_000) == content


@pytest.mark.parametrize("encoding", ["", "identity", " Identity "])
def test_what_was_not_packed_stays(encoding: str) -> None:
    assert decoded(b"{}", encoding, 10) == b"{}"


@pytest.mark.parametrize("size", [11, 1_000_000])
def test_more_than_the_limit_is_refused(size: int) -> None:
    with pytest.raises(NetworkFailure, match="longer than 10 bytes"):
        decoded(gzip.compress(bytes(size)), "gzip", 10)


@given(st.binary(min_size=1))
def test_no_bytes_raise_anything_else(content: bytes) -> None:
    try:
        decoded(content, "gzip", 100)
    except NetworkFailure:
        return
