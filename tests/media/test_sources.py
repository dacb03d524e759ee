"""Media sources: what kind they are, and how they travel."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.hashing import HashCache
from runner.media.probe import IMAGES, probe
from runner.media.sources import (
    MediaError,
    as_sent,
    bare_base64_type,
    check_form,
    check_url,
    classify,
    decode_data_uri,
    label,
    sent_length,
    signed_url_warning,
)
from runner.model.jobs import Media
from runner.model.operations import MediaLimits
from tests.builders import as_data_uri, image_bytes, write_file
from tests.media.clips import audio_bytes, video_bytes


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
def test_the_first_characters_decide_the_kind_of_source(source: str, kind: str) -> None:
    assert classify(source) == kind


def test_a_long_source_is_truncated_in_messages() -> None:
    assert label("data:image/png;base64," + "A" * 99).endswith("AAA…")
    assert len(label("https://example.com/" + "a" * 99)) == 81


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("ftp://a.example/x.png", "only http and https URLs are accepted"),
        ("file:///srv/x.png", "only http and https URLs are accepted"),
        ("https:///x.png", "has no host"),
        ("https://[::1/x.png", "is not a URL"),
        ("https://a.example:99999/x.png", "is not a URL"),
        ("https://a.example/x y.png", "has white space at character 20"),
    ],
)
def test_a_url_that_no_provider_could_fetch_is_rejected(url: str, message: str) -> None:
    with pytest.raises(MediaError) as caught:
        check_url(url)
    assert message in caught.value.message


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
def test_a_signed_url_gets_a_warning(url: str) -> None:
    assert "looks signed" in str(signed_url_warning(url))


@pytest.mark.parametrize("source", ["https://b.example/expires/x.png?v=1", "Expires=1.png"])
def test_an_ordinary_source_does_not_look_signed(source: str) -> None:
    assert signed_url_warning(source) is None


def test_image_jpg_counts_as_jpeg() -> None:
    content = image_bytes("JPEG")
    assert decode_data_uri(as_data_uri(content, "image/jpg"), IMAGES) == ("image/jpeg", content)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("data:image/png,abc", "does not start like the data URI of an image"),
        ("data:text/plain;base64,AAAA", "does not start like the data URI of an image"),
        ("data:image/png;charset=x;base64,AAAA", "does not start like the data URI of an image"),
        ("data:image/png;base64,", "data:image/png;base64, is empty"),
        ("data:image/png;base64,==", "is empty"),
        ("data:image/png;base64,iVBO Rw0", 'is not base64: " " at character 27'),
        ("data:image/png;base64,iVBO\nRw0", 'is not base64: "\\n" at character 27'),
        ("data:image/png;base64,iV=BORw0", 'is not base64: "=" at character 25'),
        ("data:image/png;base64,iVBO-_w0", 'is not base64: "-" at character 27'),
        ("data:image/png;base64,iVBORw", "its length, 6, is not a multiple of four"),
        ("data:image/png;base64,aGVsbG8=", "does not contain an image"),
        (as_data_uri(image_bytes("JPEG")), "declares image/png but contains a JPEG"),
        (as_data_uri(image_bytes("GIF")), "declares image/png but contains a GIF"),
    ],
)
def test_a_malformed_data_uri_is_rejected(source: str, message: str) -> None:
    with pytest.raises(MediaError) as caught:
        decode_data_uri(source, IMAGES)
    assert message in caught.value.message


@given(st.binary(min_size=1, max_size=100))
def test_the_length_of_a_data_uri_is_computed_exactly(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = write_file(tmp_path_factory.mktemp("f"), "cat.png", content)
    found = Media(
        source="cat.png",
        path=path,
        sha256=hashlib.sha256(content).hexdigest(),
        media_type="image/png",
        size_bytes=len(content),
    )
    assert as_sent(found, IMAGES) == as_data_uri(content)
    assert sent_length(found, IMAGES) == len(as_data_uri(content))


def test_a_file_that_changed_since_the_probe_is_not_sent(tmp_path: Path) -> None:
    path = write_file(tmp_path, "cat.png", image_bytes())
    found = probe("cat.png", tmp_path, HashCache())
    path.write_bytes(image_bytes(size=(200, 200)))
    with pytest.raises(MediaError, match=r"cat\.png has changed since the run was planned"):
        as_sent(found, IMAGES)


def test_a_file_that_is_gone_is_an_error_at_submission(tmp_path: Path) -> None:
    path = write_file(tmp_path, "cat.png", image_bytes())
    found = probe("cat.png", tmp_path, HashCache())
    path.unlink()
    with pytest.raises(MediaError, match=r"cat\.png can no longer be read"):
        as_sent(found, IMAGES)


def test_a_url_travels_as_it_is_written(tmp_path: Path) -> None:
    found = probe("https://example.com/%E7%8C%AB.png", tmp_path, HashCache())
    assert as_sent(found, IMAGES) == "https://example.com/%E7%8C%AB.png"
    assert sent_length(found, IMAGES) == 33


# ------------------------------------------------------------------------------- forms of a request

BY_URL = replace(IMAGES, forms=("url",))
AS_BASE64 = replace(IMAGES, forms=("base64", "url"))
AS_OBJECT = replace(
    IMAGES,
    forms=("base64",),
    as_object={"bytesBase64Encoded": "base64", "mimeType": "media_type"},
)
URL = "https://example.com/cat.png"


@pytest.mark.parametrize(
    ("source", "what"),
    [("cat.png", "a local file"), ("data:image/png;base64,AAAA", "a data URI")],
)
def test_where_only_urls_are_accepted_a_file_is_an_error(source: str, what: str) -> None:
    with pytest.raises(MediaError) as caught:
        check_form(source, BY_URL)
    assert caught.value.message == f"{source} is {what}; only URLs are accepted here"
    assert caught.value.hint == (
        "put the image on a web server that the provider can reach, or use another job's .url"
    )
    check_form(URL, BY_URL)


def test_where_only_files_are_accepted_a_url_is_an_error() -> None:
    with pytest.raises(MediaError) as caught:
        check_form(URL, AS_OBJECT)
    assert caught.value.message == f"{URL} is a URL; only files are accepted here"
    check_form("cat.png", AS_OBJECT)
    check_form("data:image/png;base64,AAAA", AS_OBJECT)


def test_a_file_that_only_a_url_may_name_is_not_looked_for(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="only URLs are accepted"):
        probe("missing.png", tmp_path, HashCache(), BY_URL)


@pytest.mark.parametrize("as_data", [False, True])
def test_base64_is_sent_without_the_head_of_a_data_uri(tmp_path: Path, as_data: bool) -> None:
    content = image_bytes()
    write_file(tmp_path, "cat.png", content)
    source = as_data_uri(content) if as_data else "cat.png"
    found = probe(source, tmp_path, HashCache(), AS_BASE64)
    assert as_sent(found, AS_BASE64) == base64.b64encode(content).decode()


def test_a_url_is_sent_as_it_is_where_files_are_base64(tmp_path: Path) -> None:
    found = probe(URL, tmp_path, HashCache(), AS_BASE64)
    assert as_sent(found, AS_BASE64) == URL


def test_a_medium_may_be_an_object(tmp_path: Path) -> None:
    content = image_bytes("WEBP")
    write_file(tmp_path, "cat.webp", content)
    found = probe("cat.webp", tmp_path, HashCache(), AS_OBJECT)
    assert as_sent(found, AS_OBJECT) == {
        "bytesBase64Encoded": base64.b64encode(content).decode(),
        "mimeType": "image/webp",
    }


@pytest.mark.parametrize("limits", [IMAGES, AS_BASE64, AS_OBJECT])
def test_the_length_of_what_is_sent_is_known_before(tmp_path: Path, limits: MediaLimits) -> None:
    write_file(tmp_path, "cat.png", image_bytes())
    found = probe("cat.png", tmp_path, HashCache(), limits)
    assert sent_length(found, limits) == len(json.dumps(as_sent(found, limits))) - 2


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (image_bytes("JPEG"), "image/jpeg"),
        (video_bytes(), "video/mp4"),
        (audio_bytes("mp3", codec="libmp3lame"), "audio/mpeg"),
    ],
)
def test_bare_base64_of_any_kind_is_recognized(content: bytes, media_type: str) -> None:
    assert bare_base64_type(base64.b64encode(content).decode()) == media_type


@pytest.mark.parametrize("name", ["cat.png", "a" * 60, "refs/" + "b" * 60])
def test_a_long_name_is_not_base64(name: str) -> None:
    assert bare_base64_type(name) is None
