"""Bodies that are compressed, or only say so."""

from __future__ import annotations

import gzip
import zlib

import aiohttp
import pytest

from runner.engine.net.bodies import Unpacker, is_json
from runner.engine.net.errors import NetworkFailure

JSON = b'{"task_id": "911092490931552256"}'
RAW = zlib.compressobj(wbits=-15)
PACKED = {
    "plain": JSON,
    "gzip": gzip.compress(JSON),
    "zlib": zlib.compress(JSON),
    "raw": RAW.compress(JSON) + RAW.flush(),
}


def unpack(content: bytes, encoding: str, size: int = 1_000) -> bytes:
    unpacker = Unpacker(encoding, is_json)
    pieces = [content[at : at + size] for at in range(0, len(content), size)]
    unpacked = b"".join(part for piece in pieces for part in unpacker.feed(piece))
    return unpacked + b"".join(unpacker.end())


@pytest.mark.parametrize("size", [1, 7, 1_000])
@pytest.mark.parametrize(
    ("form", "encoding"),
    [
        ("plain", ""),
        ("plain", "utf-8"),
        ("plain", "gzip"),
        ("plain", "deflate"),
        ("plain", "br"),
        ("plain", "identity, UTF-8"),
        ("gzip", "gzip"),
        ("gzip", "X-GZIP"),
        ("gzip", "utf-8"),
        ("gzip", ""),
        ("zlib", "deflate"),
        ("raw", "Deflate"),
    ],
)
def test_a_body_is_what_its_bytes_are(form: str, encoding: str, size: int) -> None:
    assert unpack(PACKED[form], encoding, size) == JSON


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf{}", b" \n[]", b"<html>"])
def test_a_short_body_stays_as_it_is(content: bytes) -> None:
    assert unpack(content, "deflate") == content


@pytest.mark.parametrize("packed", ["gzip", "zlib"])
def test_a_packed_body_that_is_cut_is_an_error(packed: str) -> None:
    with pytest.raises(aiohttp.ClientPayloadError):
        unpack(PACKED[packed][:-3], "deflate")


def test_broken_compression_is_an_error() -> None:
    with pytest.raises(NetworkFailure, match="compression is broken"):
        unpack(PACKED["gzip"][:10] + b"\xff" * 50, "gzip")


def test_a_compression_of_others_is_named() -> None:
    with pytest.raises(NetworkFailure, match="compressed with br, which was not asked for"):
        unpack(b"\x1b\x20\x00\xf8\x25" * 5, "br")


def test_a_bomb_is_unpacked_piece_by_piece() -> None:
    unpacker = Unpacker("gzip", is_json)
    pieces = unpacker.feed(gzip.compress(bytes(50_000_000)))
    assert len(next(pieces)) <= 1024 * 1024
