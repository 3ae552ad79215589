"""What the database knows of the size of its tables, by which it plans each query."""

from __future__ import annotations

from django.db import connection

# So many rows of an index are looked at: a fraction of a second for millions of them.
LOOKED_AT = 400


def count_anew() -> None:
    """Let SQLite estimate its tables and indexes anew; PostgreSQL does so by itself.

    Without estimates SQLite takes a clinic for as good a key as a patient, and a page reads all
    that the clinic ever had. Holds the write lock meanwhile. Other connections plan by it when
    they are next opened.
    """
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA analysis_limit={LOOKED_AT}")
        cursor.execute("ANALYZE")
