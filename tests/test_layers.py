"""The import rule: a room imports from earlier rows only, and each dependency has one home."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "runner"

ROWS = (
    {"errors", "timestamps", "signals", "streams"},
    {"file_names", "fs", "lfs", "limits", "mounts"},
    {"model", "hashing"},
    {"operations", "documents", "media", "ledger", "expressions"},
    {"settings", "results", "providers"},
    {"validation", "expansion"},
    {"planning", "marks"},
    {"engine"},
    {"terminal", "progress", "report", "error_handler", "doctor"},
    {"export", "reference"},
    {"github"},
    {"commands"},
    {"api"},
    {"cli"},
    {"__main__"},
)
"""Rooms on one row do not import each other."""

ENGINE_ROWS = (
    {"net"},
    {
        "schedule",
        "stop_conditions",
        "ledger_client",
        "poll.timing",
        "poll.list_query",
        "poll.list_poller",
        "poll.subscription",
    },
    {"submit.budget", "submit.breaker"},
    {"context", "job_run", "monitor"},
    {"outcomes"},
    {"outcome_store", "poll.watch", "capacity"},
    {"cancel", "submit", "download"},
    {"reconcile"},
    {"job_runner"},
    {"run"},
)
"""The same inside the engine, where a module may also import others of its own folder and row."""

HOMES = {
    "PIL": {"media", "report", "emulator"},
    "aiohttp": {"engine", "emulator"},
    "aiohttp.web": {"emulator"},
    "av": {"media", "emulator"},
    "click": {"cli"},
    "click_default_group": {"cli"},
    "jinja2": {"report"},
    "jsonschema": {"validation", "emulator"},
    "jsonschema_rs": {"validation"},
    "markupsafe": {"report"},
    "referencing": {"validation"},
    "psycopg": {"ledger.postgres"},
    "rfc8785": {"expansion"},
    "sqlite3": {"hashing", "ledger.sqlite"},
    "tqdm": {"progress"},
    "yaml": {"documents"},
    "yarl": {"engine", "emulator"},
}
"""The rooms (or folders in them) that may import what is foreign; the rest is imported nowhere."""


def modules() -> list[Path]:
    return sorted(path.relative_to(ROOT) for path in ROOT.rglob("*.py"))


def room_of(module: Path) -> str:
    """`media` for runner/media.py and for every module of runner/media/."""
    return module.parts[0].removesuffix(".py")


def folder_of(module: Path) -> str:
    """`ledger.sqlite` for every module of runner/ledger/sqlite/."""
    return ".".join(module.parts[:-1])


def row_of(name: str, rows: tuple[set[str], ...]) -> int | None:
    """The row that lists `name` (dotted, below `runner` or below the room), or its folder."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        prefix = ".".join(parts[:end])
        for number, row in enumerate(rows):
            if prefix in row:
                return number
    return None


def imports(module: Path) -> Iterator[str]:
    """Every module that is imported anywhere in it, late and typing-only imports included."""
    for node in ast.walk(ast.parse((ROOT / module).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: imports are absolute"
            spread = node.module == "aiohttp" or str(node.module).split(".")[0] == "runner"
            names = (f"{node.module}.{alias.name}" for alias in node.names)
            yield from names if spread else (str(node.module),)
        elif isinstance(node, ast.Attribute | ast.Name):
            name = node.attr if isinstance(node, ast.Attribute) else node.id
            assert name not in {"import_module", "__import__"}, f"{module}: hides an import"


def other_rooms(module: Path) -> set[str]:
    """The rooms it imports, without its own."""
    names = [name.split(".") for name in imports(module)]
    return {parts[1] for parts in names if parts[0] == "runner"} - {room_of(module)}


def module_named(name: str) -> str:
    """The module that holds what `name` (dotted, below `runner`) names."""
    path = ROOT.joinpath(*name.split("."))
    return name if path.is_dir() or path.with_suffix(".py").exists() else name.rpartition(".")[0]


@pytest.mark.parametrize("module", modules(), ids=str)
def test_a_room_imports_only_from_earlier_rows(module: Path) -> None:
    # `__version__` is the one name the package's root holds (the build reads it there); it hands
    # on what the API has, and `tests/test_startup.py` sees that it does so late.
    room, known = room_of(module), other_rooms(module) - {"__version__"}
    if room == "__init__":
        assert known == {"api"}
        return
    if room == "emulator":
        assert known <= {"errors"}, "client and emulator must be able to disagree"
        return
    row = row_of(room, ROWS)
    assert row is not None, f"{room} has no row yet: give it one"
    if room == "commands":
        known.discard("emulator")  # the only room that starts it
    for other in known:
        row_of_other = row_of(other, ROWS)
        assert row_of_other is not None, f"{other} has no row yet"
        assert row_of_other < row, f"{room} imports {other}, which stands on a later row"


@pytest.mark.parametrize(
    "module", sorted((ROOT / "engine").rglob("*.py")), ids=lambda path: path.stem
)
def test_inside_the_engine_a_module_imports_only_from_earlier_rows(module: Path) -> None:
    path = module.relative_to(ROOT)
    own = ".".join(path.with_suffix("").parts[1:]).removesuffix("__init__").rstrip(".")
    prefix = "runner.engine."
    known = {
        module_named(name.removeprefix("runner.")).removeprefix("engine.")
        for name in imports(path)
        if name.startswith(prefix)
    }
    for other in known:
        row, row_of_other = row_of(own, ENGINE_ROWS), row_of(other, ENGINE_ROWS)
        assert row is not None, f"engine.{own} has no row yet: give it one"
        assert row_of_other is not None, f"engine.{other} has no row yet: give it one"
        folder = own.rpartition(".")[0]
        same_folder = folder != "" and folder == other.rpartition(".")[0]
        assert row_of_other < row or (row_of_other == row and same_folder), (
            f"engine.{own} imports engine.{other}, which stands on a later row"
        )


@pytest.mark.parametrize("module", modules(), ids=str)
def test_each_dependency_has_its_home(module: Path) -> None:
    for name in imports(module):
        top = name.split(".")[0]
        home = HOMES.get(".".join(name.split(".")[:2])) or HOMES.get(top)
        if home is not None:
            at_home = any(folder in {room_of(module), folder_of(module)} for folder in home)
            assert at_home, f"{name} is at home in {', '.join(sorted(home))}"
        else:
            known = top == "runner" or top in sys.stdlib_module_names
            assert known, f"{name} has no home yet: give it one"


def test_no_modules_import_each_other_in_a_circle() -> None:
    known = {
        ".".join(module.with_suffix("").parts).removesuffix(".__init__"): {
            module_named(name.removeprefix("runner."))
            for name in imports(module)
            if name.startswith("runner.")
        }
        for module in modules()
    }
    done: set[str] = set()

    def visit(module: str, way: tuple[str, ...]) -> None:
        assert module not in way, " -> ".join((*way[way.index(module) :], module))
        if module not in done:
            for other in known.get(module, set()) - {module}:
                visit(other, (*way, module))
            done.add(module)

    for module in known:
        visit(module, ())


def test_the_rule_names_only_rooms_and_modules_that_exist() -> None:
    rooms, folders = ({find(module) for module in modules()} for find in (room_of, folder_of))
    assert set().union(*ROWS) <= rooms
    assert set().union(*HOMES.values()) <= rooms | folders
    for name in set().union(*ENGINE_ROWS):
        assert module_named(f"engine.{name}") == f"engine.{name}"


def test_the_architecture_names_only_files_that_exist() -> None:
    project = ROOT.parent
    text = (project / "docs/architecture.md").read_text(encoding="utf-8")
    folders = (project / name for name in ("runner", "tests", "schemas", "docs"))
    files = [f"/{path}" for folder in folders for path in folder.rglob("*")]
    # A name may be that of a file beside the one before it.
    for name in re.findall(r"`([\w/]+\.(?:py|sql|json|md))`", text):
        assert any(file.endswith(f"/{name}") for file in files), name


def test_the_rule_sees_late_imports_and_packages() -> None:
    assert room_of(Path("media/probe.py")) == "media"
    assert "PIL.JpegImagePlugin" in set(imports(Path("media/pixels.py")))
    assert "runner.media.types.describe_type" in set(imports(Path("media/pixels.py")))
    assert row_of("poll.timing", ENGINE_ROWS) == 1
    assert row_of("net.client", ENGINE_ROWS) == 0
