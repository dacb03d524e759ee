"""`vidu-run operations`: lists the operations, and shows one as a page."""

from __future__ import annotations

import sys

from runner.commands.operation_files import check_installed, installed_operations
from runner.commands.output import print_json
from runner.errors import Exit, UsageError, terminal_columns
from runner.operations import suggest_operation
from runner.reference.page import page_of
from runner.reference.record import list_record, page_record
from runner.reference.text import list_text, page_text


def operations(name: str | None, *, as_json: bool) -> Exit:
    """List all operations, or show the one of that name.

    Raises UsageError for an unknown name, SchemaError for an installed file with mistakes.
    """
    known = installed_operations()
    columns = terminal_columns(sys.stdout)
    if name is None:
        pages = [page_of(operation) for operation in known.values()]
        if as_json:
            print_json([list_record(page) for page in pages])
        else:
            print(list_text(pages, columns=columns))
        return Exit.OK
    if name not in known:
        raise UsageError(f'there is no operation "{name}"', hint=suggest_operation(name, known))
    check_installed(name)
    page = page_of(known[name])
    if as_json:
        print_json(page_record(page))
    else:
        print(page_text(page, columns=columns))
    return Exit.OK
