"""Expressions that cannot be parsed, and their errors."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.expressions.evaluate import compile_text
from runner.expressions.syntax import ExpressionError

PATHS_ONLY = "expressions have no arithmetic and no comparisons"
FORM = "an expression is a path and filters: ${{ vars.name | lower }}"
CLOSE = "close it with }}, or write $${{ for a literal ${{"


@pytest.mark.parametrize(
    ("text", "at", "message", "hint"),
    [
        ("a ${{", "${{", "the expression opened here is never closed", CLOSE),
        ("a ${{ vars.n", "${{", "the expression opened here is never closed", CLOSE),
        ("${{ vars.n |", "${{", "the expression opened here is never closed", CLOSE),
        ("${{ vars['x", "'", "the quote ' opened here is never closed", None),
        ('${{ vars["x }}', '"', 'the quote " opened here is never closed', None),
        ("${{ }}", "}}", "the expression is empty", "name a value: ${{ vars.name }}"),
        ("${{ vars.n + 1 }}", "+", "+ is not allowed here", PATHS_ONLY),
        (
            "${{ vars.e\u0301 }}",
            "\u0301",
            "U+0301 (combining acute accent) is not allowed here",
            'write the whole name in brackets and quotes: ${{ vars["name"] }}',
        ),
        ("${{ vars.n == 1 }}", "=", "= is not allowed here", PATHS_ONLY),
        ("${{ !vars.n }}", "!", "! is not allowed here", PATHS_ONLY),
        ("${{ f(x) }}", "(", "( is not allowed here", "only filters take arguments, after a |"),
        ("${{ vars.n } }}", "}", "} is not allowed here", "an expression ends with }}"),
        ("${{ 'x' }}", "'x'", "'x' is not allowed here", FORM),
        ("${{ 5 }}", "5", "5 is not allowed here", FORM),
        ("${{ vars.n other }}", "other", "other is not allowed here", FORM),
        ("${{ ${{ vars.n }} }}", "$", "$ is not allowed here", FORM),
        ("${{ vars. }}", "}}", "a name must follow the dot", 'or write ["name"] without the dot'),
        ("${{ vars..n }}", "..", "a name must follow the dot", None),
        ("${{ vars.1.5 }}", "1.5", "a name must follow the dot", None),
        ("${{ vars[] }}", "]", 'a number or a "name" in quotes must follow the [', None),
        ("${{ vars[n] }}", "n]", 'a number or a "name" in quotes must follow the [', None),
        ("${{ vars[-1] }}", "-1", 'a number or a "name" in quotes must follow the [', None),
        ("${{ vars[0 }}", "}}", '"]" is expected here', None),
        ("${{ vars['a\\q'] }}", "'a\\q'", "unknown escape \\q", "write a backslash as \\\\"),
        ("${{ vars.n | }}", "}}", "the name of a filter must follow the |", None),
        ("${{ a || b }}", "| b", "the name of a filter must follow the |",
         'use a default for a missing value: | default("...")'),
        ("${{ vars.n | lowr }}", "lowr", 'unknown filter "lowr"',
         'did you mean "lower"?'),
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
def test_a_syntax_error_is_reported_at_its_place(
    text: str, at: str, message: str, hint: str | None
) -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_text(text)
    error = caught.value
    assert error.message == message
    assert text[error.offset :].startswith(at) or text[error.offset - 1 :].startswith(at)
    if hint is not None:
        assert error.hint == hint


@given(st.text(st.sampled_from("${}[]().|,'\"\\ ab1-+\n猫")).map(lambda text: "${{" + text))
def test_any_text_compiles_or_fails_at_an_offset_inside(text: str) -> None:
    offset = 0
    try:
        compile_text(text)
    except ExpressionError as error:
        offset = error.offset
    assert 0 <= offset <= len(text)
