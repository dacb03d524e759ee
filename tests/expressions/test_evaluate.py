"""Templates: what texts with expressions evaluate to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.expressions.evaluate import Template, compile_text
from runner.expressions.syntax import ExpressionError
from runner.model.values import Deferred, JobOutput


class Outputs:
    """Jobs by id as expansion offers them: items can be looked up, names listed."""

    def __getitem__(self, job: str) -> dict[str, Any]:
        if job not in ("window", "look-noir.1"):
            raise KeyError(job)
        outputs = [deferred(job, n) for n in range(3)]
        return {"output": outputs[0], "outputs": outputs}

    def __iter__(self) -> Iterator[str]:
        return iter(("window", "look-noir.1"))


def deferred(job: str, index: int = 0) -> Deferred:
    return Deferred(parts=(JobOutput(job=job, attribute="output", index=index),))


SCOPE: dict[str, Any] = {
    "vars": {
        "hero": "一只可爱的小猫",
        "n": 3,
        "big": 1e16,
        "f": 5.0,
        "list": [1, [2, "x"]],
        "yes": True,
        "none": None,
        "text": "${{ vars.n }}",
        "it-is": {"a.1": "deep", "1": "one", "键": "值"},
    },
    "matrix": {"style": "noir"},
    "row": {"seconds": " 5 ", "empty": ""},
    "jobs": Outputs(),
    "take": 2,
}


def value(text: str) -> Any:
    compiled = compile_text(text)
    return compiled.evaluate(SCOPE) if isinstance(compiled, Template) else compiled


def evaluation_error(text: str) -> ExpressionError:
    with pytest.raises(ExpressionError) as caught:
        value(text)
    return caught.value


@given(st.text(st.characters() | st.sampled_from("${} ")))
def test_text_without_an_expression_is_kept_as_it_is(text: str) -> None:
    if "${{" not in text:
        assert compile_text(text) == text


@given(st.text(), st.text())
def test_text_around_an_expression_is_kept_as_it_is(before: str, after: str) -> None:
    if "${{" not in before and not before.endswith("$") and "${{" not in after:
        assert value(f"{before}${{{{ vars.n }}}}{after}") == (
            f"{before}3{after}" if before or after else 3
        )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$${{ x }}", "${{ x }}"),
        ("a $${{ vars.n }} b ${{ vars.n }}", "a ${{ vars.n }} b 3"),
        ("$$${{ vars.n }}", "$${{ vars.n }}"),
        ("{{ vars.n }}", "{{ vars.n }}"),
        ("$ {{ vars.n }}", "$ {{ vars.n }}"),
    ],
)
def test_a_doubled_dollar_makes_a_literal(text: str, expected: str) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${{ vars.n }}", 3),
        ("${{vars.n}}", 3),
        ("${{\n  vars . n\n}}", 3),
        ("${{ vars.list }}", [1, [2, "x"]]),
        ("${{ vars.yes }}", True),
        ("${{ vars.none }}", None),
        ("${{ take }}", 2),
        ("${{ matrix }}", {"style": "noir"}),
    ],
)
def test_an_expression_alone_keeps_the_type_of_its_value(text: str, expected: Any) -> None:
    found = value(text)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${{ vars.hero }}坐在窗台上", "一只可爱的小猫坐在窗台上"),
        ("look-${{ matrix.style }}", "look-noir"),
        ("${{ vars.n }}${{ take }}", "32"),
        (" ${{ vars.n }}", " 3"),
        ("${{ vars.f }}s", "5.0s"),
        ("${{ vars.big }}.", "1e+16."),
    ],
)
def test_within_text_values_become_text(text: str, expected: str) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${{ vars.list[0] }}", 1),
        ("${{ vars.list[1][1] }}", "x"),
        ('${{ vars["n"] }}', 3),
        ("${{ vars['it-is']['a.1'] }}", "deep"),
        ('${{ vars.it-is["a.1"] }}', "deep"),
        ("${{ vars.it-is.1 }}", "one"),
        ("${{ vars.it-is.键 }}", "值"),
    ],
)
def test_paths_lead_into_mappings_and_lists(text: str, expected: Any) -> None:
    assert value(text) == expected


def test_braces_and_escapes_in_quotes_belong_to_the_name() -> None:
    compiled = compile_text("""${{ vars["a}}b\\"c\\\\"] }}""")
    assert isinstance(compiled, Template)
    assert compiled.evaluate({"vars": {'a}}b"c\\': 1}}) == 1


def test_values_are_data_and_never_evaluated_again() -> None:
    assert value("${{ vars.text }}") == "${{ vars.n }}"
    assert value("a ${{ vars.text }}") == "a ${{ vars.n }}"


@given(st.text())
def test_every_value_is_inserted_unchanged(text: str) -> None:
    compiled = compile_text("<${{ row.cell }}>")
    assert isinstance(compiled, Template)
    assert compiled.evaluate({"row": {"cell": text}}) == f"<{text}>"


def test_another_jobs_result_stays_deferred() -> None:
    assert value("${{ jobs.window.output }}") == deferred("window")
    assert value("${{ jobs['look-noir.1'].outputs[2] }}") == deferred("look-noir.1", 2)


def test_a_text_with_a_deferred_part_is_deferred() -> None:
    assert value("see ${{ jobs.window.output }}${{ jobs.window.output }}, ${{ take }}!") == (
        Deferred(
            parts=(
                "see ",
                *deferred("window").parts,
                *deferred("window").parts,
                ", 2!",
            )
        )
    )


def test_an_empty_value_adds_no_part() -> None:
    assert value("${{ row.empty }}${{ jobs.window.output }}") == deferred("window")


def test_filters_cannot_change_a_deferred_value() -> None:
    error = evaluation_error("${{ jobs.window.output | lower }}")
    assert error.message == (
        "jobs.window.output is not known until that job is done: filters cannot change it"
    )
    assert error.offset == 25


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("${{ vas.hero }}", 'unknown name "vas"',
         'did you mean "vars"?'),
        ("${{ zzz }}", 'unknown name "zzz"', "known: vars, matrix, row, jobs, take"),
        ("${{ row.second }}", 'row has no "second"',
         'did you mean "seconds"?'),
        ("${{ jobs.windw.output }}", 'jobs has no "windw"',
         'did you mean "window"?'),
        ("${{ jobs.window.result }}", 'jobs.window has no "result"', "known: output, outputs"),
        ("${{ vars.it-is['b.1'] }}", 'vars.it-is has no "b.1"',
         'did you mean "a.1"?'),
        ("${{ vars.list[2] }}", "vars.list has 2 items, numbered from 0: no [2]", None),
        ("${{ vars.list.x }}", 'vars.list has 2 items, numbered from 0: no ["x"]',
         "select an item by its number: [0]"),
        ("${{ vars.hero[0] }}", "vars.hero is a single value: it has no 0", None),
        ("${{ take.x }}", 'take is a single value: it has no "x"', None),
        ("${{ vars[0] }}", 'vars has no "0"', None),
        ("${{ jobs.window.output.url }}",
         'jobs.window.output is a single value: it has no "url"', None),
        ("${{ vars.__class__ }}", 'vars has no "__class__"', None),
        ("${{ vars.hero.format }}",
         'vars.hero is a single value: it has no "format"', None),
        ("is ${{ vars.yes }}", "vars.yes is true, and only text and numbers can be part of a text",
         "convert it: ${{ vars.yes | str }}"),
        ("is ${{ vars.none }}",
         "vars.none is null, and only text and numbers can be part of a text",
         'give it a default: ${{ vars.none | default("...") }}'),
        ("is ${{ vars.list }}",
         "vars.list is a list, and only text and numbers can be part of a text",
         "convert it: ${{ vars.list | json }}"),
        ("is ${{ matrix }}", "matrix is a mapping, and only text and numbers can be part of a text",
         "convert it: ${{ matrix | json }}"),
        ("is ${{ vars.list[1] }}",
         "vars.list[1] is a list, and only text and numbers can be part of a text",
         "convert it: ${{ vars.list[1] | json }}"),
    ],
)  # fmt: skip
def test_a_failed_lookup_is_explained(text: str, message: str, hint: str | None) -> None:
    error = evaluation_error(text)
    assert error.message == str(error) == message
    if hint is not None:
        assert error.hint == hint
    assert error.offset == text.index("${{") + 4


def test_an_empty_mapping_is_reported_as_empty() -> None:
    compiled = compile_text("${{ vars.a }}")
    assert isinstance(compiled, Template)
    with pytest.raises(ExpressionError) as caught:
        compiled.evaluate({"vars": {}})
    assert (caught.value.message, caught.value.hint) == ("vars is empty", None)


def test_the_nearest_of_thousands_of_names_is_suggested() -> None:
    compiled = compile_text("${{ jobs.job-4242x }}")
    assert isinstance(compiled, Template)
    with pytest.raises(ExpressionError) as caught:
        compiled.evaluate({"jobs": {f"job-{n}": 1 for n in range(4000, 5001)}})
    assert caught.value.hint == 'did you mean "job-4242"?'


def test_the_same_text_is_compiled_once() -> None:
    assert compile_text("a ${{ vars.once }}") is compile_text("a ${{ vars.once }}")


def test_unknown_roots_become_placeholder_text() -> None:
    compiled = compile_text("x ${{ row.a }}${{ row.b | int }} ${{ vars.c }}")
    assert isinstance(compiled, Template)
    partial = compiled.without({"row"})
    assert isinstance(partial, Template)
    assert str(partial.evaluate({"vars": {"c": 5}})).endswith(" 5")
    assert isinstance(compiled.without({"row", "vars"}), str)


def value_of(text: str, scope: Mapping[str, Any]) -> Any:
    compiled = compile_text(text)
    assert isinstance(compiled, Template)
    return compiled.evaluate(scope)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${{ vars['${{ vars.key }}'] }}", "一只可爱的小猫"),
        ('${{ vars["${{ vars.key }}"] }}!', "一只可爱的小猫!"),
        ("${{ jobs['look-${{ vars.style }}.${{ take }}'].output }}", deferred("look-noir.1")),
        ("${{ vars['$${{ vars.key }}'] }}", "odd"),
        ("${{ vars['${{ vars.shout | lower }}'] }}", "一只可爱的小猫"),
    ],
)
def test_a_name_in_brackets_may_be_computed(text: str, expected: Any) -> None:
    values = {**SCOPE["vars"], "key": "hero", "style": "noir", "shout": "HERO"}
    scope = {**SCOPE, "vars": {**values, "${{ vars.key }}": "odd"}, "take": 1}
    assert value_of(text, scope) == expected


@pytest.mark.parametrize(
    ("text", "offset", "message"),
    [
        ("a ${{ vars['${{ nope.x }}'] }}", 6, 'unknown name "nope"'),
        ("a ${{ vars['${{ vars. }}'] }}", 6, "a name must follow the dot"),
        ("a ${{ vars['${{ vars.hero'] }}", 6, "the expression opened here is never closed"),
        ("a ${{ vars['x${{ vars.hero }}'] }}", 6, 'vars has no "x一只可爱的小猫"'),
        ("a ${{ vars['${{ vars.list }}'] }}", 6, "is neither text nor a number"),
        ("a ${{ vars['${{ jobs.window.output }}'] }}", 6, "is neither text nor a number"),
    ],
)
def test_a_computed_name_may_be_wrong(text: str, offset: int, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        value_of(text, SCOPE)
    assert message in caught.value.message
    assert caught.value.offset == offset


def test_what_a_computed_name_holds_is_not_evaluated_again() -> None:
    scope = {"vars": {"key": "${{ vars.other }}", "${{ vars.other }}": "data", "other": "no"}}
    assert value_of("${{ vars['${{ vars.key }}'] }}", scope) == "data"


def test_a_computed_name_counts_among_those_it_starts_from() -> None:
    compiled = compile_text("${{ jobs['a-${{ row.name }}'].output }}")
    assert isinstance(compiled, Template)
    assert isinstance(compiled.without({"row"}), str)
    assert compiled.without({"matrix"}) == compiled
