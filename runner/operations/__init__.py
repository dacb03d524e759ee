"""What is known of each operation: its schema file, the defaults in it, and how it is sent."""

from runner.operations.defaults import (
    defaults_of,
    with_inner_defaults,
    without_inner_defaults,
)
from runner.operations.files import SUFFIX, operation_at, operation_files, schema_folder
from runner.operations.load import Operations, SchemaError, load_operations
from runner.operations.names import suggest_operation
from runner.operations.wire import to_wire

__all__ = [
    "SUFFIX",
    "Operations",
    "SchemaError",
    "defaults_of",
    "load_operations",
    "operation_at",
    "operation_files",
    "schema_folder",
    "suggest_operation",
    "to_wire",
    "with_inner_defaults",
    "without_inner_defaults",
]
