"""Files read as manifests, and files that cannot be."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from runner.documents.files import Document, read_document
from runner.errors import ManifestError


def errors_of(path: Path) -> str:
    try:
        diagnostics = list(read_document(path).diagnostics)
    except ManifestError as error:
        diagnostics = error.diagnostics
    return "\n".join(map(str, diagnostics))


def test_a_document_has_path_value_text_and_digest(tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    content = "\ufeffname: 猫\r\n".encode()
    path.write_bytes(content)
    document = read_document(path)
    assert isinstance(document, Document)
    assert document.path == path
    assert document.value == {"name": "猫"}
    assert document.text == "name: 猫\r\n"
    assert document.sha256 == hashlib.sha256(content).hexdigest()
    assert document.diagnostics == ()


def test_a_directory_raises_a_manifest_error(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="is a directory, not a file"):
        read_document(tmp_path)


@pytest.mark.parametrize(
    ("encoding", "name"),
    [("utf-16", "UTF-16"), ("gbk", "GBK"), ("big5", "Big5"), ("latin-1", None)],
)
def test_the_likely_encoding_is_named(tmp_path: Path, encoding: str, name: str | None) -> None:
    text = "name: déjà vu\n" if encoding == "latin-1" else "name: 一隻貓,在窗前\n"
    if encoding == "gbk":
        text = "name: 一只猫,坐在窗台上\n"
    path = tmp_path / "m.yaml"
    path.write_bytes(text.encode(encoding))
    assert ("it seems to be" in errors_of(path)) == bool(name)
    assert f"(it seems to be {name})" in errors_of(path) or name is None


def test_the_place_of_a_wrong_byte_does_not_count_the_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: \xe9\n")
    assert ":2:4: error: the file is not UTF-8: byte 0xE9 is not valid" in errors_of(path)


def test_a_missing_file_gets_the_nearest_name_as_a_hint(tmp_path: Path) -> None:
    (tmp_path / "spring.yaml").write_text("version: 1\n")
    message = errors_of(tmp_path / "sprnig.yaml")
    assert message.startswith(f"{tmp_path}/sprnig.yaml: error: there is no such file")
    assert 'did you mean "spring.yaml"?' in message


def test_a_missing_file_without_a_similar_name_has_no_hint(tmp_path: Path) -> None:
    assert errors_of(tmp_path / "a.yaml").endswith("there is no such file")
    assert errors_of(tmp_path / "no" / "a.yaml").endswith("there is no such file")


def test_a_path_through_a_file_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    assert "cannot be read: Not a directory" in errors_of(tmp_path / "a" / "b.yaml")


def test_an_impossible_file_name_is_an_error() -> None:
    assert "is not a valid file name" in errors_of(Path("a\0b"))
    assert "cannot be read: File name too long" in errors_of(Path("x" * 5000))


def test_a_pipe_is_rejected_without_waiting(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    assert "is not a regular file" in errors_of(path)


def test_a_device_is_rejected() -> None:
    assert "is not a regular file" in errors_of(Path("/dev/zero"))


def test_a_loop_of_links_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "loop.yaml"
    path.symlink_to(path)
    assert "cannot be read: Too many levels of symbolic links" in errors_of(path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    path.write_text("version: 1\n")
    path.chmod(0)
    assert "cannot be read: Permission denied" in errors_of(path)


def test_a_file_over_1_gib_is_rejected_unread(tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    path.touch()
    os.truncate(path, (1 << 30) + 1)
    assert "is larger than 1 GiB" in errors_of(path)


def test_a_single_line_of_megabytes_is_read(tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    path.write_text("prompt: " + "猫 " * 1_000_000 + "x, no\nb: 16:9\n", "utf-8")
    assert ":2:4: error: YAML reads 16:9 as the number 969" in errors_of(path)


def test_an_error_in_a_long_line_is_shown_around_its_caret(tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    path.write_text("a: [" + "猫, " * 100_000 + "16:9]\n", "utf-8")
    message, line, caret = errors_of(path).splitlines()
    assert ":1:300005: error" in message
    assert len(line) < 120
    assert caret.endswith("^")
