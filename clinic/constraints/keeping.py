"""Keeping the guards in place, and saying in words what they refused."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import models

from clinic.constraints.guards import Guard


def all_guards() -> Iterator[tuple[str, Guard]]:
    """Every guard in the house with its table, in a settled order."""
    for model in apps.get_models():
        for guard in getattr(model, "guards", ()):
            yield model._meta.db_table, guard


def install(connection: Any) -> None:
    """Make every guard; what is there already is made anew."""
    drop(connection)
    with connection.cursor() as cursor:
        for table, guard in all_guards():
            if guard.applies(connection.vendor):
                for statement in guard.create(table, connection.vendor):
                    cursor.execute(statement)


def drop(connection: Any) -> None:
    """Take every guard away. For migrations, and for the tests that show what they hold."""
    with connection.cursor() as cursor:
        for table, guard in all_guards():
            for trigger in guard.triggers(connection.vendor):
                on = f" ON {table}" if connection.vendor == "postgresql" else ""
                cursor.execute(f"DROP TRIGGER IF EXISTS {trigger}{on}")


def missing(connection: Any) -> list[str]:
    """The names of guards that the database lacks; empty when the house is guarded."""
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if connection.vendor == "sqlite"
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        there = {row[0] for row in cursor.fetchall()}
    wanted = [
        trigger
        for _table, guard in all_guards()
        if guard.applies(connection.vendor)
        for trigger in guard.triggers(connection.vendor)
    ]
    return [trigger for trigger in wanted if trigger not in there]


def sentences() -> dict[str, str]:
    """Constraint or guard name → the sentence a person reads when it refuses."""
    says = {guard.name: guard.says for _table, guard in all_guards()}
    for model in apps.get_models():
        for constraint in model._meta.constraints:
            says[constraint.name] = str(constraint.violation_error_message)
    return says


def _unnamed() -> dict[str, str]:
    """How SQLite speaks of a unique constraint → its name; it prints columns, not names."""
    spoken = {}
    for model in apps.get_models():
        table = model._meta.db_table
        for constraint in model._meta.constraints:
            if isinstance(constraint, models.UniqueConstraint) and constraint.fields:
                fields = {field.name: field.attname for field in model._meta.concrete_fields}
                columns = [fields[name] for name in constraint.fields]
                spoken[", ".join(f"{table}.{column}" for column in columns)] = constraint.name
    return spoken


def violated(error: Exception) -> tuple[str, str] | None:
    """The (name, sentence) of the constraint or guard behind a database error, if it is ours."""
    says = sentences()
    named = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
    if named in says:
        return named, says[named]
    _, _, told = str(error).partition("constraint failed: ")
    name = told or str(error).partition(":")[0]
    name = _unnamed().get(name, name)
    return (name, says[name]) if name in says else None


def lock_name(connection: Any, name: str) -> None:
    """Hold the lock of that name until the transaction ends.

    On SQLite an IMMEDIATE transaction is already alone, so there is nothing to take.
    """
    if connection.vendor == "postgresql":
        digest = hashlib.blake2b(name.encode(), digest_size=8).digest()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(%s)", [int.from_bytes(digest, "big", signed=True)]
            )
