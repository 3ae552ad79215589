"""Statements past the ORM, as an attacker with the database's password would send them."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import IntegrityError, connection, models, transaction

from clinic import constraints
from tests.database import is_postgresql


def kept(value: Any) -> Any:
    """A value as the engine keeps it."""
    if isinstance(value, models.Model):
        return kept(value.pk)
    if isinstance(value, uuid.UUID):
        return value if is_postgresql() else value.hex
    if isinstance(value, dt.datetime):
        return value if is_postgresql() else f"{value.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S}"
    return value


@contextmanager
def unchecked(table: str, check: str) -> Iterator[None]:
    """A CHECK of the table out of the way, as someone who owns the database would have it."""
    if is_postgresql():
        run("SET CONSTRAINTS ALL IMMEDIATE")
        run(f"ALTER TABLE {table} DROP CONSTRAINT {check}")
        yield
        return
    run("PRAGMA ignore_check_constraints = ON")
    try:
        yield
    finally:
        run("PRAGMA ignore_check_constraints = OFF")


def run(sql: str, *values: Any) -> None:
    """One statement; what fails leaves nothing."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, [kept(value) for value in values])


def refused(sql: str, *values: Any) -> str:
    """The name of the constraint or guard that refuses the statement."""
    with pytest.raises(IntegrityError) as error:
        run(sql, *values)
    found = constraints.violated(error.value)
    assert found, error.value
    return found[0]


def change(row: models.Model, **columns: Any) -> tuple[Any, ...]:
    """An UPDATE of one row's columns, for `run` and `refused`."""
    named = ", ".join(f"{name} = %s" for name in columns)
    return (f"UPDATE {row._meta.db_table} SET {named} WHERE id = %s", *columns.values(), row)


def columns_of(row: models.Model) -> list[str]:
    """The columns of a row's table."""
    return [str(field.column) for field in row._meta.local_concrete_fields]


def copy(row: models.Model, **columns: Any) -> tuple[Any, ...]:
    """An INSERT of a row like this one with other columns and, unless given, another key."""
    columns = {"id": uuid.uuid4(), **columns}
    names = columns_of(row)
    taken = ", ".join("%s" if name in columns else name for name in names)
    table = row._meta.db_table
    values = [columns[name] for name in names if name in columns]
    return (
        f"INSERT INTO {table} ({', '.join(names)}) SELECT {taken} FROM {table} WHERE id = %s",
        *values,
        row,
    )


def over(row: models.Model, **columns: Any) -> tuple[Any, ...]:
    """`copy` onto the row's own key, writing over it where the engine knows how to."""
    sql, *values = copy(row, **{"id": row.pk, **columns})
    if is_postgresql():
        names = [name for name in columns_of(row) if name != "id"]
        setting = ", ".join(f"{name} = EXCLUDED.{name}" for name in names)
        return (f"{sql} ON CONFLICT (id) DO UPDATE SET {setting}", *values)
    return (sql.replace("INSERT INTO", "INSERT OR REPLACE INTO", 1), *values)
