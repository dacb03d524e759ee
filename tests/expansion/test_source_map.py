"""Where a job's values come from."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from runner.errors import Location, merge
from runner.expansion.expand import Expansion
from runner.expansion.source_map import shifted

Expand = Callable[..., Expansion]

MANIFEST = """\
version: 1
vars:
  hero: a cat
  alias: ${{ vars.hero }}
  pics:
    - one.png
    - two.png
defaults:
  operation: vidu/reference2image
  resolution: 4K
  vidu/reference2image:
    model: viduq2
    aspect_ratio: ${{ matrix.ratio }}
jobs:
  - id: plain-${{ matrix.ratio | slug }}${{ matrix.extra }}
    matrix:
      ratio: ["1:1", "9:16"]
      size: [{w: 1}]
      extra: ["", x]
      include:
        - ratio: "1:1"
          tone: warm
        - ratio: "21:9"
          size: {w: 2}
          extra: ""
    prompt: ${{ vars.alias }}
    images: ${{ vars.pics }}
    payload: ${{ matrix.tone | default("x") }}
    seed: ${{ matrix.size.w }}
    callback_url: a ${{ vars.hero }}
  - id: row
    foreach: rows.csv
    aspect_ratio: null
    prompt: ${{ row.prompt }}
    images: ["${{ vars.pics[1] }}"]
    x: {deep: 1}
"""


@pytest.fixture
def found(expanded: Expand) -> Callable[..., str]:
    """Place of a path inside a job, as `FILE:LINE:COLUMN`."""
    expansion = expanded(MANIFEST, head="", files={"rows.csv": "prompt\n\nhi\n"})
    assert expansion.diagnostics == []
    drafts = {draft.id: draft for draft in expansion.drafts}
    return lambda id_, *path: str(expansion.locate(drafts[id_], path))


CASES = [
    ("plain-1-1", (), "m.yaml:15:5"),
    ("plain-1-1", ("id",), "m.yaml:15:9"),
    ("plain-1-1", ("prompt",), "m.yaml:3:9"),
    ("plain-1-1", ("images",), "m.yaml:6:5"),
    ("plain-1-1", ("images", 1), "m.yaml:7:7"),
    ("plain-1-1", ("resolution",), "m.yaml:10:15"),
    ("plain-1-1", ("model",), "m.yaml:12:12"),
    ("plain-1-1", ("aspect_ratio",), "m.yaml:17:15"),
    ("plain-9-16", ("aspect_ratio",), "m.yaml:17:22"),
    ("plain-21-9", ("aspect_ratio",), "m.yaml:23:18"),
    ("plain-1-1", ("payload",), "m.yaml:22:17"),
    ("plain-9-16", ("payload",), "m.yaml:28:14"),
    ("plain-1-1", ("seed",), "m.yaml:18:18"),
    ("plain-21-9", ("seed",), "m.yaml:24:21"),
    ("plain-1-1", ("callback_url",), "m.yaml:30:19"),
    ("plain-1-1", ("missing",), "m.yaml:15:5"),
    ("row", ("prompt",), "rows.csv:3"),
    ("row", ("images", 0), "m.yaml:7:7"),
    ("row", ("aspect_ratio",), "m.yaml:33:19"),
    ("row", ("x", "deep"), "m.yaml:36:15"),
]


@pytest.mark.parametrize(("id_", "path", "place"), CASES)
def test_a_value_is_found_where_it_is_written(
    found: Callable[..., str], id_: str, path: tuple[str | int, ...], place: str
) -> None:
    assert found(id_, *path) == place


def test_each_key_of_a_merged_mapping_has_its_own_location(expanded: Expand) -> None:
    expansion = expanded(
        """version: 1
defaults:
  operation: vidu/reference2image
  style: {tone: warm, light: {soft: 1}}
  vidu/reference2image: {style: {light: {hard: 2}}}
jobs:
  - {id: a, style: {tone: cold}}
  - {id: b, style: "${{ vars.s }}"}
vars: {s: "${{ vars.t }}", t: 5}
""",
        head="",
    )
    a, b = expansion.drafts

    def place(*path: str) -> str:
        return str(expansion.locate(a, path))

    assert place("style", "tone") == "m.yaml:7:27"
    assert place("style", "light", "hard") == "m.yaml:5:48"
    assert place("style", "light", "soft") == "m.yaml:4:37"
    assert place("style", "none") == "m.yaml:7:20"
    assert str(expansion.locate(b, ("style", "light"))) == "m.yaml:9:31"


@pytest.mark.parametrize(
    ("line", "column", "shown"),
    [
        ("  a: x ${{ y }}", 6, 10),
        ('  a: "x ${{ y }}"', 6, 11),
        ("  a: >-", 6, 6),
        (None, 6, 6),
    ],
)
def test_a_column_is_shifted_where_the_line_has_the_text(
    line: str | None, column: int, shown: int
) -> None:
    place = Location(path="m.yaml", line=1, column=column, text=line)
    assert shifted(place, "x ${{ y }}", 4).column == shown


def test_a_wrong_cell_is_located_by_its_line_and_expression(expanded: Expand) -> None:
    jobs = """jobs:
  - id: ${{ row.name }}
    foreach: r.csv
    seed: ${{ row.seconds | int }}
    tags: ["${{ row.name }}", x]
"""
    found = expanded(jobs, files={"r.csv": "name,seconds\na/b,5\nc,five\nd,6\n"})
    assert [line for problem in found.diagnostics for line in str(problem).splitlines()] == [
        'r.csv:2: error: id "a/b" contains "/", which is not allowed in a file name',
        "  used at m.yaml:4:9",
        '  hint: letters and digits of any script, ".", "_" and "-" are allowed; try | slug',
        'r.csv:3: error: job "c": int does not accept row.seconds: "five" is not a whole number',
        "  used at m.yaml:6:29",
    ]


def test_an_unknown_column_is_located_in_the_manifest(expanded: Expand) -> None:
    jobs = "jobs: [{id: '${{ row.p }}', foreach: r.csv, prompt: '${{ row.x }}'}]"
    found = expanded(jobs, files={"r.csv": "p\na\nb\n"})
    assert [str(p.location) for p in merge(found.diagnostics)] == ["m.yaml:3:58"]


def test_a_name_missing_in_a_line_of_jsonl_is_located_there(expanded: Expand) -> None:
    jobs = "jobs: [{id: '${{ row.p }}', foreach: r.jsonl, prompt: '${{ row.x }}'}]"
    found = expanded(jobs, files={"r.jsonl": '{"p": "a", "x": "b"}\n{"p": "c"}\n'})
    assert [str(problem.location) for problem in found.diagnostics] == ["r.jsonl:2"]
