"""Manifests changed at random are planned, or rejected with an error that is known.

What is tried is drawn from seeds, see `tests/mutation.py`.
"""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from runner.commands.options import Options
from runner.commands.plan import plan
from runner.commands.validate import validate
from runner.documents.files import load
from runner.errors import Failure
from tests.mutation import ROUNDS, Source, mutated, seeds

EXAMPLES = Path(__file__).parents[2] / "manifests"
NAMES = sorted(path.name for path in EXAMPLES.glob("*.yaml"))
SHARE = 40
"""Reading and planning a manifest takes so much longer than reading a reply."""

PIECES = (
    *("\t", "\n", "\r\n", " ", "  ", "\0", "\u00a0", "\u200b", "\u2028", "\ufeff", "\ud7ff", "😀"),
    *("#", " #7", "&a ", "*a", "! ", "!!int ", "!x ", "<<: *a", "? ", "- ", ": ", ",", "|", ">-"),
    *("{", "}", "[", "]", "'", '"', "\\", "\\ud83d\\ude00", "\\ud83d", "%", "@", "---\n", "...\n"),
    *("null", "~", "yes", "16:9", "010", "0x1F", "1e-2", "3.10", ".inf", "9" * 400, "2.0e+300"),
    *("${{ ", "}}", "${{ vars.x | int }}", "${{ jobs.a.output }}", "$${{", "| default(1)", "[0]"),
    *("<<<<<<< HEAD\n", "=======\n", "x-y: ", "takes: ", "matrix: ", "foreach: ", "defaults: "),
)
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2**63, 10**30, 0.5, 2000.0, 1e300, -0.0, "", " ", "a", "0"),
    *([], {}, [None], [[]], {"": None}, {"a": {"b": [1]}}, [1, "a", None], "\u200b", "\x00"),
    *("${{ vars.x }}", "${{ take }}", "${{ jobs.window.output }}", "${{ matrix.a }}", "a" * 3000),
    *("vidu/reference2image", "modelverse/reference2video", "1h", "-5s", "5 apples", "~/x", "/"),
)


def changed_text(text: str, draw: random.Random) -> str:
    at, end = sorted(draw.randrange(len(text) + 1) for _ in range(2))
    end = min(end, at + draw.choice((0, 1, 3, 40)))
    lines = text.splitlines(keepends=True)
    match draw.randrange(5):
        case 0:  # another indentation
            number = draw.randrange(len(lines))
            lines[number] = draw.choice((" ", "  ", "\t", "- ")) + lines[number].lstrip(" ")
            return "".join(lines)
        case 1:  # a line elsewhere
            lines.insert(draw.randrange(len(lines)), lines[draw.randrange(len(lines))])
            return "".join(lines)
        case 2:
            return text[:at] + text[end:]
    return text[:at] + draw.choice(PIECES) + text[end:]


def containers(value: Any) -> Iterator[Any]:
    """Every mapping and list in `value` that is not empty."""
    if isinstance(value, dict | list) and value:
        yield value
        for inner in value.values() if isinstance(value, dict) else value:
            yield from containers(inner)


def changed_value(value: Any, draw: random.Random) -> Any:
    """The value with another part somewhere; changes it in place."""
    places = list(containers(value))
    place = draw.choice(places)
    key: Any = draw.choice(list(place) if isinstance(place, dict) else range(len(place)))
    other = draw.choice((*VALUES, draw.choice(places)))
    match draw.randrange(4):
        case 0:
            del place[key]
        case 1 if isinstance(place, dict):
            place[draw.choice([*inner_keys(value), "", "a/b", "x-a"])] = place.pop(key)
        case _:
            place[key] = json.loads(json.dumps(other))
    return value


def inner_keys(value: Any) -> list[str]:
    return [key for place in containers(value) if isinstance(place, dict) for key in place]


def as_yaml(name: str, draw: random.Random) -> tuple[str, str]:
    text = (EXAMPLES / name).read_text(encoding="utf-8")
    for _ in range(draw.choice((1, 1, 2, 5))):
        text = changed_text(text, draw) or " "
    return "m.yaml", text


def as_json(name: str, draw: random.Random) -> tuple[str, str]:
    value = load((EXAMPLES / name).read_text(encoding="utf-8"))
    value = json.loads(json.dumps(value))  # without shared parts, which could contain themselves
    for _ in range(draw.choice((1, 1, 2, 5))):
        value = changed_value(value, draw)
    if not draw.randrange(3):
        value = mutated(value, draw)
    return "m.json", json.dumps(value, indent=2)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mutated")
    for part in ("refs", "prompts"):
        shutil.copytree(EXAMPLES / part, folder / part)
    return folder


@pytest.mark.parametrize("make", [as_yaml, as_json], ids=["text", "values"])
@pytest.mark.parametrize("name", NAMES)
def test_any_change_of_a_manifest_is_planned_or_explained(
    name: str,
    make: Callable[[str, random.Random], tuple[str, str]],
    folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for source in islice(seeds(), ROUNDS // SHARE):
        file, text = make(name, source)
        (folder / file).write_bytes(text.encode("utf-8", "surrogatepass"))
        plan_or_explain(folder / file, source)
        capsys.readouterr()


def plan_or_explain(path: Path, source: Source) -> None:
    options = Options(manifests=(path,), environ={}, progress="none")
    for verb in (validate, plan):
        try:
            verb(options)
        except Failure:
            return
        except Exception as error:
            error.add_note(f"seed {source.number}: {path.read_text(errors='replace')[:20_000]}")
            raise
