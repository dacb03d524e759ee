"""Checks the content of a marks file: its form, and that no job has two marks."""

from __future__ import annotations

import functools
import json
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from runner.model.values import as_dict, as_list
from runner.operations import schema_folder
from runner.validation.diagnostics import Finding, in_order_of
from runner.validation.messages import explain
from runner.validation.schema import Subject


def check_marks(document: Mapping[str, Any]) -> list[Finding]:
    """Every error in a marks file, in file order."""
    return in_order_of(document, [*_misshapen(document), *_repeated(document)])


@functools.cache
def _shapes() -> tuple[dict[str, Any], dict[str, Any]]:
    """The schema of the file without its marks, and that of one mark."""
    text = (schema_folder() / "marks.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    del schema["properties"]["marks"]["items"]
    return schema, schema.pop("$defs")["mark"]


def _misshapen(document: Mapping[str, Any]) -> Iterator[Finding]:
    from jsonschema_rs import Draft202012Validator

    # Mark by mark, so that a message is about "a mark" and not about "marks[17]".
    file, mark = _shapes()
    if not Draft202012Validator(file).is_valid(document):
        yield from explain(Subject(schema=file, value=document, owner="the marks file", noun="key"))
    validator = Draft202012Validator(mark)
    for index, value in enumerate(as_list(document.get("marks"))):
        if not validator.is_valid(value):
            owner = "a mark" if isinstance(value, dict) else "each item of marks"
            subject = Subject(schema=mark, value=value, owner=owner, noun="key")
            yield from (finding.below(("marks", index)) for finding in explain(subject))


def _repeated(document: Mapping[str, Any]) -> Iterator[Finding]:
    first: dict[str, int] = {}
    for index, value in enumerate(as_list(document.get("marks"))):
        id_ = as_dict(value).get("id")
        if not isinstance(id_, str):
            continue
        earlier = first.setdefault(unicodedata.normalize("NFC", id_), index)
        if earlier != index:
            message = f'job "{id_}" has a mark already, number {earlier + 1:,} of this file'
            hint = "leave one mark a job: that of the result which is there now"
            yield Finding(path=("marks", index, "id"), message=message, hint=hint)
