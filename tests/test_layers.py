"""The import rule: a room imports from earlier rows only, and each dependency has one home."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "runner"

ROWS = (
    {"errors", "stamps", "early"},
    {"model", "digests"},
    {"operations", "documents", "media", "ledger", "expressions"},
    {"prices", "settings", "results", "providers"},
    {"validation", "expansion"},
    {"selection", "differences"},
    {"planning", "timing"},
    {"engine"},
    {"report", "progress", "guard"},
    {"pipeline"},
    {"cli"},
    {"__main__"},
)
ROW_OF = {room: number for number, row in enumerate(ROWS) for room in row}

HOMES = {
    "PIL": {"media", "emulator"},
    "aiohttp": {"engine", "emulator"},
    "aiohttp.web": {"emulator"},
    "av": {"media", "emulator"},
    "click": {"cli"},
    "click_default_group": {"cli"},
    "jinja2": {"report"},
    "jsonschema": {"validation"},
    "jsonschema_rs": {"validation"},
    "referencing": {"validation"},
    "rfc8785": {"expansion"},
    "sqlite3": {"ledger"},
    "tqdm": {"progress"},
    "yaml": {"documents"},
    "yarl": {"engine", "emulator"},
}
"""The rooms that may import what is foreign; what is not listed here is imported nowhere."""


def modules() -> list[Path]:
    return sorted(path.relative_to(ROOT) for path in ROOT.rglob("*.py"))


def room_of(module: Path) -> str:
    """`media` for runner/media.py and for every module of runner/media/."""
    return module.parts[0].removesuffix(".py")


def imports(module: Path) -> Iterator[str]:
    """Every module that is imported anywhere in it, late and typing-only imports included."""
    for node in ast.walk(ast.parse((ROOT / module).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: imports are absolute"
            # Only `from package import module` needs its second part to tell a room.
            spread = node.module in {"runner", "aiohttp"}
            names = (f"{node.module}.{alias.name}" for alias in node.names)
            yield from names if spread else (str(node.module),)
        elif isinstance(node, ast.Attribute | ast.Name):
            name = node.attr if isinstance(node, ast.Attribute) else node.id
            assert name not in {"import_module", "__import__"}, f"{module}: hides an import"


def inner(module: Path) -> set[str]:
    """The other rooms it imports."""
    names = [name.split(".") for name in imports(module)]
    return {parts[1] for parts in names if parts[0] == "runner"} - {room_of(module)}


@pytest.mark.parametrize("module", modules(), ids=str)
def test_a_room_imports_only_from_earlier_rows(module: Path) -> None:
    # `__version__` is the one name the package's root holds (the build reads it there); the root
    # imports nothing, so that asking it for its version cannot make a cycle.
    room, known = room_of(module), inner(module) - {"__version__"}
    if room == "__init__":
        assert list(imports(module)) == []
    elif room == "emulator":
        assert known <= {"errors"}, "client and emulator must be able to disagree"
    else:
        assert room in ROW_OF, f"{room} has no row yet: give it one"
        if room == "pipeline":
            known.discard("emulator")  # the only room that starts it
        assert {other for other in known if ROW_OF.get(other, 99) >= ROW_OF[room]} == set()


@pytest.mark.parametrize("module", modules(), ids=str)
def test_each_dependency_has_its_home(module: Path) -> None:
    for name in imports(module):
        top = name.split(".")[0]
        home = HOMES.get(".".join(name.split(".")[:2])) or HOMES.get(top)
        if home is not None:
            assert room_of(module) in home, f"{name} is at home in {', '.join(sorted(home))}"
        else:
            known = top == "runner" or top in sys.stdlib_module_names
            assert known, f"{name} has no home yet: give it one"


def test_the_rule_sees_late_imports_and_packages() -> None:
    assert room_of(Path("media/pixels.py")) == "media"
    assert "PIL.JpegImagePlugin" in set(imports(Path("media/pixels.py")))
    assert "runner.media.pixels" in set(imports(Path("media/probing.py")))
