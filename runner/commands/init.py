"""`vidu-run init`: writes a manifest to start from, with all that it needs beside it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from runner.commands.example_files import Example, read_example
from runner.commands.options import check_expanded
from runner.errors import Exit, OutputError, UsageError, plural, width

IGNORED = (
    ("*.emulated.results.yaml", "of rehearsals"),
    ("*.report/", "galleries: `vidu-run report` makes them from the results"),
    (".vidu-run/", "the ledger, which is of one machine"),
    ("outputs/", "large; remove this line to keep them in git, best with Git LFS"),
)
"""What git should leave alone, and why. Results, marks and locks belong into a repository: in a
fresh clone they are the evidence of what was paid for, and of what was decided."""
_GITIGNORE = ".gitignore"
_HEAD = "# vidu-run: manifests, *.results.yaml, *.marks.yaml and *.lock.yaml belong in git."


def init(folder: Path, example: str | None) -> Exit:
    """Write the example, or without a name the starter, into the folder; replaces nothing.

    Raises UsageError where a file of that name has other content, and OutputError where nothing
    can be written. Nothing is left behind then.
    """
    check_expanded("DIR", folder)
    chosen = read_example(example)
    _check_folder(folder)
    missing = _missing_files(folder, chosen)
    written = _write(folder, missing)
    print(_report(folder, chosen, written))
    return Exit.OK


def missing_lines(ignored: bytes) -> str:
    """What is to be added to this content of a `.gitignore`; empty if it has every pattern."""
    known = {line.strip().strip(b"/") for line in ignored.splitlines()}
    lines = [(name, why) for name, why in IGNORED if name.strip("/").encode() not in known]
    if not lines:
        return ""
    # A comment has a line of its own: git has no other ones.
    body = "".join(f"# {why}\n{name}\n" for name, why in lines)
    is_open = ignored and not ignored.endswith(b"\n")
    return ("\n" if is_open else "") + ("\n" if ignored else "") + f"{_HEAD}\n{body}"


def _check_folder(folder: Path) -> None:
    """Raise UsageError for a path where no folder can be."""
    for each in (folder, *folder.parents):
        with _writing(each):
            exists, is_folder = each.exists(), each.is_dir()
        if exists and not is_folder:
            raise UsageError(f"{each} is a file, not a folder", hint="name a folder, or none")


def _missing_files(folder: Path, example: Example) -> dict[str, bytes]:
    """The files that are not there yet; raises UsageError for those that are, and are others."""
    missing, taken = {}, []
    for name, content in example.files.items():
        path = folder / name
        with _writing(path):
            if not (path.exists() or path.is_symlink()):
                missing[name] = content
            elif not path.is_file() or path.read_bytes() != content:
                taken.append(path)
    if taken:
        names = ", ".join(map(str, taken))
        raise UsageError(
            f"nothing was written: {names} {'is' if len(taken) == 1 else 'are'} there already",
            hint="name another folder: vidu-run init DIR",
        )
    return missing


def _write(folder: Path, files: dict[str, bytes]) -> list[str]:
    """Create the files and the `.gitignore`; if one cannot be written, no new file stays."""
    written: list[Path] = []
    try:
        for name, content in files.items():
            path = folder / name
            with _writing(path):
                path.parent.mkdir(parents=True, exist_ok=True)
                with path.open("xb") as file:  # another process may be faster
                    written.append(path)
                    file.write(content)
        is_added = _ignore(folder / _GITIGNORE)
    except BaseException:
        for path in written:
            with suppress(OSError):
                path.unlink()
        raise
    return [*files, _GITIGNORE] if is_added else [*files]


def _ignore(path: Path) -> bool:
    """Add to the folder's `.gitignore` what it lacks; False where it lacks nothing."""
    with _writing(path):
        ignored = path.read_bytes() if path.exists() else b""
        added = missing_lines(ignored)
        if added:
            with path.open("ab") as file:
                file.write(added.encode())
    return bool(added)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written: {error.strerror or error}",
            hint="make the folder writable, or name another one: vidu-run init DIR",
        ) from error


def _report(folder: Path, example: Example, written: list[str]) -> str:
    """What was written, and the commands that come next."""
    manifest = shlex.quote(str(folder / example.manifest))
    steps = (
        (f"vidu-run {manifest} --emulate", "a rehearsal: no key, no money"),
        (f"vidu-run plan {manifest}", "what a run would make, and for how much"),
        (f"vidu-run {manifest}", f"the real run; it needs {' and '.join(example.keys)}"),
    )
    column = max(width(command) for command, _ in steps)
    lines = [f"  {command}{' ' * (column - width(command))}  # {why}" for command, why in steps]
    names = "".join(f"  {folder / name}\n" for name in written)
    head = (
        f"wrote {plural(len(written), 'file')}:\n{names}" if written else "all is there already\n"
    )
    return f"{head}\nNext:\n" + "\n".join(lines)
