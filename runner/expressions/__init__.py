"""Expressions: `${{ path | filter }}` in the texts of a manifest, compiled and evaluated."""

from runner.expressions.evaluate import Template, compile_text
from runner.expressions.syntax import AbsentError, ExpressionError, Path

__all__ = ["AbsentError", "ExpressionError", "Path", "Template", "compile_text"]
