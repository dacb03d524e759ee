"""Marks of generated content, as providers put them into files: written into a finished PNG or MP4.

`aigc` is the label of GB 45438-2025 (in a PNG the text `AIGC`, in an MP4 XMP), `iptc` the digital
source type in XMP, `c2pa` the place of a manifest of C2PA, without a signature that holds.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Collection

_AIGC = (
    '{"Label": "1", "ContentProducer": "vidu-run emulator", "ProduceID": "1", "ReservedCode1": "",'
    ' "ContentPropagator": "", "PropagateID": "", "ReservedCode2": ""}'
)
_XMP = """<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
 xmlns:TC260="http://www.tc260.org.cn/ns/AIGC/1.0/"
 xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">{properties}</rdf:Description>
</rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>"""
_PROPERTIES = {
    "aigc": f"<TC260:AIGC>{_AIGC}</TC260:AIGC>",
    "iptc": "<Iptc4xmpExt:DigitalSourceType>http://cv.iptc.org/newscodes/digitalsourcetype/"
    "trainedAlgorithmicMedia</Iptc4xmpExt:DigitalSourceType>",
}
_PNG_HEAD_BYTES = 33
"""Signature and header, which come first."""
_XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_C2PA_UUID = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")


def marked(content: bytes, marks: Collection[str]) -> bytes:
    """A PNG or an MP4 with these marks; a file of another type as it is."""
    if content.startswith(b"\x89PNG"):
        head, rest = content[:_PNG_HEAD_BYTES], content[_PNG_HEAD_BYTES:]
        return head + _png_chunks(marks) + rest
    # Boxes at the top level may follow all others.
    return content + _boxes(marks) if content[4:8] == b"ftyp" else content


def _xmp(marks: Collection[str]) -> bytes:
    properties = "".join(text for name, text in _PROPERTIES.items() if name in marks)
    return _XMP.replace("{properties}", properties).encode() if properties else b""


def _png_chunks(marks: Collection[str]) -> bytes:
    chunks = _chunk(b"tEXt", f"AIGC\0{_AIGC}".encode()) if "aigc" in marks else b""
    if xmp := _xmp([mark for mark in marks if mark != "aigc"]):
        chunks += _chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp)
    return chunks + (_chunk(b"caBX", _manifest()) if "c2pa" in marks else b"")


def _chunk(name: bytes, data: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(name + data))
    return struct.pack(">I", len(data)) + name + data + checksum


def _boxes(marks: Collection[str]) -> bytes:
    xmp = _xmp(marks)
    boxes = _box(b"uuid", _XMP_UUID + xmp) if xmp else b""
    if "c2pa" in marks:
        boxes += _box(b"uuid", _C2PA_UUID + bytes(4) + b"manifest\0" + bytes(8) + _manifest())
    return boxes


def _manifest() -> bytes:
    """A store of manifests with none in it: a box of JUMBF (ISO/IEC 19566-5) of C2PA's type."""
    kind = b"c2pa" + bytes.fromhex("0011001080 0000aa00389b71")
    return _box(b"jumb", _box(b"jumd", kind + b"\3c2pa\0"))


def _box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content) + 8) + name + content
