"""Image probe: type, size, digest, and what is wrong with a file."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import struct
import sys
import zlib
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from runner.hashing import CachedHash, HashCache, StatKey
from runner.media.pixels import UnusableError, pixels_of
from runner.media.probe import IMAGES, _media, probe
from runner.media.sources import MediaError, as_sent, sent_length
from runner.model.jobs import Media
from tests.builders import as_data_uri, image_bytes, write_file


def png_header(width: int, height: int) -> bytes:
    """A PNG whose header claims that size, followed by nothing but its end."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


def probe_error(source: str, base: Path, hashes: HashCache | None = None) -> MediaError:
    with pytest.raises(MediaError) as caught:
        probe(source, base, hashes or HashCache())
    return caught.value


@pytest.mark.parametrize(
    ("kind", "media_type"),
    [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp")],
)
def test_an_image_is_measured_whatever_its_name(tmp_path: Path, kind: str, media_type: str) -> None:
    content = image_bytes(kind, (300, 200))
    write_file(tmp_path, "cat.bin", content)
    found = probe("cat.bin", tmp_path, HashCache())
    assert found == Media(
        source="cat.bin",
        path=tmp_path / "cat.bin",
        sha256=hashlib.sha256(content).hexdigest(),
        media_type=media_type,
        size_bytes=len(content),
        width=300,
        height=200,
    )


def test_pixels_count_as_stored_without_exif_rotation(tmp_path: Path) -> None:
    image = Image.new("RGB", (300, 200))
    exif = image.getexif()
    exif[0x0112] = 6
    image.save(tmp_path / "turned.jpg", exif=exif)
    found = probe("turned.jpg", tmp_path, HashCache())
    assert (found.width, found.height) == (300, 200)


def test_a_file_is_read_once_until_it_changes(tmp_path: Path) -> None:
    path = write_file(tmp_path, "cat.png", image_bytes())
    hashes = HashCache()
    first = probe("cat.png", tmp_path, hashes)
    assert probe("cat.png", tmp_path, hashes) is first
    path.write_bytes(image_bytes(size=(256, 256)))
    assert probe("cat.png", tmp_path, hashes).width == 256


class FakeCache(HashCache):
    """The cache of a process; it shares the facts with those of other processes."""

    def __init__(self, facts: dict[Path, CachedHash]) -> None:
        super().__init__()
        self._facts = facts

    def find_or_read(
        self,
        path: Path,
        descriptor: int,  # noqa: ARG002 - the real one reads from it
        read: Callable[[], CachedHash],
        *,
        is_usable: Callable[[CachedHash], bool] = lambda _: True,
    ) -> CachedHash:
        if path not in self._facts or not is_usable(self._facts[path]):
            self._facts[path] = read()
        return self._facts[path]


def test_the_next_process_uses_the_cached_facts(tmp_path: Path) -> None:
    facts: dict[Path, CachedHash] = {}
    path = write_file(tmp_path, "cat.png", image_bytes())
    first = probe("cat.png", tmp_path, FakeCache(facts))
    facts[path] = CachedHash("5" * 64, facts[path].note)
    second = probe("cat.png", tmp_path, FakeCache(facts))
    assert second == replace(first, sha256="5" * 64)


@pytest.mark.parametrize("note", ["", "0.0.0 image/png 7 7"])
def test_cached_facts_of_another_version_are_ignored(tmp_path: Path, note: str) -> None:
    path = write_file(tmp_path, "cat.png", image_bytes())
    facts = {path: CachedHash("5" * 64, note)}
    assert probe("cat.png", tmp_path, FakeCache(facts)).width == 128
    assert facts[path].sha256 != "5" * 64


def test_a_type_without_measured_pixels_is_cached_as_well(tmp_path: Path) -> None:
    facts: dict[Path, CachedHash] = {}
    write_file(tmp_path, "cat.gif", b"GIF89a" + bytes(64 * 1024))
    first = probe("cat.gif", tmp_path, FakeCache(facts))
    assert probe("cat.gif", tmp_path, FakeCache(facts)) == first


def test_errors_are_not_cached_across_processes(tmp_path: Path) -> None:
    facts: dict[Path, CachedHash] = {}
    write_file(tmp_path, "cat.png", image_bytes()[:-12])
    first = probe_error("cat.png", tmp_path, FakeCache(facts))
    assert probe_error("cat.png", tmp_path, FakeCache(facts)).message == first.message


def test_a_link_stands_for_what_it_points_to(tmp_path: Path) -> None:
    write_file(tmp_path, "cat.png", image_bytes())
    (tmp_path / "link.png").symlink_to("cat.png")
    assert probe("link.png", tmp_path, HashCache()).width == 128


def test_a_missing_file_gets_the_nearest_name_as_a_hint(tmp_path: Path) -> None:
    write_file(tmp_path, "refs/cat.png", image_bytes())
    error = probe_error("refs/cta.png", tmp_path)
    assert error.message == "refs/cta.png does not exist"
    assert error.hint == 'did you mean "refs/cat.png"?'


def test_a_common_suffix_makes_no_names_alike(tmp_path: Path) -> None:
    write_file(tmp_path, "courier.png", image_bytes())
    assert probe_error("nope.png", tmp_path).hint is None


def test_a_missing_folder_gets_the_nearest_name_as_a_hint(tmp_path: Path) -> None:
    write_file(tmp_path, "refs/cat.png", image_bytes())
    assert probe_error("ref/cat.png", tmp_path).hint == 'did you mean "refs"?'


def test_a_missing_folder_without_a_similar_name_is_named(tmp_path: Path) -> None:
    error = probe_error("elsewhere/cat.png", tmp_path)
    assert error.hint == f"there is no folder elsewhere in {tmp_path}"


def test_a_missing_file_without_a_similar_name_has_no_hint(tmp_path: Path) -> None:
    assert probe_error("cat.png", tmp_path).hint is None


@pytest.mark.parametrize("part", ["~", "$HOME", "${HOME}", "~root"])
def test_a_tilde_is_not_expanded(tmp_path: Path, part: str) -> None:
    hint = f'"{part}" is not expanded: write the whole path'
    assert probe_error(f"{part}/cat.png", tmp_path).hint == hint


def test_a_dangling_link_names_its_target(tmp_path: Path) -> None:
    (tmp_path / "link.png").symlink_to("gone.png")
    assert (
        probe_error("link.png", tmp_path).hint == "it is a link to gone.png, which does not exist"
    )


def test_a_folder_is_not_an_image(tmp_path: Path) -> None:
    (tmp_path / "refs").mkdir()
    assert probe_error("refs", tmp_path).message == "refs is a folder; an image file is needed"


def test_a_pipe_is_rejected_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    assert (
        probe_error("pipe.png", tmp_path).message
        == "pipe.png is not a regular file; an image file is needed"
    )


def test_an_empty_file_is_rejected(tmp_path: Path) -> None:
    write_file(tmp_path, "cat.png", b"")
    assert probe_error("cat.png", tmp_path).message == "cat.png is empty"


def test_links_in_a_circle_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.png").symlink_to("b.png")
    (tmp_path / "b.png").symlink_to("a.png")
    assert probe_error("a.png", tmp_path).message.startswith("a.png cannot be read: ")


def test_a_file_that_cannot_be_opened_is_an_error(tmp_path: Path) -> None:
    found = _media("cat.png", tmp_path, StatKey(1, 1, 1, 1, 1), HashCache(), "image")
    assert str(found) == "cannot be read: Is a directory"


def test_what_was_measured_is_forgotten_with_its_hashes(tmp_path: Path) -> None:
    write_file(tmp_path, "cat.png", image_bytes())
    hashes = HashCache()
    before = sys.getrefcount(hashes)
    for source in ("cat.png", as_data_uri(image_bytes())):
        assert probe(source, tmp_path, hashes, IMAGES) is probe(source, tmp_path, hashes, IMAGES)
    assert sys.getrefcount(hashes) == before


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("size", [(1, 1), (128, 128)])
def test_base64_without_its_head_is_recognized(
    tmp_path: Path, kind: str, size: tuple[int, int]
) -> None:
    text = base64.b64encode(image_bytes(kind, size)).decode()
    lines = "\n".join(text[at : at + 76] for at in range(0, len(text), 76))
    for source in (text, lines, f"base64,{text}", f"image/png;base64,{text}"):
        error = probe_error(source, tmp_path)
        assert error.message.endswith("is not the path of an image")
        assert error.hint == f"base64 needs its prefix, data:image/{kind.lower()};base64,"


@pytest.mark.parametrize(("written", "stored"), [("e\u0301", "\u00e9"), ("\u00e9", "e\u0301")])
def test_a_name_in_another_unicode_form_is_the_file(
    tmp_path: Path, written: str, stored: str
) -> None:
    path = write_file(tmp_path, f"caf{stored}.png", image_bytes())
    found = probe(f"caf{written}.png", tmp_path, HashCache())
    assert (found.source, found.path) == (f"caf{written}.png", path)


def test_names_that_look_the_same_are_spelled_out(tmp_path: Path) -> None:
    for name in ("\u00e9e\u0301.png", "e\u0301\u00e9.png"):
        write_file(tmp_path, name, image_bytes())
    error = probe_error("\u00e9\u00e9.png", tmp_path)
    assert error.hint == (
        r"these look the same, so write the one you mean: e\u0301\xe9.png and \xe9e\u0301.png"
    )


def test_a_git_lfs_pointer_is_not_an_image(tmp_path: Path) -> None:
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"
    write_file(tmp_path, "cat.png", pointer)
    message = "cat.png is a Git LFS pointer: run `git lfs pull`"
    assert probe_error("cat.png", tmp_path).message == message


def test_a_git_annex_pointer_is_not_an_image(tmp_path: Path) -> None:
    pointer = b"/annex/objects/SHA256E-s9--00.png\n"
    write_file(tmp_path, "cat.png", pointer)
    message = "cat.png is a git-annex pointer: run `git annex get`"
    assert probe_error("cat.png", tmp_path).message == message


def test_compressed_data_in_a_png_is_not_unpacked(tmp_path: Path) -> None:
    info = PngInfo()
    info.add_text("workflow", "x" * (3 << 20), zip=True)
    out = BytesIO()
    Image.new("RGB", (300, 200)).save(out, "PNG", pnginfo=info)
    write_file(tmp_path, "graph.png", out.getvalue())
    found = probe("graph.png", tmp_path, HashCache())
    assert (found.width, found.height) == (300, 200)


@pytest.mark.parametrize(
    ("mode", "kind"),
    [("CMYK", "JPEG"), ("L", "JPEG"), ("I;16", "PNG"), ("P", "PNG"), ("1", "PNG"), ("LA", "PNG")],
)
def test_every_colour_model_of_a_type_is_measured(tmp_path: Path, mode: str, kind: str) -> None:
    out = BytesIO()
    Image.new(mode, (300, 200)).save(out, kind)
    write_file(tmp_path, "cat.jpg", out.getvalue())
    found = probe("cat.jpg", tmp_path, HashCache())
    assert (found.width, found.height) == (300, 200)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF"])
def test_an_animation_counts_as_its_type(tmp_path: Path, kind: str) -> None:
    out, frames = BytesIO(), [Image.new("RGB", (300, 200), c) for c in ("red", "blue")]
    frames[0].save(out, kind, save_all=True, append_images=frames[1:])
    write_file(tmp_path, "cat.png", out.getvalue())
    assert probe("cat.png", tmp_path, HashCache()).media_type == f"image/{kind.lower()}"


@pytest.mark.parametrize("source", ["iVBORw0KGgo" * 900, "cat\0.png"])
def test_what_cannot_be_a_path_is_rejected(tmp_path: Path, source: str) -> None:
    error = probe_error(source, tmp_path)
    assert error.message.endswith("is not the path of an image")
    assert error.hint == "base64 needs its prefix, data:image/png;base64,"


def test_a_text_file_is_not_an_image(tmp_path: Path) -> None:
    write_file(tmp_path, "cat.png", b"a note")
    assert probe_error("cat.png", tmp_path).message == "cat.png is not an image"


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_truncated_image_is_rejected(tmp_path: Path, kind: str) -> None:
    write_file(tmp_path, "cat.png", image_bytes(kind, (400, 400))[:-20])
    name = "a JPEG" if kind == "JPEG" else "a PNG"
    message = f"cat.png is {name} without an end: is it truncated?"
    assert probe_error("cat.png", tmp_path).message == message


def test_a_truncated_webp_is_rejected(tmp_path: Path) -> None:
    write_file(tmp_path, "cat.webp", image_bytes("WEBP", (400, 400))[:-20])
    message = "cat.webp is a WEBP that cannot be read: is it damaged?"
    assert probe_error("cat.webp", tmp_path).message == message


def test_an_end_mark_across_two_pieces_is_found(tmp_path: Path) -> None:
    whole = image_bytes()
    filler = b"\0" * ((1 << 20) - len(whole) + 4)  # splits the mark, which is at the very end
    write_file(tmp_path, "cat.png", whole[:-8] + filler[8:] + b"\0" * 4 + whole[-8:] + b"appended")
    assert probe("cat.png", tmp_path, HashCache()).width == 128


def test_a_damaged_header_gives_the_same_error_twice(tmp_path: Path) -> None:
    write_file(tmp_path, "cat.jpg", b"\xff\xd8\xff\xff\xd9")
    message = "cat.jpg is a JPEG that cannot be read: is it damaged?"
    assert probe_error("cat.jpg", tmp_path).message == message
    assert probe_error("cat.jpg", tmp_path).message == message


def test_an_implausible_size_is_rejected_without_decoding(tmp_path: Path) -> None:
    write_file(tmp_path, "bomb.png", png_header(2**31 - 1, 2**31 - 1))
    message = "bomb.png claims 2147483647x2147483647 pixels, which is not plausible"
    assert probe_error("bomb.png", tmp_path).message == message


def test_a_webp_of_implausible_size_allocates_no_canvas(tmp_path: Path) -> None:
    content = bytearray(image_bytes("WEBP", (400, 400)))
    canvas = (16383 | (16383 << 14)) if content[12:16] == b"VP8L" else 16383 | (16383 << 16)
    content[26:30] = canvas.to_bytes(4, "little")
    write_file(tmp_path, "bomb.webp", bytes(content))
    message = "bomb.webp is a WEBP that cannot be read: is it damaged?"
    assert probe_error("bomb.webp", tmp_path).message == message


def test_a_large_image_is_measured_without_a_warning(tmp_path: Path) -> None:
    write_file(tmp_path, "large.png", png_header(16000, 12000))
    assert probe("large.png", tmp_path, HashCache()).width == 16000


@given(st.binary(max_size=200), st.sampled_from([b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF"]))
def test_no_bytes_break_the_measuring(tail: bytes, head: bytes) -> None:
    for media_type in ("image/png", "image/jpeg", "image/webp"):
        with contextlib.suppress(UnusableError):
            pixels_of(media_type, BytesIO(head + tail))


@pytest.mark.parametrize("url", ["https://example.com/a.png?b=1", "HTTP://127.0.0.1:8000/a"])
def test_a_url_is_not_probed(tmp_path: Path, url: str) -> None:
    found = probe(url, tmp_path, HashCache())
    assert (found.source, found.path, found.sha256, found.width) == (url, None, None, None)


def test_a_data_uri_is_probed_like_a_file(tmp_path: Path) -> None:
    content = image_bytes(size=(200, 150))
    found = probe(as_data_uri(content), tmp_path, HashCache())
    assert (found.path, found.media_type, found.width) == (None, "image/png", 200)
    assert found.sha256 == hashlib.sha256(content).hexdigest()
    assert as_sent(found, IMAGES) == as_data_uri(content)
    assert sent_length(found, IMAGES) == len(as_data_uri(content))


def test_a_data_uri_of_implausible_size_is_rejected(tmp_path: Path) -> None:
    source = as_data_uri(png_header(2**31 - 1, 9))
    assert "claims 2147483647x9 pixels" in probe_error(source, tmp_path).message


def test_what_is_no_image_gets_the_accepted_types(tmp_path: Path) -> None:
    write_file(tmp_path, "a.png", b"a text, not a picture")
    found = probe_error("a.png", tmp_path)
    assert found.message == "a.png is not an image"
    assert found.hint == "png, jpeg or webp are accepted"
    assert probe_error(as_data_uri(b"a text, not a picture"), tmp_path).hint == found.hint
