"""Files of all sorts and what becomes of them when read as a manifest."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from runner.documents import Document, read_document
from runner.errors import ManifestError


def told(path: Path) -> str:
    try:
        problems = list(read_document(path).diagnostics)
    except ManifestError as error:
        problems = error.diagnostics
    return "\n".join(map(str, problems))


def test_a_document_knows_its_path_value_text_and_digest(tmp_path: Path) -> None:
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


def test_what_is_no_manifest_at_all_is_an_error(tmp_path: Path) -> None:
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
    assert ("it seems to be" in told(path)) == bool(name)
    assert f"(it seems to be {name})" in told(path) or name is None


def test_a_missing_file_is_told_with_the_nearest_name(tmp_path: Path) -> None:
    (tmp_path / "spring.yaml").write_text("version: 1\n")
    message = told(tmp_path / "sprnig.yaml")
    assert message.startswith(f"{tmp_path}/sprnig.yaml: error: there is no such file")
    assert f'did you mean "{tmp_path}/spring.yaml"?' in message


def test_a_missing_file_without_any_like_it_is_told_plainly(tmp_path: Path) -> None:
    assert told(tmp_path / "a.yaml").endswith("there is no such file")
    assert told(tmp_path / "no" / "a.yaml").endswith("there is no such file")


def test_a_directory_is_told(tmp_path: Path) -> None:
    assert "is a directory, not a file" in told(tmp_path)


def test_a_path_through_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    assert "cannot be read: Not a directory" in told(tmp_path / "a" / "b.yaml")


def test_a_name_that_no_file_can_have_is_told() -> None:
    assert "this is no file name" in told(Path("a\0b"))
    assert "cannot be read: File name too long" in told(Path("x" * 5000))


def test_a_pipe_is_refused_without_waiting_for_a_writer(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    assert "is not a regular file" in told(path)


def test_a_device_is_refused() -> None:
    assert "is not a regular file" in told(Path("/dev/zero"))


def test_a_loop_of_links_is_told(tmp_path: Path) -> None:
    path = tmp_path / "loop.yaml"
    path.symlink_to(path)
    assert "cannot be read: Too many levels of symbolic links" in told(path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    path.write_text("version: 1\n")
    path.chmod(0)
    assert "cannot be read: Permission denied" in told(path)


def test_a_file_of_absurd_size_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    path.touch()
    os.truncate(path, (1 << 30) + 1)
    assert "is larger than 1 GiB" in told(path)


def test_a_single_line_of_megabytes_is_read(tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    path.write_text("prompt: " + "猫 " * 1_000_000 + "x, no\nb: 16:9\n", "utf-8")
    assert ":2:4: error: YAML reads 16:9 as the number 969" in told(path)


def test_what_is_wrong_far_into_a_long_line_is_shown_around_its_caret(tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    path.write_text("a: [" + "猫, " * 100_000 + "16:9]\n", "utf-8")
    message, line, caret = told(path).splitlines()
    assert ":1:300005: error" in message
    assert len(line) < 120
    assert caret.endswith("^")
