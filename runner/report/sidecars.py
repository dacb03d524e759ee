"""Sidecars: XMP files beside results, by which photo programs show marks, tags and prompts.

A sidecar is named after the whole file, `window.png.xmp`, as darktable and digiKam do. Results
themselves stay byte for byte as they were fetched.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from runner.errors import printable
from runner.fs import is_file
from runner.model.marks import MAX_STARS, Choice
from runner.model.values import as_list
from runner.report.cache import write_if_changed
from runner.report.files import ResultFile
from runner.report.rows import Row

SUFFIX = ".xmp"

GENERATED = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
"""IPTC's name for what a model has made."""

_PICK_LABELS = {Choice.REJECTED: 1, Choice.PICKED: 3}
"""digiKam's numbers; 0 is without a decision, 2 is pending."""
_REJECTED = -1
"""The rating of what is rejected, by Adobe's convention."""

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="vidu-run {digest}">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
"""
_OWN = re.compile(rb'x:xmptk="vidu-run ([0-9a-f]{64})"')
_NO_CHARACTERS = re.compile("[\ufffe\uffff]")
_MOST_BYTES = 1 << 20
"""No sidecar of ours is larger than this."""


@dataclass(slots=True, kw_only=True)
class Sidecars:
    """What became of the sidecars."""

    written: int = 0
    """How many were made or changed."""
    kept: list[Path] = field(default_factory=list)
    """Those of others, which stay as they are."""

    def write(self, row: Row, mark: Mapping[str, Any], files: Iterable[ResultFile]) -> None:
        """Write those of a job's results that are in their places. Raises OSError."""
        content = sidecar(row, mark)
        for file in files:
            # What is displaced or changed is not what the row is about.
            if file.shown is None or file.gone or file.role or file.shown.name != file.name:
                continue
            path = file.shown.with_name(file.shown.name + SUFFIX)
            if is_ours(path):
                self.written += write_if_changed(path, content)
            else:
                self.kept.append(path)


def sidecar(row: Row, mark: Mapping[str, Any]) -> bytes:
    """The sidecar of a job's results, the same for the same row and mark.

    `mark` has `mark` and `stars`, and is empty without one.
    """
    choice = mark.get("mark")
    stars = min(MAX_STARS, max(0, int(mark.get("stars") or 0)))
    rating = _REJECTED if choice == Choice.REJECTED else stars
    label = _PICK_LABELS[Choice(choice)] if choice in set(Choice) else 0
    tags = [tag for tag in as_list(row.get("tags")) if isinstance(tag, str)]
    body = [
        '  <rdf:Description rdf:about=""',
        '    xmlns:xmp="http://ns.adobe.com/xap/1.0/"',
        '    xmlns:dc="http://purl.org/dc/elements/1.1/"',
        '    xmlns:digiKam="http://www.digikam.org/ns/1.0/"',
        '    xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"',
        f'    xmp:Rating="{rating}"',
        f'    digiKam:PickLabel="{label}"',
        f'    Iptc4xmpExt:DigitalSourceType="{GENERATED}">',
        *_list("subject", "Bag", [f"<rdf:li>{_text(tag)}</rdf:li>" for tag in tags]),
        *_list("description", "Alt", _default(row.get("prompt"))),
        "  </rdf:Description>",
        " </rdf:RDF>",
        "</x:xmpmeta>",
        "",
    ]
    return _signed("\n".join(body))


def _default(text: Any) -> list[str]:
    is_text = isinstance(text, str) and text
    return [f'<rdf:li xml:lang="x-default">{_text(text)}</rdf:li>'] if is_text else []


def _list(name: str, kind: str, items: Iterable[str]) -> list[str]:
    lines = [f"     {item}" for item in items]
    if not lines:
        return []
    head, tail = (
        [f"   <dc:{name}>", f"    <rdf:{kind}>"],
        [f"    </rdf:{kind}>", f"   </dc:{name}>"],
    )
    return [*head, *lines, *tail]


def _text(text: str) -> str:
    """The text in XML, without the characters that XML 1.0 cannot contain."""
    plain = printable(text.replace("\r\n", "\n"))
    return escape(_NO_CHARACTERS.sub("\N{REPLACEMENT CHARACTER}", plain))


def _signed(body: str) -> bytes:
    """The document, with a digest of the rest in its head."""
    digest = hashlib.sha256(body.encode()).hexdigest()
    return (_HEAD.format(digest=digest) + body).encode()


def is_ours(path: Path) -> bool:
    """Whether a sidecar may be written there: there is none, or one that nobody has changed.

    Programs that change ratings write into the same file. Raises OSError.
    """
    if not path.exists() and not path.is_symlink():
        return True
    if not is_file(path) or path.is_symlink():
        return False
    with path.open("rb") as file:
        content = file.read(_MOST_BYTES)
    head = _OWN.search(content)
    if head is None:
        return False
    digest = head[1].decode()
    start = _HEAD.format(digest=digest).encode()
    body = content.removeprefix(start)
    return body != content and hashlib.sha256(body).hexdigest() == digest
