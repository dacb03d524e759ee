"""Results fetched over real sockets: complete, of the right type, or not at all."""

from __future__ import annotations

import asyncio
import errno
import gzip
import hashlib
import io
import secrets
import zlib
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from runner.engine.download.fetch import DownloadError, PartFile, fetch
from runner.engine.net.client import HttpClient
from runner.engine.net.upload import IdleTimeout
from runner.errors import OutputError

Handle: TypeAlias = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Serving: TypeAlias = Callable[..., AbstractAsyncContextManager[int]]
Fetching: TypeAlias = Callable[..., PartFile]
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4
PNG_END = b"IEND\xaeB`\x82"
MP4 = b"\x00\x00\x00\x18ftypmp42" + bytes(2_000)
WAV = b"RIFF" + (2_000 - 8).to_bytes(4, "little") + b"WAVEfmt " + bytes(1_984)


@pytest.fixture
def fetching(serving: Serving, tmp_path: Path) -> Fetching:
    """Fetch one file from a server that `handle` makes."""

    def one(handle: Handle, path: str = "/f.png", **options: Any) -> PartFile:
        async def main() -> PartFile:
            async with serving(handle) as port, HttpClient(trust_env=False) as http:
                url = f"http://127.0.0.1:{port}{path}"
                return await fetch(http, url, tmp_path, "a", **({"expected": "image"} | options))

        return asyncio.run(main())

    return one


def offering(
    content: bytes, status: str = "200 OK", *headers: str, length: int | None = None
) -> Handle:
    """A server that answers every request the same way, then closes."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        announced = len(content) if length is None else length
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {announced}", "Connection: close"]
        writer.write("\r\n".join([*lines, *headers]).encode() + b"\r\n\r\n" + content)
        await writer.drain()

    return handle


def test_a_fetched_file_has_its_digest_size_and_type(fetching: Fetching, tmp_path: Path) -> None:
    found = fetching(offering(PNG))
    assert found.path.read_bytes() == PNG
    assert found.path.parent == tmp_path
    assert found.path.name.startswith("a.part-")
    assert (found.sha256, found.size) == (hashlib.sha256(PNG).hexdigest(), len(PNG))
    assert found.media_type == "image/png"


def test_a_large_file_is_written_in_pieces(fetching: Fetching) -> None:
    large = MP4 + bytes(5_000_000)
    found = fetching(offering(large), expected="video")
    assert (found.size, found.media_type) == (len(large), "video/mp4")
    assert found.sha256 == hashlib.sha256(large).hexdigest()


def test_the_type_is_that_of_the_bytes(fetching: Fetching) -> None:
    found = fetching(
        offering(b"\xff\xd8\xff\xe0" + bytes(100), "200 OK", "Content-Type: image/png")
    )
    assert found.media_type == "image/jpeg"


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (PNG, ["Content-Encoding: utf-8"]),
        (PNG, ["Content-Encoding: gzip"]),
        (PNG, ["Content-Encoding: br"]),
        (PNG, ["Content-Type:"]),
        (PNG, ["Content-Length: 1032"]),
        (PNG, ["X-Policy: " + "x" * 9_500]),
        (PNG, ['Content-Disposition: attachment; filename="../../etc/x.sh"']),
        (gzip.compress(PNG, mtime=0), []),
        (zlib.compress(PNG), ["Content-Encoding: deflate"]),
    ],
)
def test_a_file_comes_whatever_its_headers_are(
    fetching: Fetching, tmp_path: Path, content: bytes, headers: list[str]
) -> None:
    found = fetching(offering(content, "200 OK", *headers))
    assert (found.path.read_bytes(), found.path.parent) == (PNG, tmp_path)
    assert found.media_type == "image/png"


def test_a_proxy_may_answer_203(fetching: Fetching) -> None:
    assert fetching(offering(PNG, "203 Non-Authoritative Information")).size == len(PNG)


@pytest.mark.parametrize(
    ("location", "path"),
    [
        ("/文件 a.png?x=%2F".encode(), b"/%E6%96%87%E4%BB%B6%20a.png?x=%2F"),
        (b"/\xce\xc4.png", b"/%CE%C4.png"),
        (b"../b.png?Signature=a%2Fb%3D~", b"/b.png?Signature=a%2Fb%3D~"),
        (b"//127.0.0.1:PORT/c.png#top", b"/c.png"),
    ],
)
def test_a_redirect_is_followed_in_any_script(
    fetching: Fetching, location: bytes, path: bytes
) -> None:
    seen: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append((await reader.readuntil(b"\r\n\r\n")).split()[1])
        port = str(writer.get_extra_info("sockname")[1]).encode()
        target = location.replace(b"PORT", port)
        head = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + target + b"\r\n\r\n"
        writer.write(head if len(seen) == 1 else b"HTTP/1.1 200 OK\r\n\r\n" + PNG + PNG_END)
        await writer.drain()
        writer.close()

    fetching(handle, "/folder/a.png")
    assert seen == [b"/folder/a.png", path]


def test_a_header_that_is_too_large_is_named(fetching: Fetching) -> None:
    with pytest.raises(DownloadError, match="its header X-Policy has 70,011 bytes"):
        fetching(offering(PNG, "200 OK", "X-Policy: " + "x" * 70_000))


def test_a_compressed_file_is_unpacked(fetching: Fetching) -> None:
    found = fetching(offering(gzip.compress(PNG), "200 OK", "Content-Encoding: gzip"))
    assert found.path.read_bytes() == PNG


@pytest.mark.parametrize(
    ("handle", "transient", "message"),
    [
        (offering(b"", "401 No"), False, "HTTP 401"),
        (offering(b"", "403 No"), False, "HTTP 403"),
        (offering(b"", "404 No"), False, "HTTP 404"),
        (offering(b"", "410 Gone"), False, "HTTP 410"),
        (offering(b"", "429 Slow"), True, "HTTP 429"),
        (offering(b"", "500 Oh"), True, "HTTP 500"),
        (offering(b"", "204 None"), False, "HTTP 204"),
        (offering(b"", "302 There"), False, "HTTP 302"),
        (offering(b""), False, "empty"),
        (offering(PNG, length=len(PNG) + 10), True, "cut short"),
        (offering(b"<html>Sign in</html>"), False, "an HTML page, not an image"),
        (offering(MP4), False, "MP4, not an image"),
        (offering(b"junk"), False, "of an unknown type, not an image"),
        (offering(b'<svg xmlns="http://www.w3.org/2000/svg"/>'), False, "an SVG"),
        (offering(PNG, "302 F", "Location: file:///etc/passwd"), False, "neither http nor"),
        (offering(PNG, "302 F", "Location: /again"), False, "more than 5 redirects"),
        (offering(PNG, "302 F", "Location: http://[::1"), False, "cannot be sent"),
        (offering(PNG, length=10_000_000), False, "larger than 1048576 bytes"),
    ],
)
def test_a_wrong_file_is_an_error_and_leaves_nothing(
    fetching: Fetching, tmp_path: Path, handle: Handle, transient: bool, message: str
) -> None:
    with pytest.raises(DownloadError, match=message) as caught:
        fetching(handle, max_bytes=2**20)
    assert caught.value.transient is transient
    assert list(tmp_path.iterdir()) == []


def test_an_image_is_no_video(fetching: Fetching) -> None:
    with pytest.raises(DownloadError, match="a PNG, not a video"):
        fetching(offering(PNG), expected="video")


def test_a_file_without_a_length_is_limited_too(fetching: Fetching) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + PNG)
        while True:
            writer.write(bytes(65_536))
            await writer.drain()

    with pytest.raises(DownloadError, match="larger than") as caught:
        fetching(handle, max_bytes=3_000_000)
    assert not caught.value.transient


def until_closed(content: bytes) -> Handle:
    """A server that marks the end of a file by closing, as HTTP/1.0 does."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.0 200 OK\r\n\r\n" + content)
        await writer.drain()

    return handle


def test_a_cut_file_without_a_length_is_an_error(fetching: Fetching, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match="cut short") as caught:
        fetching(until_closed(PNG))
    assert caught.value.transient
    assert list(tmp_path.iterdir()) == []


def test_a_complete_file_without_a_length_is_accepted(fetching: Fetching) -> None:
    whole = PNG + bytes(4) + b"IEND\xaeB`\x82"
    assert fetching(until_closed(whole)).size == len(whole)


def test_a_file_that_drips_is_given_up(fetching: Fetching, tmp_path: Path) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + PNG)
        while True:
            writer.write(b".")
            await asyncio.sleep(0.02)

    with pytest.raises(DownloadError, match="no progress") as caught:
        fetching(handle, idle=partial(IdleTimeout, 0.2, 0.1))
    assert caught.value.transient
    assert list(tmp_path.iterdir()) == []


def test_urls_are_sent_byte_for_byte_and_without_a_key(
    fetching: Fetching,
) -> None:
    heads: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        moved = b"HTTP/1.1 302 F\r\nLocation: /b%2fc?S=%7e%2F\r\nContent-Length: 0\r\n\r\n"
        there = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(PNG) + PNG
        writer.write(moved if len(heads) == 1 else there)
        await writer.drain()

    fetching(handle, "/f%e4%BD.png?Signature=a%2Fb%3D&x=~")
    assert [head.split(b"\r\n")[0] for head in heads] == [
        b"GET /f%e4%BD.png?Signature=a%2Fb%3D&x=~ HTTP/1.1",
        b"GET /b%2fc?S=%7e%2F HTTP/1.1",
    ]
    assert not any(b"authorization" in head.lower() for head in heads)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/",
        "http://[::1]:1/",
        "http://10.0.0.7/",
        "http://[fd00::1]/",
        "http://169.254.169.254/latest/meta-data",
        "http://localhost:1/",
        "http://0x7f.1:1/",
    ],
)
def test_a_private_address_is_refused_for_public_results(tmp_path: Path, url: str) -> None:
    async def main() -> None:
        async with HttpClient(trust_env=False) as http:
            await fetch(http, url, tmp_path, "a", expected="image", private=False)

    with pytest.raises(DownloadError, match="private network") as caught:
        asyncio.run(main())
    assert not caught.value.transient


def test_a_public_address_must_not_lead_to_a_private_one(
    serving: Serving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        to = offering(b"", "302 F", "Location: http://127.0.0.1:1/")
        async with serving(to) as port, HttpClient(trust_env=True) as http:
            monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{port}")
            await fetch(http, "http://files.test/", tmp_path, "a", expected="image", private=False)

    with pytest.raises(DownloadError, match="private network"):
        asyncio.run(main())


def test_a_proxy_may_be_private_for_public_results(
    serving: Serving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> PartFile:
        async with serving(offering(PNG)) as port:
            monkeypatch.setenv("http_proxy", f"http://localhost:{port}")
            async with HttpClient(trust_env=True) as http:
                url = "http://files.test/"
                return await fetch(http, url, tmp_path, "a", expected="image", private=False)

    assert asyncio.run(main()).size == len(PNG)


def test_a_full_disk_is_an_error_with_a_hint(
    fetching: Fetching, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(io.BufferedWriter):
        def write(self, _: Any) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "open", lambda self, _mode: Full(io.FileIO(self, "x")))
    with pytest.raises(OutputError, match="No space left") as caught:
        fetching(offering(PNG))
    assert "free some space" in (caught.value.hint or "")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_an_output_error(fetching: Fetching, tmp_path: Path) -> None:
    tmp_path.rmdir()
    with pytest.raises(OutputError):
        fetching(offering(PNG))


def test_a_cancelled_download_leaves_nothing(serving: Serving, tmp_path: Path) -> None:
    async def main() -> None:
        begun = asyncio.Event()

        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + PNG)
            await writer.drain()
            begun.set()
            await asyncio.sleep(60)

        async with serving(handle) as port, HttpClient(trust_env=False) as http:
            url = f"http://127.0.0.1:{port}/"
            fetching = asyncio.create_task(fetch(http, url, tmp_path, "a", expected="image"))
            await begun.wait()
            fetching.cancel()
            with pytest.raises(asyncio.CancelledError):
                await fetching

    asyncio.run(main())
    assert list(tmp_path.iterdir()) == []


def test_a_link_with_the_name_of_the_part_is_not_followed(
    fetching: Fetching, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secrets, "token_hex", lambda _: "0")
    (tmp_path / "a.part-0").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OutputError):
        fetching(offering(PNG))
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize(
    ("base_url", "near"),
    [
        ("http://127.0.0.1:8000", True),
        ("http://localhost:8000", True),
        ("http://[::1]:8000", True),
        ("https://192.168.1.4", True),
        ("https://8.8.8.8", False),
        ("https://no-such-host.invalid", False),
        (f"https://{'x' * 300}.example", False),
        ("nonsense", False),
    ],
)
def test_an_api_at_a_private_address_is_private_api(base_url: str, near: bool) -> None:
    async def main() -> bool:
        async with HttpClient(trust_env=False) as http:
            return await http.is_private_api(base_url)

    assert asyncio.run(main()) is near


def test_a_sound_is_fetched_where_one_is_expected(fetching: Fetching) -> None:
    part = fetching(offering(WAV), expected="audio")
    assert (part.media_type, part.size) == ("audio/wav", len(WAV))


def test_a_picture_is_no_sound(fetching: Fetching) -> None:
    with pytest.raises(DownloadError, match="the file is a PNG, not an audio file"):
        fetching(offering(PNG), expected="audio")
