"""Images are told by their content, measured by their header, checked and encoded exactly."""

import base64
import hashlib
import os
import struct
import time
import zlib
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from runner import media
from runner.hashing import MEMORY, CachedHash, StatKey, backed_by
from runner.media import MediaError
from runner.media.probe import _facts, _media, image_size
from runner.model import Media, MediaLimits

LIMITS = MediaLimits(
    media_types=("image/png", "image/jpeg", "image/webp"),
    max_bytes=50 * 2**20,
    min_width=128,
    min_height=128,
    max_ratio=4.0,
)


def picture(kind: str = "PNG", size: tuple[int, int] = (128, 128)) -> bytes:
    file = BytesIO()
    Image.new("RGB", size, "orange").save(file, kind)
    return file.getvalue()


def save(folder: Path, name: str, content: bytes) -> Path:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    return folder / name


def uri(content: bytes, media_type: str = "image/png") -> str:
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"


def png_header(width: int, height: int) -> bytes:
    """A PNG whose header claims that size, followed by nothing but its end."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


def complaint(source: str, base: Path) -> MediaError:
    with pytest.raises(MediaError) as caught:
        media.probe(source, base)
    return caught.value


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("refs/cat.png", "path"),
        ("/srv/cat.png", "path"),
        ("cat", "path"),
        ("https://example.com/a.png", "url"),
        ("ftp://example.com/a.png", "url"),
        ("data:image/png;base64,AAAA", "data"),
        ("DATA:,x", "data"),
    ],
)
def test_a_source_is_told_by_its_first_characters(source: str, kind: str) -> None:
    assert media.classify(source) == kind


@pytest.mark.parametrize(
    ("head", "media_type"),
    [
        (b"\x00\x00\x00\x18ftypmp42", "video/mp4"),
        (b"\x00\x00\x00\x18ftypisom", "video/mp4"),
        (b"\x00\x00\x00\x14ftypqt  ", "video/quicktime"),
        (b"\x00\x00\x00\x18ftypheic", "image/heic"),
        (b"\x00\x00\x00\x18ftypavif", "image/avif"),
        (b"\x1a\x45\xdf\xa3\x01", "video/webm"),
        (b"BM\x00\x00\x00\x00\x00\x00\x00\x00", "image/bmp"),
        (b"%PDF-1.7", "application/pdf"),
        (b"II*\x00", "image/tiff"),
        (b"\xef\xbb\xbf\n<!DOCTYPE html><p>404", "text/html"),
        (b"<?xml version='1.0'?><svg>", "image/svg+xml"),
        (b"<?xml version='1.0'?><Error>", None),
        (b"a note", None),
        (b"", None),
    ],
)
def test_the_type_is_told_by_the_first_bytes(head: bytes, media_type: str | None) -> None:
    assert media.sniff(head) == media_type


@pytest.mark.parametrize(
    ("kind", "media_type"),
    [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp")],
)
def test_a_picture_is_measured_whatever_its_name_says(
    tmp_path: Path, kind: str, media_type: str
) -> None:
    content = picture(kind, (300, 200))
    save(tmp_path, "cat.bin", content)
    found = media.probe("cat.bin", tmp_path)
    assert found == Media(
        source="cat.bin",
        path=tmp_path / "cat.bin",
        sha256=hashlib.sha256(content).hexdigest(),
        media_type=media_type,
        size_bytes=len(content),
        width=300,
        height=200,
    )
    assert media.check_limits(found, LIMITS) == []


def test_pixels_count_as_stored_and_not_as_an_exif_rotation_shows_them(tmp_path: Path) -> None:
    image = Image.new("RGB", (300, 200))
    exif = image.getexif()
    exif[0x0112] = 6
    image.save(tmp_path / "turned.jpg", exif=exif)
    found = media.probe("turned.jpg", tmp_path)
    assert (found.width, found.height) == (300, 200)


def test_a_file_is_read_once_until_it_changes(tmp_path: Path) -> None:
    path = save(tmp_path, "cat.png", picture())
    first = media.probe("cat.png", tmp_path)
    assert media.probe("cat.png", tmp_path) is first
    path.write_bytes(picture(size=(256, 256)))
    assert media.probe("cat.png", tmp_path).width == 256


class Kept(dict[Path, CachedHash]):
    """What outlives a process."""

    def find(self, path: Path, _marks: StatKey) -> CachedHash | None:
        return self.get(path)

    def keep(self, path: Path, _marks: StatKey, known: CachedHash) -> None:
        self[path] = known


@pytest.fixture
def another_process(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Forgets what this one knows; by the clock, all was written some time ago."""
    clock = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: clock() + 10**10)

    def begin() -> None:
        _facts.cache_clear()
        _media.cache_clear()
        MEMORY._own.clear()

    return begin


def large(size: tuple[int, int] = (128, 128)) -> bytes:
    return picture(size=size) + bytes(64 * 1024)


def test_the_next_process_knows_what_an_image_is(
    tmp_path: Path, another_process: Callable[[], None]
) -> None:
    kept, path = Kept(), save(tmp_path, "cat.png", large())
    with backed_by(kept):
        first = media.probe("cat.png", tmp_path)
        another_process()
        kept[path] = CachedHash("5" * 64, kept[path].note)
        second = media.probe("cat.png", tmp_path)
    assert second == replace(first, sha256="5" * 64)


@pytest.mark.parametrize("note", ["", "0.0.0 image/png 7 7"])
def test_what_another_version_or_no_version_saw_in_an_image_is_not_believed(
    tmp_path: Path, another_process: Callable[[], None], note: str
) -> None:
    path = save(tmp_path, "cat.png", large())
    another_process()
    kept = Kept({path: CachedHash("5" * 64, note)})
    with backed_by(kept):
        assert media.probe("cat.png", tmp_path).width == 128
    assert kept[path].sha256 != "5" * 64


def test_a_type_that_has_no_pixels_for_us_is_known_as_well(
    tmp_path: Path, another_process: Callable[[], None]
) -> None:
    save(tmp_path, "cat.gif", b"GIF89a" + bytes(64 * 1024))
    with backed_by(Kept()):
        first = media.probe("cat.gif", tmp_path)
        another_process()
        assert media.probe("cat.gif", tmp_path) == first


def test_what_is_wrong_with_an_image_is_found_out_anew(
    tmp_path: Path, another_process: Callable[[], None]
) -> None:
    save(tmp_path, "cat.png", picture()[:-12] + bytes(64 * 1024))
    with backed_by(Kept()):
        first = complaint("cat.png", tmp_path)
        another_process()
        assert complaint("cat.png", tmp_path).message == first.message


def test_a_link_stands_for_what_it_points_to(tmp_path: Path) -> None:
    save(tmp_path, "cat.png", picture())
    (tmp_path / "link.png").symlink_to("cat.png")
    assert media.probe("link.png", tmp_path).width == 128


def test_a_missing_file_is_told_with_the_nearest_name(tmp_path: Path) -> None:
    save(tmp_path, "refs/cat.png", picture())
    error = complaint("refs/cta.png", tmp_path)
    assert error.message == "refs/cta.png does not exist"
    assert error.hint == 'did you mean "cat.png"?'


def test_a_missing_folder_is_told_with_the_nearest_name(tmp_path: Path) -> None:
    save(tmp_path, "refs/cat.png", picture())
    assert complaint("ref/cat.png", tmp_path).hint == 'did you mean "refs"?'


def test_a_missing_folder_like_no_other_is_named(tmp_path: Path) -> None:
    error = complaint("elsewhere/cat.png", tmp_path)
    assert error.hint == f"there is no folder elsewhere in {tmp_path}"


def test_a_missing_file_like_no_other_has_no_hint(tmp_path: Path) -> None:
    assert complaint("cat.png", tmp_path).hint is None


def test_a_home_folder_sign_is_told_not_to_be_expanded(tmp_path: Path) -> None:
    assert complaint("~/cat.png", tmp_path).hint == '"~" is not expanded: write the folder out'


def test_a_dangling_link_is_told(tmp_path: Path) -> None:
    (tmp_path / "link.png").symlink_to("gone.png")
    assert complaint("link.png", tmp_path).hint == "it is a link to gone.png, which is not there"


def test_a_folder_is_no_image(tmp_path: Path) -> None:
    (tmp_path / "refs").mkdir()
    assert complaint("refs", tmp_path).message == "refs is a folder, not an image"


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    assert complaint("pipe.png", tmp_path).message == "pipe.png is no regular file, not an image"


def test_an_empty_file_is_told(tmp_path: Path) -> None:
    save(tmp_path, "cat.png", b"")
    assert complaint("cat.png", tmp_path).message == "cat.png is empty"


def test_links_in_a_circle_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.png").symlink_to("b.png")
    (tmp_path / "b.png").symlink_to("a.png")
    assert complaint("a.png", tmp_path).message.startswith("a.png cannot be read: ")


def test_a_file_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    facts = _facts(tmp_path, StatKey(1, 1, 1, 1, 1))
    assert facts.trouble == "cannot be read: Is a directory"


@pytest.mark.parametrize("source", ["iVBORw0KGgo" * 900, "cat\0.png"])
def test_what_can_be_no_path_is_told(tmp_path: Path, source: str) -> None:
    error = complaint(source, tmp_path)
    assert error.message.endswith("is not the path of an image")
    assert error.hint == "base64 needs its prefix, data:image/png;base64,"


def test_a_text_is_no_image(tmp_path: Path) -> None:
    save(tmp_path, "cat.png", b"a note")
    assert complaint("cat.png", tmp_path).message == "cat.png is not an image"


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_picture_whose_end_is_missing_is_told(tmp_path: Path, kind: str) -> None:
    save(tmp_path, "cat.png", picture(kind, (400, 400))[:-20])
    name = "a JPEG" if kind == "JPEG" else "a PNG"
    message = f"cat.png is {name} whose end is missing: is it cut off?"
    assert complaint("cat.png", tmp_path).message == message


def test_a_webp_that_is_cut_off_is_told(tmp_path: Path) -> None:
    save(tmp_path, "cat.webp", picture("WEBP", (400, 400))[:-20])
    message = "cat.webp is a WEBP that cannot be read: is it damaged?"
    assert complaint("cat.webp", tmp_path).message == message


def test_the_end_of_a_picture_is_found_across_two_pieces_of_reading(tmp_path: Path) -> None:
    whole = picture()
    filler = b"\0" * ((1 << 20) - len(whole) + 4)  # splits the mark, which is at the very end
    save(tmp_path, "cat.png", whole[:-8] + filler[8:] + b"\0" * 4 + whole[-8:] + b"appended")
    assert media.probe("cat.png", tmp_path).width == 128


def test_a_damaged_header_is_told_and_remembered(tmp_path: Path) -> None:
    save(tmp_path, "cat.jpg", b"\xff\xd8\xff\xff\xd9")
    message = "cat.jpg is a JPEG that cannot be read: is it damaged?"
    assert complaint("cat.jpg", tmp_path).message == message
    assert complaint("cat.jpg", tmp_path).message == message


def test_a_header_that_claims_an_absurd_size_is_refused_without_decoding(tmp_path: Path) -> None:
    save(tmp_path, "bomb.png", png_header(2**31 - 1, 2**31 - 1))
    message = "bomb.png claims 2147483647x2147483647 pixels, which is no plausible image"
    assert complaint("bomb.png", tmp_path).message == message


def test_a_webp_that_claims_an_absurd_size_is_not_given_a_canvas(tmp_path: Path) -> None:
    content = bytearray(picture("WEBP", (400, 400)))
    canvas = (16383 | (16383 << 14)) if content[12:16] == b"VP8L" else 16383 | (16383 << 16)
    content[26:30] = canvas.to_bytes(4, "little")
    save(tmp_path, "bomb.webp", bytes(content))
    message = "bomb.webp is a WEBP that cannot be read: is it damaged?"
    assert complaint("bomb.webp", tmp_path).message == message


def test_a_large_but_plausible_picture_is_measured_without_a_warning(tmp_path: Path) -> None:
    save(tmp_path, "large.png", png_header(16000, 12000))
    assert media.probe("large.png", tmp_path).width == 16000


@given(st.binary(max_size=200), st.sampled_from([b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF"]))
def test_no_bytes_break_the_measuring(tail: bytes, head: bytes) -> None:
    for media_type in LIMITS.media_types:
        image_size(media_type, BytesIO(head + tail))


@pytest.mark.parametrize("url", ["https://example.com/a.png?b=1", "HTTP://127.0.0.1:8000/a"])
def test_of_a_url_nothing_is_known_and_nothing_is_checked(tmp_path: Path, url: str) -> None:
    found = media.probe(url, tmp_path)
    assert (found.source, found.path, found.sha256, found.width) == (url, None, None, None)
    assert media.check_limits(found, LIMITS) == []


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("ftp://a.example/x.png", "only http and https URLs are accepted"),
        ("file:///srv/x.png", "only http and https URLs are accepted"),
        ("https:///x.png", "names no host"),
        ("https://[::1/x.png", "is not a URL"),
        ("https://a.example:99999/x.png", "is not a URL"),
        ("https://a.example/x y.png", "has white space at character 20"),
    ],
)
def test_a_url_that_no_provider_could_fetch_is_told(tmp_path: Path, url: str, message: str) -> None:
    assert message in complaint(url, tmp_path).message


@pytest.mark.parametrize(
    "url",
    [
        "https://b.example/x.png?X-Amz-Signature=1",
        "https://b.example/x.png?a=1&Expires=17",
        "https://b.example/x.png?signature=abc",
        "https://b.example/x.png?x-oss-signature=abc",
        "https://b.example/x.png?X-Amz-Credential=abc",
    ],
)
def test_a_signed_url_is_warned_of(url: str) -> None:
    assert "looks signed" in str(media.looks_signed(url))


@pytest.mark.parametrize("source", ["https://b.example/expires/x.png?v=1", "Expires=1.png"])
def test_an_ordinary_source_does_not_look_signed(source: str) -> None:
    assert media.looks_signed(source) is None


def test_a_data_uri_is_read_like_a_file(tmp_path: Path) -> None:
    content = picture(size=(200, 150))
    found = media.probe(uri(content), tmp_path)
    assert (found.path, found.media_type, found.width) == (None, "image/png", 200)
    assert found.sha256 == hashlib.sha256(content).hexdigest()
    assert media.data_uri(found) == uri(content)
    assert media.data_uri_length(found) == len(uri(content))


def test_image_jpg_is_taken_for_jpeg(tmp_path: Path) -> None:
    found = media.probe(uri(picture("JPEG"), "image/jpg"), tmp_path)
    assert found.media_type == "image/jpeg"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("data:image/png,abc", "does not begin as a data URI of an image must"),
        ("data:text/plain;base64,AAAA", "does not begin as a data URI of an image must"),
        ("data:image/png;charset=x;base64,AAAA", "does not begin as a data URI of an image must"),
        ("data:image/png;base64,", "data:image/png;base64, is empty"),
        ("data:image/png;base64,==", "is empty"),
        ("data:image/png;base64,iVBO Rw0", 'is not base64: " " at character 27'),
        ("data:image/png;base64,iVBO\nRw0", 'is not base64: "\\n" at character 27'),
        ("data:image/png;base64,iV=BORw0", 'is not base64: "=" at character 25'),
        ("data:image/png;base64,iVBO-_w0", 'is not base64: "-" at character 27'),
        ("data:image/png;base64,iVBORw", "6 characters are no whole number of groups of four"),
        ("data:image/png;base64,aGVsbG8=", "does not hold an image"),
        (uri(picture("JPEG")), "declares image/png but holds a JPEG"),
        (uri(picture("GIF")), "declares image/png but holds a GIF"),
        (uri(png_header(2**31 - 1, 9)), "claims 2147483647x9 pixels"),
    ],
)
def test_a_wrong_data_uri_is_told(tmp_path: Path, source: str, message: str) -> None:
    assert message in complaint(source, tmp_path).message


def test_a_long_source_is_cut_in_messages() -> None:
    assert media.label("data:image/png;base64," + "A" * 99).endswith("AAA…")
    assert len(media.label("https://example.com/" + "a" * 99)) == 81


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("GIF", "refs/cat.gif is a GIF; png, jpeg or webp are accepted"),
        ("BMP", "refs/cat.gif is a BMP; png, jpeg or webp are accepted"),
    ],
)
def test_a_type_that_is_not_accepted_is_told(tmp_path: Path, kind: str, message: str) -> None:
    save(tmp_path, "refs/cat.gif", picture(kind))
    assert media.check_limits(media.probe("refs/cat.gif", tmp_path), LIMITS) == [message]


@pytest.mark.parametrize(
    ("media_type", "words"),
    [("text/html", "an HTML page"), ("image/svg+xml", "an SVG"), ("image/heic", "a HEIC")],
)
def test_types_are_named_as_people_name_them(media_type: str, words: str) -> None:
    assert media.described(media_type) == words


@pytest.mark.parametrize(
    ("size", "messages"),
    [
        ((128, 128), []),
        ((511, 128), []),
        ((512, 128), ["is 512x128 pixels (4:1); the ratio must be below 4:1"]),
        ((128, 512), ["is 128x512 pixels (1:4); the ratio must be above 1:4"]),
        ((4096, 512), ["is 4096x512 pixels (8:1); the ratio must be below 4:1"]),
        ((100, 90), ["is 100x90 pixels, at least 128x128 are needed"]),
        ((128, 127), ["is 128x127 pixels, at least 128x128 are needed"]),
        (
            (600, 100),
            [
                "is 600x100 pixels, at least 128x128 are needed",
                "is 600x100 pixels (6:1); the ratio must be below 4:1",
            ],
        ),
    ],
)
def test_pixels_and_ratio_are_checked_to_the_pixel(
    tmp_path: Path, size: tuple[int, int], messages: list[str]
) -> None:
    save(tmp_path, "cat.png", picture(size=size))
    found = media.check_limits(media.probe("cat.png", tmp_path), LIMITS)
    assert found == [f"cat.png {message}" for message in messages]


@pytest.mark.parametrize("over", [0, 1])
def test_the_size_is_checked_to_the_byte(tmp_path: Path, over: int) -> None:
    content = picture()
    save(tmp_path, "cat.png", content + b"\0" * (50 * 2**20 - len(content) + over))
    message = "cat.png has 52,428,801 bytes; at most 52,428,800 (50 MiB) are accepted"
    found = media.check_limits(media.probe("cat.png", tmp_path), LIMITS)
    assert found == [message] * over


@given(st.binary(min_size=1, max_size=100))
def test_the_length_of_a_data_uri_is_known_without_making_it(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = save(tmp_path_factory.mktemp("f"), "cat.png", content)
    found = Media(
        source="cat.png",
        path=path,
        sha256=hashlib.sha256(content).hexdigest(),
        media_type="image/png",
        size_bytes=len(content),
    )
    assert media.data_uri(found) == uri(content)
    assert media.data_uri_length(found) == len(uri(content))


def test_a_file_that_changed_since_it_was_looked_at_is_not_sent(tmp_path: Path) -> None:
    path = save(tmp_path, "cat.png", picture())
    found = media.probe("cat.png", tmp_path)
    path.write_bytes(picture(size=(200, 200)))
    with pytest.raises(MediaError, match=r"cat\.png has changed since the run was planned"):
        media.data_uri(found)


def test_a_file_that_went_away_is_told_at_submission(tmp_path: Path) -> None:
    path = save(tmp_path, "cat.png", picture())
    found = media.probe("cat.png", tmp_path)
    path.unlink()
    with pytest.raises(MediaError, match=r"cat\.png cannot be read any more"):
        media.data_uri(found)


def test_a_url_travels_as_it_is_written(tmp_path: Path) -> None:
    found = media.probe("https://example.com/%E7%8C%AB.png", tmp_path)
    assert media.data_uri(found) == "https://example.com/%E7%8C%AB.png"
    assert media.data_uri_length(found) == 33


def drawn(kind: str) -> bytes:
    content = BytesIO()
    Image.effect_noise((200, 200), 50).convert("RGB").save(content, kind)
    return content.getvalue()


def boxes(*sizes: int) -> bytes:
    """An MP4 whose last box says that it goes to the end of the file where its size is 0."""
    first = struct.pack(">I", 16) + b"ftypmp42" + bytes(4)
    return first + b"".join(struct.pack(">I", n) + b"mdat" + bytes(max(n, 8) - 8) for n in sizes)


LARGE_BOX = struct.pack(">I", 1) + b"mdat" + struct.pack(">Q", 100) + bytes(84)
ENDING = [
    ("image/png", drawn("PNG")),
    ("image/jpeg", drawn("JPEG")),
    ("image/gif", drawn("GIF")),
    ("image/webp", drawn("WEBP")),
    ("video/mp4", boxes(100, 5000)),
    ("video/quicktime", boxes() + LARGE_BOX),
    ("image/avif", boxes(20)),
]


@pytest.mark.parametrize(("media_type", "content"), ENDING)
def test_a_whole_file_is_not_cut(tmp_path: Path, media_type: str, content: bytes) -> None:
    path = tmp_path / "f"
    path.write_bytes(content)
    assert not media.is_cut(path, media_type)


@pytest.mark.parametrize(("media_type", "content"), [e for e in ENDING if "gif" not in e[0]])
@pytest.mark.parametrize("left", [0.5, 0.99])
def test_a_file_that_breaks_off_is_cut(
    tmp_path: Path, media_type: str, content: bytes, left: float
) -> None:
    path = tmp_path / "f"
    path.write_bytes(content[: int(left * len(content))])
    assert media.is_cut(path, media_type)


@pytest.mark.parametrize(
    ("media_type", "content"),
    [
        ("video/mp4", boxes(0)),
        ("video/webm", b"\x1aE\xdf\xa3"),
        ("image/png", drawn("PNG") + b"more"),
    ],
)
def test_what_does_not_tell_its_end_is_not_cut(
    tmp_path: Path, media_type: str, content: bytes
) -> None:
    path = tmp_path / "f"
    path.write_bytes(content)
    assert not media.is_cut(path, media_type)
