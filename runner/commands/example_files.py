"""Example files: the manifests that `init` copies, with the pictures and tables they refer to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from runner.commands.schema_copy import SCHEMA, schema_text
from runner.providers.registry import PROVIDERS

EXAMPLES = ("quickstart", "campaign", "storyboard", "prompt-set", "film")
STARTER = "starter"

_PACKAGE = Path(__file__).parents[1]
_MATERIAL = re.compile(r"\b(?:refs|prompts)/[\w.-]+")
_FIRST_LINE = re.compile(r"# yaml-language-server: .*\n")
# One comment for VS Code, Neovim and Helix, one for the editors of JetBrains.
_SCHEMA_LINES = f"# yaml-language-server: $schema={SCHEMA}\n# $schema: {SCHEMA}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A manifest with all that it needs beside it."""

    manifest: str
    """Its file's name."""
    files: dict[str, bytes]
    """Content by path, relative to the manifest's folder; the manifest first."""
    keys: list[str]
    """The variables of the keys that a run of it needs."""


def read_example(name: str | None) -> Example:
    """The example of that name, one of `EXAMPLES`; without a name the one to start from."""
    folder = examples_folder()
    file, target = f"{name or STARTER}.yaml", f"{name or 'manifest'}.yaml"
    text = (folder / file).read_text(encoding="utf-8")
    material = sorted(set(_MATERIAL.findall(text)))
    own = _FIRST_LINE.sub(_SCHEMA_LINES, text, count=1).replace(f"manifests/{file}", target)
    files = {
        target: own.encode(),
        **{path: (folder / path).read_bytes() for path in material},
        SCHEMA: schema_text(),
    }
    jobs = re.sub(r"(?m)^ *#.*", "", text)  # what is commented out needs no key yet
    used = [provider for provider in PROVIDERS if f"{provider}/" in jobs]
    keys = [PROVIDERS[provider].KEY_ENV for provider in used]
    return Example(manifest=target, files=files, keys=keys)


def examples_folder() -> Path:
    """Where the examples are: inside the installed package, or beside it in a checkout."""
    inside = _PACKAGE / "manifests"
    return inside if inside.is_dir() else _PACKAGE.parent / "manifests"
