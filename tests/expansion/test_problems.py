"""What is wrong in a manifest is told where it stands, all of it, and hides nothing else."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.errors import merge
from runner.expansion import Expansion

Expand = Callable[..., Expansion]


def told(expansion: Expansion) -> list[str]:
    return [
        f"{p.location.line}:{p.location.column} {p.message}"
        for p in expansion.diagnostics
        if p.location
    ]


def hints(expansion: Expansion) -> list[str | None]:
    return [problem.hint for problem in expansion.diagnostics]


def test_one_bad_job_hides_no_other(expanded: Expand) -> None:
    found = expanded("""jobs:
  - {id: a, prompt: "${{ vars.hero }}"}
  - {id: b/c}
  - {id: good}
  - {id: d, operation: "${{ vars.op }}"}
  - {id: e, takes: "${{ vars.none }}"}
  - {id: f, prompt: "${{ nope }", resolution: "${{ matrix.x }}"}
vars: {op: vidu/reference2imag, none: 0}
""")
    assert [draft.id for draft in found.drafts] == ["good"]
    assert told(found) == [
        '4:26 vars has no "hero"',
        '5:10 id "b/c" contains "/", which is not allowed in a file name',
        '7:24 unknown operation "vidu/reference2imag"',
        "8:20 takes must be a whole number from 1 to 1,000,000",
        "9:31 } is not allowed here",
        '9:52 unknown name "matrix"',
    ]
    assert hints(found)[2] == 'did you mean "vidu/reference2image"?'
    assert [problem.job for problem in found.diagnostics][:4] == ["a", None, "d", "e"]


def test_an_operation_that_is_unset_names_the_known_ones(expanded: Expand) -> None:
    found = expanded("jobs: [{id: a, operation: null}]")
    assert told(found) == ["3:27 no operation is named"]
    assert hints(found) == ["known: modelverse/reference2video, vidu/reference2image"]


def test_what_is_wrong_as_it_stands_is_left_to_validation(expanded: Expand) -> None:
    found = expanded("""jobs:
  - {id: a, operation: vidu/nothing}
  - {id: b, takes: 0}
  - {id: c, takes: true}
  - {id: d, tags: x}
  - {id: e, tags: [[1]]}
  - {id: f, matrix: 3}
  - {id: g, foreach: [x]}
  - {id: 7}
  - {id: ""}
  - text
""")
    assert found.diagnostics == []
    assert found.drafts == []
    assert expanded("jobs: [{id: a}]", head="version: 1\n").diagnostics == []


def test_takes_beyond_all_measure_are_refused(expanded: Expand) -> None:
    found = expanded("jobs: [{id: a, takes: 1000001}]")
    assert told(found) == ["3:23 takes must be a whole number from 1 to 1,000,000"]


def test_rows_times_combinations_beyond_all_measure_are_refused(expanded: Expand) -> None:
    axis = str(list(range(1000)))
    jobs = f"jobs: [{{id: a, foreach: r.txt, matrix: {{x: {axis}, y: {axis}}}}}]"
    found = expanded(jobs, files={"r.txt": "1\n2\n"})
    assert told(found) == ["3:8 the entry has more than 1,000,000 jobs, rows times combinations"]


def test_defaults_of_one_operation_cannot_say_which_jobs_there_are(expanded: Expand) -> None:
    head = """version: 1
defaults:
  operation: vidu/reference2image
  vidu/reference2image: {matrix: {a: [1]}}
"""
    found = expanded("jobs: [{id: a}]", head=head)
    assert told(found) == ["4:34 matrix cannot be a default of one operation"]


def test_a_broken_variable_is_told_once_where_it_stands(expanded: Expand) -> None:
    found = expanded("""vars: {a: "${{ vars.b }}", b: "${{ env.NO }}"}
jobs:
  - {id: one, prompt: "${{ vars.a }}"}
  - {id: two, matrix: {x: ["${{ vars.b }}"]}}
  - {id: "${{ vars.a }}"}
""")
    assert told(found) == ['3:36 env has no "NO"']
    assert found.drafts == []


def test_variables_in_a_circle_are_told_with_the_path(expanded: Expand) -> None:
    found = expanded("""vars:
  a: ${{ vars.b }}
  b: ${{ vars.a }}
  c: ${{ vars.a }}
jobs: [{id: j, prompt: "${{ vars.c }}"}]
""")
    assert told(found) == ["4:6 variables need each other in a circle: a -> b -> a"]


def test_a_key_is_never_shown_to_expressions(expanded: Expand) -> None:
    found = expanded(
        """env: [VIDU_API_KEY, GATEWAY, FINE]
providers: {vidu: {api_key_env: GATEWAY}}
jobs: [{id: j, prompt: "${{ env.GATEWAY }}"}, {id: k, prompt: "${{ env.FINE }}"}]
""",
        env={"VIDU_API_KEY": "s", "GATEWAY": "s", "FINE": "f"},
    )
    assert told(found) == ['5:29 env has no "GATEWAY"']
    assert hints(found) == ["known: FINE"]
    assert found.drafts[0].parameters["prompt"] == "f"


def test_an_environment_variable_that_is_no_text_is_not_there(expanded: Expand) -> None:
    jobs = 'env: [RAW]\njobs: [{id: j, prompt: "${{ env.RAW }}"}]'
    assert told(expanded(jobs, env={"RAW": "\udcff"})) == ['4:29 env has no "RAW"']


def test_equal_ids_name_both_places(expanded: Expand) -> None:
    found = expanded("""jobs:
  - {id: look}
  - {id: Look}
  - {id: look}
""")
    taken = "is taken by the job at m.yaml:4:10"
    assert told(found) == [
        f'5:10 the id "Look" {taken} as "look" (ids must differ in more than case)',
        f'6:10 the id "look" {taken}',
    ]
    assert [draft.id for draft in found.drafts] == ["look"]


def test_ids_of_takes_collide_with_ids_that_look_like_them(expanded: Expand) -> None:
    found = expanded("jobs: [{id: x, takes: 2}, {id: x.1}]")
    assert told(found) == ['3:32 the id "x.1" is taken by the job at m.yaml:3:13']


def test_a_matrix_whose_id_does_not_vary_is_told_once_with_what_to_write(
    expanded: Expand,
) -> None:
    found = expanded("jobs: [{id: look, matrix: {style: [a, b, c], size: [1]}}]")
    assert told(found) == ['3:13 3 jobs of this entry have the same id "look"']
    assert hints(found) == ["put ${{ matrix.style }} into the id"]


def test_rows_whose_id_does_not_vary_name_a_column(expanded: Expand) -> None:
    jobs = "jobs: [{id: look, foreach: r.csv}, {id: hook, foreach: s.csv, matrix: {m: [1, 2]}}]"
    files = {"r.csv": "name\na\nb\n", "s.csv": "the name\na\nb\n"}
    assert hints(expanded(jobs, files=files)) == [
        "put ${{ row.name }} into the id",
        'put ${{ row["the name"] }} and ${{ matrix.m }} into the id',
    ]


@pytest.mark.parametrize(
    ("id_", "message"),
    [
        ("${{ jobs.a.seed }}", "an id cannot contain another job's result"),
        ("${{ vars.flag }}", "the id must be text"),
        ("${{ vars.list }}", "the id must be text"),
    ],
)
def test_an_id_must_come_out_as_text(expanded: Expand, id_: str, message: str) -> None:
    found = expanded(f"vars: {{flag: true, list: [1]}}\njobs: [{{id: '{id_}'}}]")
    assert told(found) == [f"4:13 {message}"]


def test_matrix_trouble_is_told_inside_the_matrix(expanded: Expand) -> None:
    found = expanded("""jobs:
  - {id: a, matrix: {x: []}}
  - {id: b, matrix: {x: [1], exclude: [{y: 1}]}}
  - {id: c, matrix: "${{ vars.no }}"}
  - {id: d, matrix: "${{ vars.n }}"}
vars: {n: 3}
""")
    assert told(found) == [
        "4:25 matrix.x is empty, so there would be no job",
        '5:44 matrix.exclude names "y", which is not a list of this matrix',
        '6:26 vars has no "no"',
        "7:21 matrix must be a mapping of names to lists",
    ]


def test_foreach_trouble_is_told_in_the_file_or_at_its_name(expanded: Expand) -> None:
    found = expanded(
        """jobs:
  - {id: a, foreach: no.csv}
  - {id: b, foreach: bad.csv}
  - {id: c, foreach: bad.csv}
  - {id: d, foreach: "${{ vars.n }}"}
  - {id: e, foreach: "${{ vars.no }}"}
vars: {n: 3}
""",
        files={"bad.csv": "p,q\n1\n"},
    )
    assert told(found) == [
        '4:22 foreach "no.csv": there is no such file',
        "2:1 the row has 1 cell, the header 2",
        "7:22 foreach must be the path of a csv, tsv, jsonl or txt file",
        '8:27 vars has no "no"',
    ]
    assert str(found.diagnostics[1].location) == "bad.csv:2:1"


def test_a_file_that_is_no_text_shows_no_line(expanded: Expand, tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_bytes("名,提示\n猫,你好\n".encode("gbk"))
    (problem,) = expanded("jobs: [{id: a, foreach: r.csv}]").diagnostics
    assert str(problem).splitlines() == [
        "r.csv:1: error: the file is not UTF-8 (it is probably GBK)",
        '  hint: save it as UTF-8 (in Excel: "CSV UTF-8")',
    ]


def test_of_many_rows_that_are_wrong_the_first_are_told(expanded: Expand) -> None:
    rows = "p,q\n" + "1\n" * 30
    found = expanded("jobs: [{id: a, foreach: r.csv}]", files={"r.csv": rows})
    assert len(found.diagnostics) == 21
    assert told(found)[-1] == "22:0 10 more rows are wrong"


def test_a_cell_that_is_wrong_is_told_with_its_line_and_the_expression(expanded: Expand) -> None:
    jobs = """jobs:
  - id: ${{ row.name }}
    foreach: r.csv
    seed: ${{ row.seconds | int }}
    tags: ["${{ row.name }}", x]
"""
    found = expanded(jobs, files={"r.csv": "name,seconds\na/b,5\nc,five\nd,6\n"})
    assert [line for problem in found.diagnostics for line in str(problem).splitlines()] == [
        'r.csv:2: error: id "a/b" contains "/", which is not allowed in a file name',
        "  asked for at m.yaml:4:9",
        '  hint: letters and digits of any script, ".", "_" and "-" are allowed; try | slug',
        'r.csv:3: error: job "c": int does not accept row.seconds: "five" is not a whole number',
        "  asked for at m.yaml:6:29",
    ]


def test_a_column_that_no_row_has_is_told_in_the_manifest(expanded: Expand) -> None:
    jobs = "jobs: [{id: '${{ row.p }}', foreach: r.csv, prompt: '${{ row.x }}'}]"
    found = expanded(jobs, files={"r.csv": "p\na\nb\n"})
    assert [str(p.location) for p in merge(found.diagnostics)] == ["m.yaml:3:58"]


def test_a_name_that_one_line_of_jsonl_lacks_is_told_there(expanded: Expand) -> None:
    jobs = "jobs: [{id: '${{ row.p }}', foreach: r.jsonl, prompt: '${{ row.x }}'}]"
    found = expanded(jobs, files={"r.jsonl": '{"p": "a", "x": "b"}\n{"p": "c"}\n'})
    assert [str(problem.location) for problem in found.diagnostics] == ["r.jsonl:2"]


def test_one_cause_in_all_takes_is_told_once(expanded: Expand) -> None:
    found = expanded("jobs: [{id: 'a/b', takes: 3, prompt: '${{ vars.x }}'}]")
    assert [str(problem).splitlines()[0] for problem in merge(found.diagnostics)] == [
        'm.yaml:3:13: error: id "a/b" contains "/", which is not allowed in a file name (3 jobs)',
        'm.yaml:3:43: error: vars has no "x" (3 jobs)',
    ]


def test_a_listed_variable_that_is_not_set_is_told_so(expanded: Expand) -> None:
    found = expanded("""env: [NOPE, OTHER]
jobs:
  - {id: a, prompt: "${{ env.NOPE }}"}
  - {id: b, prompt: "${{ env.OTHER | default('x') }}"}
""")
    assert told(found) == ["5:26 the environment has no NOPE"]
    assert hints(found) == ['set it, or write ${{ env.NOPE | default("...") }}']
    assert found.drafts[0].parameters["prompt"] == "x"


def test_what_is_known_of_a_broken_job_is_kept_for_further_checks(expanded: Expand) -> None:
    found = expanded("""jobs:
  - {id: a, matrix: {x: 3}, prompt: "${{ matrix.x }}", resolution: 9K}
  - {id: b, prompt: "${{ vars.x }}", resolution: 9K, takes: 3}
""")
    assert found.drafts == []
    assert [(s.draft.entry, s.draft.id, set(s.unknown)) for s in found.partial_jobs] == [
        (0, "a", {"prompt"}),
        (1, "b.1", {"prompt"}),
    ]
    assert all(s.draft.parameters["resolution"] == "9K" for s in found.partial_jobs)


def test_takes_as_text_are_told_how_to_become_a_number(expanded: Expand) -> None:
    jobs = "jobs: [{id: '${{ row.n }}', foreach: r.csv, takes: '${{ row.n }}'}]"
    found = expanded(jobs, files={"r.csv": "n\n2\n"})
    assert hints(found) == ["${{ ... | int }} makes a number of text"]


def test_takes_cannot_count_on_from_a_seed_nobody_knows_yet(expanded: Expand) -> None:
    found = expanded("jobs: [{id: a}, {id: b, takes: 2, seed: '${{ jobs.a.seed }}'}]")
    assert told(found) == ["3:41 takes cannot count on from another job's seed"]


def test_tags_must_come_out_as_a_list_of_texts(expanded: Expand) -> None:
    found = expanded("""vars: {l: [1], x: x}
jobs:
  - {id: a, tags: [x, "${{ vars.l }}"]}
  - {id: b, tags: "${{ vars.x }}"}
  - {id: c, tags: "${{ vars.l }}"}
""")
    assert told(found) == ["5:23 a tag must be text", "6:19 tags must be a list"]
    assert found.drafts[0].tags == ("1",)


def test_an_unknown_job_names_the_nearest(expanded: Expand) -> None:
    found = expanded("""jobs:
  - {id: window}
  - {id: look, takes: 2}
  - {id: shot-noir}
  - {id: a, images: ["${{ jobs.windw.output }}", "${{ jobs.windw.url }}"]}
  - {id: b, prompt: "x ${{ jobs.look.seed }}"}
  - {id: c, prompt: "${{ jobs.shot.url }}"}
""")
    assert told(found) == [
        '7:22 there is no job "windw"',
        '8:21 there is no job "look"',
        '9:21 there is no job "shot"',
    ]
    assert hints(found) == [
        'did you mean "window"?',
        "it has takes: name one of them, as in jobs['look.1'].output",
        "did you mean jobs['shot-noir']?",
    ]


def test_no_id_is_called_unknown_while_some_cannot_be_made_out(expanded: Expand) -> None:
    found = expanded('jobs: [{id: "${{ vars.x }}"}, {id: b, prompt: "${{ jobs.a.url }}"}]')
    assert told(found) == ['3:18 vars has no "x"']


def test_a_job_that_is_broken_otherwise_is_still_known(expanded: Expand) -> None:
    found = expanded('jobs: [{id: a, prompt: "${{ x }}"}, {id: b, prompt: "${{ jobs.a.url }}"}]')
    assert told(found) == ['3:29 unknown name "x"']


@pytest.mark.parametrize("written", ["jobs", "jobs.a", "jobs.a.outputs"])
def test_a_job_is_no_value_without_a_part_of_its_result(expanded: Expand, written: str) -> None:
    found = expanded(f"jobs: [{{id: a}}, {{id: b, prompt: '${{{{ {written} }}}}'}}]")
    assert told(found) == [f"3:34 ${{{{ {written} }}}} is not a value"]


def test_an_unknown_part_of_a_result_lists_the_known_ones(expanded: Expand) -> None:
    found = expanded("jobs: [{id: a}, {id: b, prompt: '${{ jobs.a.file }}'}]")
    assert told(found) == ['3:38 jobs.a has no "file"']
    assert hints(found) == ["known: output, outputs, url, seed"]


def test_jobs_in_a_circle_are_told_once_with_the_path(expanded: Expand) -> None:
    found = expanded("""jobs:
  - {id: a, images: [x.png, "${{ jobs.b.output }}"]}
  - {id: b, prompt: "${{ jobs.c.url }}"}
  - {id: c, prompt: "${{ jobs.a.url }}"}
  - {id: d, prompt: "${{ jobs.d.url }}"}
""")
    assert told(found) == [
        "4:29 jobs wait for each other in a circle: a -> b -> c -> a",
        "7:21 jobs wait for each other in a circle: d -> d",
    ]


def test_one_cause_in_a_default_is_one_problem_with_the_number_of_jobs(expanded: Expand) -> None:
    head = "version: 1\ndefaults: {operation: vidu/reference2image, prompt: '${{ vars.x }}'}\n"
    [problem] = merge(expanded("jobs: [{id: a}, {id: b}, {id: c}]", head=head).diagnostics)
    assert problem.jobs == 3
    assert str(problem.location) == "m.yaml:2:58"


def test_more_jobs_than_anyone_means_are_refused_once(
    expanded: Expand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["runner.expansion.expand"], "MOST_JOBS", 3)
    found = expanded("jobs: [{id: a, takes: 3}, {id: 'b${{ matrix.x }}', matrix: {x: [1, 2]}}]")
    assert [draft.id for draft in found.drafts] == ["a.1", "a.2", "a.3"]
    assert told(found) == ["3:27 the manifest has more than 3 jobs"]


def test_an_unknown_job_is_told_beside_another_fault_of_the_same_job(expanded: Expand) -> None:
    found = expanded('jobs: [{id: a, prompt: "${{ vars.x }}", seed: "${{ jobs.b.seed }}"}]')
    assert told(found) == ['3:29 vars has no "x"', '3:47 there is no job "b"']


def test_a_circle_is_told_beside_another_fault_of_a_job_in_it(expanded: Expand) -> None:
    found = expanded('jobs: [{id: a, prompt: "${{ vars.x }}", seed: "${{ jobs.a.seed }}"}]')
    assert told(found) == [
        '3:29 vars has no "x"',
        "3:47 jobs wait for each other in a circle: a -> a",
    ]


def test_what_hangs_on_no_matrix_is_told_beside_a_wrong_matrix(expanded: Expand) -> None:
    found = expanded("""vars: {s: abc}
jobs:
  - id: a
    matrix: {x: ["${{ vars.no }}"]}
    prompt: "${{ matrix.x }}"
    model: "${{ vars. }}"
    payload: "${{ vars.none }}"
    seed: "${{ vars.s }}"
    images: [{url: "${{ row.u }}"}]
""")
    assert told(found) == [
        '6:23 vars has no "no"',
        "8:23 a name must follow the dot",
        '9:19 vars has no "none"',
        '11:25 unknown name "row"',
    ]
    [sketch] = found.partial_jobs
    assert sketch.unknown == {"prompt", "model", "payload", "images"}
    assert sketch.draft.parameters["seed"] == "abc"


def test_what_else_is_wrong_is_told_beside_a_value_that_nobody_knows(expanded: Expand) -> None:
    found = expanded("""jobs:
  - id: a-${{ matrix.x }}
    matrix: {x: }
    foreach: nowhere.csv
    description: "${{ row.d }} ${{ env.NO }}"
    tags: ["${{ matrix.x }}", "${{ vars.tag }}"]
    prompt: "${{ matrix.x }} ${{ vars.no }}"
    payload: "${{ matrix.x | int }} ${{ row.x }}"
    images: ["${{ row.image }}", "${{ jobs.zz.output }}", "${{ jobs['a-1'].output }}"]
""")
    assert sorted(told(found)) == [
        '11:34 there is no job "zz"',
        "5:17 matrix.x must be a list",
        '6:14 foreach "nowhere.csv": there is no such file',
        '7:36 env has no "NO"',
        '8:36 vars has no "tag"',
        '9:34 vars has no "no"',
    ]
    [sketch] = found.partial_jobs
    assert sketch.unknown == {"prompt", "payload", "images"}


def test_an_unknown_job_is_told_where_no_id_that_is_missing_can_be_its(expanded: Expand) -> None:
    found = expanded("""jobs:
  - {id: "a-${{ vars.x }}", takes: 2}
  - {id: b-1, matrix: {x: }}
  - {id: c, images: ["${{ jobs['a-x.1'].output }}", "${{ jobs['b-1.7'].output }}"]}
  - {id: d, images: ["${{ jobs.a.output }}", "${{ jobs['b-2'].output }}"]}
""")
    assert told(found)[-2:] == ['7:22 there is no job "a"', '7:46 there is no job "b-2"']


def test_where_many_ids_are_missing_no_job_is_called_unknown(expanded: Expand) -> None:
    bad = "\n".join(f"  - {{id: 'a{n}${{{{ vars.x }}}}'}}" for n in range(200))
    found = expanded(f"jobs:\n{bad}\n  - {{id: z, images: ['${{{{ jobs.y.output }}}}']}}\n")
    assert not any("there is no job" in line for line in told(found))
