"""The audit chain: the only writer of AuditEvent, and its verifier.

Each event's mac is an HMAC-SHA256 over the mac before it and a canonical text of the row,
keyed with a key that is not in the database. Whoever edits, deletes, inserts or swaps a row
breaks the chain at that row; a signed anchor, kept elsewhere, shows a cut-off end.
"""

from clinic.audit.verifying import Fault, anchor_is_ours, anchor_now, faults
from clinic.audit.writing import Entry, Trail, record, record_in, record_many, through, watching

__all__ = [
    "Entry",
    "Fault",
    "Trail",
    "anchor_is_ours",
    "anchor_now",
    "faults",
    "record",
    "record_in",
    "record_many",
    "through",
    "watching",
]
