"""Expressions: `${{ path | filter }}` in the texts of a manifest, compiled and evaluated."""
