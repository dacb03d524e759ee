"""Expressions that cannot be read, and what is said about them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.expressions import ExpressionError, compile_text
from runner.expressions.filters import FILTERS

PATHS_ONLY = "expressions have no arithmetic and no comparisons"
FORM = "an expression is a path and filters: ${{ vars.name | lower }}"
CLOSE = "close it with }}, or write $${{ for the signs themselves"


@pytest.mark.parametrize(
    ("text", "at", "message", "hint"),
    [
        ("a ${{", "${{", "the expression opened here is never closed", CLOSE),
        ("a ${{ vars.n", "${{", "the expression opened here is never closed", CLOSE),
        ("${{ vars.n |", "${{", "the expression opened here is never closed", CLOSE),
        ("${{ vars['x", "'", "the quote ' opened here is never closed", None),
        ('${{ vars["x }}', '"', 'the quote " opened here is never closed', None),
        ("${{ }}", "}}", "the expression is empty", "name a value: ${{ vars.name }}"),
        ("${{ vars.n + 1 }}", "+", "+ cannot stand here", PATHS_ONLY),
        ("${{ vars.n == 1 }}", "=", "= cannot stand here", PATHS_ONLY),
        ("${{ !vars.n }}", "!", "! cannot stand here", PATHS_ONLY),
        ("${{ f(x) }}", "(", "( cannot stand here", "only filters take arguments, after a |"),
        ("${{ vars.n } }}", "}", "} cannot stand here", "an expression ends with }}"),
        ("${{ 'x' }}", "'x'", "'x' cannot stand here", FORM),
        ("${{ 5 }}", "5", "5 cannot stand here", FORM),
        ("${{ vars.n other }}", "other", "other cannot stand here", FORM),
        ("${{ ${{ vars.n }} }}", "$", "$ cannot stand here", FORM),
        ("${{ vars. }}", "}}", "a name must follow the point", 'or a ["name"] without a point'),
        ("${{ vars..n }}", "..", "a name must follow the point", None),
        ("${{ vars.1.5 }}", "1.5", "a name must follow the point", None),
        ("${{ vars[] }}", "]", 'a number or a "name" in quotes must follow the [', None),
        ("${{ vars[n] }}", "n]", 'a number or a "name" in quotes must follow the [', None),
        ("${{ vars[-1] }}", "-1", 'a number or a "name" in quotes must follow the [', None),
        ("${{ vars[0 }}", "}}", '"]" is expected here', None),
        ("${{ vars['a\\q'] }}", "'a\\q'", "unknown escape \\q", "write a backslash as \\\\"),
        ("${{ vars.n | }}", "}}", "the name of a filter must follow the |", None),
        ("${{ a || b }}", "| b", "the name of a filter must follow the |",
         'another value for what is missing: | default("...")'),
        ("${{ vars.n | lowr }}", "lowr", 'unknown filter "lowr"',
         'did you mean "lower"? (known: ' + ", ".join(FILTERS) + ")"),
        ("${{ vars.n | default }}", "default", "the filter default takes 1 argument, not 0", None),
        ("${{ vars.n | int(1) }}", "int", "the filter int takes no arguments, not 1", None),
        ("${{ vars.n | default(1 2) }}", "2", '"," is expected here', None),
        ("${{ vars.n | default(x) }}", "x",
         'an argument is a "text", a number, true, false or null', 'quote it: "x"'),
        ("${{ vars.n | default(|) }}", "|) ",
         'an argument is a "text", a number, true, false or null', None),
        ("${{ v | default(" + "9" * 5000 + ") }}", "9" * 5000, "the number is too long", None),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told_at_its_place(
    text: str, at: str, message: str, hint: str | None
) -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_text(text)
    error = caught.value
    assert error.message == message
    assert text[error.offset :].startswith(at) or text[error.offset - 1 :].startswith(at)
    assert error.length >= 1
    if hint is not None:
        assert error.hint == hint


@given(st.text(st.sampled_from("${}[]().|,'\"\\ ab1-+\n猫")).map(lambda text: "${{" + text))
def test_any_text_is_compiled_or_told_with_an_offset_inside_it(text: str) -> None:
    offset = 0
    try:
        compile_text(text)
    except ExpressionError as error:
        offset = error.offset
    assert 0 <= offset <= len(text)
