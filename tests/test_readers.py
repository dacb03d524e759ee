"""Requests that a reader of the vendors' documents wrote, for the client and for the emulator.

Who wrote `data/readers/<provider>/<operation>.yaml` knew neither schema files nor emulator. Each
entry has a `name`, a `request` as a manifest has it (see `tests.case_requests`; `{creation: true}`
is the id of a video that Vidu made), and what the document lets one expect (`expected`): accepted,
warning or refused. The emulator gives no warnings.
Where the document leaves it open, `client` or `emulator` is the outcome there, `note` the reason.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Literal, TypeAlias
from urllib.parse import urlsplit

import pytest
import yaml

from runner.emulator.options import EmulatorOptions
from runner.emulator.server import run_emulator
from runner.hashing import HashCache
from runner.media.probe import probe
from runner.media.sources import MediaError, as_sent
from runner.model.operations import MediaLimits, Operation
from runner.model.values import substitute
from runner.operations import load_operations, to_wire
from tests.case_requests import findings_in, written

READERS = Path(__file__).parent / "data" / "readers"
OPERATIONS = load_operations()
AUTHORIZATION = {"vidu": "Token test", "modelverse": "test"}

Outcome: TypeAlias = Literal["accepted", "warning", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    name: str
    request: Mapping[str, Any]
    expected: Outcome
    client: Outcome | None = None
    emulator: Outcome | None = None
    note: str = ""

    @property
    def of_client(self) -> Outcome:
        return self.client or self.expected

    @property
    def of_emulator(self) -> Outcome:
        outcome = self.emulator or self.expected
        return "accepted" if outcome == "warning" else outcome


def entries(file: Path) -> list[Entry]:
    return [Entry(**entry) for entry in yaml.safe_load(file.read_text(encoding="utf-8"))]


def operation_of(file: Path) -> Operation:
    return OPERATIONS[name_of(file)]


def name_of(file: Path) -> str:
    return str(file.relative_to(READERS).with_suffix(""))


of_each_file = pytest.mark.parametrize(
    "file",
    [pytest.param(file, id=name_of(file)) for file in sorted(READERS.rglob("*.yaml"))],
)


# ------------------------------------------------------------------------------------- the client


@of_each_file
def test_the_client_reads_the_document_as_its_reader_does(file: Path, tmp_path: Path) -> None:
    found = [(entry, *validated(operation_of(file), entry, tmp_path)) for entry in entries(file)]
    differences = [
        f"{entry.name}: {outcome}, not {entry.of_client}: {messages}"
        for entry, outcome, messages in found
        if outcome != entry.of_client
    ]
    assert not differences, "\n".join(differences)


def validated(operation: Operation, entry: Entry, folder: Path) -> tuple[Outcome, list[str]]:
    """The outcome, and the messages."""
    request = with_creation(dict(entry.request), "911092490931552256")
    found = findings_in(operation, written(request, folder), folder)
    is_refused = any(not finding.warning for finding in found)
    outcome: Outcome = "refused" if is_refused else "warning" if found else "accepted"
    return outcome, [finding.message for finding in found]


# ----------------------------------------------------------------------------------- the emulator


@pytest.fixture(scope="module")
def emulator() -> Iterator[HTTPConnection]:
    with run_emulator(EmulatorOptions(credits=10**9, concurrency=10**6, time_scale=0)) as url:
        address = urlsplit(url)
        connection = HTTPConnection(address.hostname or "", address.port, timeout=60)
        yield connection
        connection.close()


@pytest.fixture(scope="module")
def creation(emulator: HTTPConnection) -> str:
    """The id of a video that the emulator made, long enough to be extended."""
    request = {"model": "viduq2", "prompt": "a cat", "duration": 4, "resolution": "540p"}
    _, answer = exchanged(emulator, "vidu", "POST", "/ent/v2/text2video", json.dumps(request))
    path = f"/ent/v2/tasks/{json.loads(answer)['task_id']}/creations"
    _, answer = exchanged(emulator, "vidu", "GET", path)
    id_: str = json.loads(answer)["creations"][0]["id"]
    return id_


@of_each_file
def test_the_emulator_reads_the_document_as_its_reader_does(
    file: Path, tmp_path: Path, emulator: HTTPConnection, creation: str
) -> None:
    operation = operation_of(file)
    found = [
        (entry, *posted(operation, with_creation(entry.request, creation), tmp_path, emulator))
        for entry in entries(file)
    ]
    differences = [
        f"{entry.name}: not {entry.of_emulator}: {status} {answer}"
        for entry, status, answer in found
        if status != {"accepted": 200, "refused": 400}[entry.of_emulator]
    ]
    assert not differences, "\n".join(differences)


def posted(
    operation: Operation, request: dict[str, Any], folder: Path, emulator: HTTPConnection
) -> tuple[int, str]:
    """Status and body of the answer."""
    content = json.dumps(body_of(operation, written(request, folder), folder))
    path, media_type = operation.path, operation.media_type
    return exchanged(emulator, operation.provider, operation.method, path, content, media_type)


def exchanged(
    emulator: HTTPConnection,
    provider: str,
    method: str,
    path: str,
    content: str = "",
    media_type: str = "application/json",
) -> tuple[int, str]:
    headers = {"Authorization": AUTHORIZATION[provider], "Content-Type": media_type}
    emulator.request(method, path, content.encode(), headers)
    with emulator.getresponse() as answer:
        return answer.status, answer.read().decode()


def with_creation(value: Any, id_: str) -> Any:
    """The value with that id wherever a request cites a video that Vidu made."""
    match value:
        case {"creation": True}:
            return id_
        case dict():
            return {key: with_creation(inner, id_) for key, inner in value.items()}
        case list():
            return [with_creation(inner, id_) for inner in value]
    return value


def body_of(operation: Operation, parameters: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The body that the client would send, if it sent one: wrong requests too."""
    media = {
        path: sent(source, folder, operation.limits_of(path))
        for path, source in operation.media_in(parameters)
        if isinstance(source, str)
    }
    unknown = parameters.keys() - operation.wire.keys()
    body = to_wire(operation, substitute(without(parameters, unknown), media))
    for name in unknown:
        *parents, last = place_of(name, operation)
        inner = body
        for key in parents:
            inner = inner.setdefault(key, {})
        inner[last] = parameters[name]
    return body


def without(parameters: Mapping[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if name not in names}


def sent(source: str, folder: Path, limits: MediaLimits) -> Any:
    """What stands for a medium in the body; what is none is sent as it is written."""
    try:
        return as_sent(probe(source, folder, HashCache(), limits), limits)
    except MediaError:
        return source


def place_of(name: str, operation: Operation) -> tuple[str, ...]:
    """Where a parameter that the operation lacks goes: as in another operation of the vendor, or
    beside the constants."""
    others = [other for other in OPERATIONS.values() if other.provider == operation.provider]
    places = [other.wire[name].path for other in others if name in other.wire]
    return places[0] if places else (*next(iter(operation.constants), ())[:-1], name)


# ------------------------------------------------------------------------------- what is written


@of_each_file
def test_a_reader_writes_many_requests_half_of_them_wrong(file: Path) -> None:
    found = entries(file)
    wrong = sum(entry.expected == "refused" for entry in found)
    assert len({entry.name for entry in found}) == len(found) >= 25  # some documents have few lines
    assert 0.4 < wrong / len(found) < 0.6


@of_each_file
def test_a_note_gives_the_reason_of_every_other_outcome(file: Path) -> None:
    others = [entry for entry in entries(file) if entry.client or entry.emulator]
    assert not [entry.name for entry in others if not entry.note]
