"""Reading several things as of one moment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import connection, transaction

_inside: ContextVar[bool] = ContextVar("one_moment", default=False)


@contextmanager
def one_moment() -> Iterator[None]:
    """All that is read inside is as of one moment: what is written meanwhile is not seen.

    For figures that are held against each other, such as a ledger against its units. Reads
    only, waits for nobody and holds up nobody. Inside a transaction it does nothing.
    """
    if connection.in_atomic_block or _inside.get():
        yield
        return
    token = _inside.set(True)
    try:
        with _snapshot():
            yield
    finally:
        _inside.reset(token)


@contextmanager
def _snapshot() -> Iterator[None]:
    if connection.vendor == "sqlite":
        # A plain BEGIN: the house's transactions take the write lock, and this one writes nothing.
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")
    else:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
