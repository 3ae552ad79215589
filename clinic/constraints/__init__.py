"""What the database itself forbids: the only vendor-specific SQL in the house.

A CHECK sees one row of one table; whatever spans rows or tables is a `Guard`, a trigger with
the same condition on both engines. Both raise IntegrityError, so callers see one kind of "no".
"""

from clinic.constraints.checks import (
    FIRST_DAY,
    FIRST_INSTANT,
    LAST_DAY,
    LAST_INSTANT,
    bounded,
    check,
    together,
)
from clinic.constraints.guards import (
    Guard,
    append_only,
    days_apart_guards,
    frozen,
    local_date_guards,
    never_deleted,
    never_written_over,
    steps_guard,
)
from clinic.constraints.keeping import (
    all_guards,
    drop,
    field_of,
    install,
    lock_name,
    missing,
    sentences,
    violated,
)
from clinic.constraints.overlap import NoOverlap, overlap_guards

__all__ = [
    "FIRST_DAY",
    "FIRST_INSTANT",
    "LAST_DAY",
    "LAST_INSTANT",
    "Guard",
    "NoOverlap",
    "all_guards",
    "append_only",
    "bounded",
    "check",
    "days_apart_guards",
    "drop",
    "field_of",
    "frozen",
    "install",
    "local_date_guards",
    "lock_name",
    "missing",
    "never_deleted",
    "never_written_over",
    "overlap_guards",
    "sentences",
    "steps_guard",
    "together",
    "violated",
]
