"""The acceptance suite: each constraint line of both API documents, as files.

A file under `data/cases/<provider>/<operation>/{accept,reject}` holds a job's `parameters`; a
rejecting one the `errors` it must give, in order, and perhaps the first one's `hint`; an accepting
one perhaps `warnings`, and the `price` by the tables (null: unknown). In parameters `{repeat:
[TEXT, N]}` is a long text, `{picture: {name, format, width, height, bytes}}` a file made for the
test (padded to `bytes`), `{clip: {name, form, ...}}` and `{sound: {name, form, ...}}` the same of
videos and sounds (other keys: those of `tests.media.clips`), and `{data_uri: {format, width,
height}}` an image within the manifest.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from PIL import Image

from runner.hashing import HashCache
from runner.media.probe import probe
from runner.media.sources import MediaError
from runner.model.jobs import Draft, Media
from runner.model.operations import Operation
from runner.model.values import Deferred, ValuePath
from runner.operations import load_operations
from runner.planning.estimates import estimate
from runner.validation.diagnostics import Finding
from runner.validation.jobs import check_job
from runner.validation.media import check_media
from tests.media.clips import audio_bytes, video_bytes

CASES = Path(__file__).parent / "data" / "cases"


def cases(kind: str) -> list[Any]:
    files = sorted(CASES.glob(f"*/**/{kind}/*.yaml"))
    return [pytest.param(f, id=str(f.relative_to(CASES).with_suffix(""))) for f in files]


def written(value: Any, folder: Path) -> Any:
    if isinstance(value, list):
        return [written(inner, folder) for inner in value]
    match value:
        case {"clip": {"name": str(name), **keys}}:
            return saved(keys, folder / name, video_bytes)
        case {"sound": {"name": str(name), **keys}}:
            return saved(keys, folder / name, audio_bytes)
        case {"repeat": [str(text), int(times)]}:
            return text * times
        case {"picture": {"name": str(name)} as picture}:
            content = drawn(picture).ljust(picture.get("bytes", 0), b"\0")
            (folder / name).write_bytes(content)
            return name
        case {"data_uri": {"format": str(format_)} as picture}:
            text = base64.b64encode(drawn(picture)).decode()
            return f"data:image/{format_};base64,{text}"
        case dict():
            return {key: written(inner, folder) for key, inner in value.items()}
    return value


def saved(keys: dict[Any, Any], file: Path, made: Callable[..., bytes]) -> str:
    content = made(**{key: inner for key, inner in keys.items() if key != "bytes"})
    file.write_bytes(content.ljust(keys.get("bytes", 0), b"\0"))
    return file.name


def drawn(picture: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    size = (picture["width"], picture["height"])
    Image.new("RGB", size, "tan").save(out, format=picture["format"])
    return out.getvalue()


def read(case: Any) -> str:
    return case.values[0].read_text(encoding="utf-8")  # type: ignore[no-any-return]


def operation_of(file: Path) -> Operation:
    return load_operations()[file.parent.parent.relative_to(CASES).as_posix()]


def check(file: Path, folder: Path) -> tuple[dict[str, Any], list[Finding]]:
    case = yaml.safe_load(file.read_text(encoding="utf-8"))
    operation = operation_of(file)
    parameters = {key: written(value, folder) for key, value in case["parameters"].items()}
    draft = Draft(entry=0, id="a", operation=operation.name, parameters=parameters, base=folder)
    found = check_job(draft, operation)
    if all(finding.warning for finding in found):
        try:
            images: dict[ValuePath, Media | Deferred] = {
                path: probe(source, folder, HashCache(), operation.limits_of(path))
                for path, source in operation.media_in(parameters)
            }
        except MediaError as error:
            found.append(Finding(path=("images",), message=error.message, hint=error.hint))
        else:
            found += check_media(draft, operation, images)
    return case, found


@pytest.mark.parametrize("file", cases("accept"))
def test_what_the_documents_allow_is_accepted(file: Path, tmp_path: Path) -> None:
    case, found = check(file, tmp_path)
    assert [f.message for f in found if not f.warning] == []
    assert [f.message for f in found if f.warning] == case.get("warnings", [])


@pytest.mark.parametrize("file", [p for p in cases("accept") if "\nprice: " in read(p)])
def test_a_request_costs_what_the_documents_tables_have(file: Path) -> None:
    case = yaml.safe_load(file.read_text(encoding="utf-8"))
    found = estimate(operation_of(file), case["parameters"])
    assert (None if found is None else float(found.value)) == case["price"]


@pytest.mark.parametrize("file", cases("reject"))
def test_what_the_documents_forbid_is_rejected_with_its_message(file: Path, tmp_path: Path) -> None:
    case, found = check(file, tmp_path)
    errors = [finding for finding in found if not finding.warning]
    assert [finding.message for finding in errors] == case["errors"]
    if "hint" in case:
        assert errors[0].hint == case["hint"]


def test_every_operation_has_cases_of_both_kinds() -> None:
    for operation in load_operations():
        for kind in ("accept", "reject"):
            assert len(list((CASES / operation / kind).glob("*.yaml"))) > 10
