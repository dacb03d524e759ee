"""Requests of case files: makes the texts and media that they describe, and validates them.

`{repeat: [TEXT, N]}` is a long text, `{picture: {name, format, width, height, bytes}}` a file made
for the test (padded to `bytes`), `{clip: {name, form, ...}}` and `{sound: {name, form, ...}}` the
same of videos and sounds (other keys: those of `tests.media.clips`), and `{data_uri: {format,
width, height}}` an image within the manifest.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image

from runner.hashing import HashCache
from runner.media.probe import probe
from runner.media.sources import MediaError
from runner.model.jobs import Draft, Media
from runner.model.operations import Operation
from runner.model.values import Deferred, ValuePath
from runner.validation.diagnostics import Finding
from runner.validation.jobs import check_job
from runner.validation.media import check_media
from tests.media.clips import audio_bytes, video_bytes


def written(value: Any, folder: Path) -> Any:
    """The value with its texts and media; files are made in `folder`."""
    if isinstance(value, list):
        return [written(inner, folder) for inner in value]
    match value:
        case {"clip": {"name": str(name), **keys}}:
            return _saved(keys, folder / name, video_bytes)
        case {"sound": {"name": str(name), **keys}}:
            return _saved(keys, folder / name, audio_bytes)
        case {"repeat": [str(text), int(times)]}:
            return text * times
        case {"picture": {"name": str(name)} as picture}:
            content = _drawn(picture).ljust(picture.get("bytes", 0), b"\0")
            (folder / name).write_bytes(content)
            return name
        case {"data_uri": {"format": str(format_)} as picture}:
            text = base64.b64encode(_drawn(picture)).decode()
            return f"data:image/{format_};base64,{text}"
        case dict():
            return {key: written(inner, folder) for key, inner in value.items()}
    return value


def _saved(keys: dict[Any, Any], file: Path, made: Callable[..., bytes]) -> str:
    content = made(**{key: inner for key, inner in keys.items() if key != "bytes"})
    file.write_bytes(content.ljust(keys.get("bytes", 0), b"\0"))
    return file.name


def _drawn(picture: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    size = (picture["width"], picture["height"])
    Image.new("RGB", size, "tan").save(out, format=picture["format"])
    return out.getvalue()


def findings_in(operation: Operation, parameters: dict[str, Any], folder: Path) -> list[Finding]:
    """What the client reports about a request whose files are in `folder`."""
    draft = Draft(entry=0, id="a", operation=operation.name, parameters=parameters, base=folder)
    found = check_job(draft, operation)
    if all(finding.warning for finding in found):
        try:
            media: dict[ValuePath, Media | Deferred] = {
                path: probe(source, folder, HashCache(), operation.limits_of(path))
                for path, source in operation.media_in(parameters)
            }
        except MediaError as error:
            found.append(Finding(path=("images",), message=error.message, hint=error.hint))
        else:
            found += check_media(draft, operation, media)
    return found
