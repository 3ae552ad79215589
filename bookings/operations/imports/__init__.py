"""Imports of what another system exported: what people ask for, and what the worker does of it."""

from bookings.operations.imports.asking import (
    choose_columns,
    discard_import,
    export_rejects,
    set_choice,
    start_import,
    upload_import,
)
from bookings.operations.imports.going_on import check_soon, finish_import, go_on_with_imports
from bookings.operations.imports.people import import_patients

__all__ = [
    "check_soon",
    "choose_columns",
    "discard_import",
    "export_rejects",
    "finish_import",
    "go_on_with_imports",
    "import_patients",
    "set_choice",
    "start_import",
    "upload_import",
]
