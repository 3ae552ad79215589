"""Backups: the whole database in one file, proven by restoring it.

A backup holds every table as rows of plain values, the same for both engines, so a clinic that
has outgrown SQLite restores its backup into PostgreSQL. It is signed with `AUDIT_KEY`, which is
not in it.
"""

from clinic.backups.archive import Archive, Unfit, new_archive, why
from clinic.backups.proofs import last_proven, note_proven
from clinic.backups.restoring import Outcome, prove, restore

__all__ = [
    "Archive",
    "Outcome",
    "Unfit",
    "last_proven",
    "new_archive",
    "note_proven",
    "prove",
    "restore",
    "why",
]
