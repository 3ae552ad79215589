"""Keeping the guards in place, and saying in words what they refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import models, transaction

from clinic.constraints.guards import Guard, lock_key


def all_guards() -> Iterator[tuple[str, Guard]]:
    """Every guard in the house with its table, in a settled order."""
    for model in apps.get_models():
        guards = getattr(model, "guards", None)
        if guards is None:
            continue
        table = model._meta.db_table
        yield table, _typed(model)
        for guard in guards:
            yield guard.on or table, guard


def _typed(model: type[models.Model]) -> Guard:
    """SQLite keeps any value in any column; constraints that compute need numbers and dates.

    A fraction would pass a check by modulo, a date in another form a check by comparison.
    """
    faults = []
    for field in model._meta.concrete_fields:
        new = f"NEW.{field.column}"
        if isinstance(field, models.BooleanField):
            faults.append(f"({new} IS NOT NULL AND {new} NOT IN (0, 1))")
        elif isinstance(field, models.IntegerField):
            faults.append(f"typeof({new}) NOT IN ('integer', 'null')")
        elif isinstance(field, models.DateTimeField):
            whole = f"strftime('%Y-%m-%d %H:%M:%S', substr({new}, 1, 19))"
            part = f"substr({new}, 20) NOT GLOB '.[0-9][0-9][0-9][0-9][0-9][0-9]'"
            faults.append(
                f"({new} IS NOT NULL AND ({whole} IS NOT substr({new}, 1, 19) "
                f"OR (length({new}) > 19 AND {part})))"
            )
        elif isinstance(field, models.DateField):
            faults.append(f"({new} IS NOT NULL AND date({new}) IS NOT {new})")
    return Guard(
        f"{model._meta.db_table}_typed",
        ("INSERT", "UPDATE"),
        " OR ".join(faults) or "1 = 0",
        "A number is a whole number, a date is a date.",
        only="sqlite",
    )


def install(connection: Any) -> None:
    """Make every guard; what is there already is made anew."""
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        drop(connection)
        for table, guard in all_guards():
            if guard.applies(connection.vendor):
                for statement in guard.create(table, connection.vendor):
                    cursor.execute(statement)


def drop(connection: Any) -> None:
    """Take every guard away. For migrations, and for the tests that show what they hold.

    Also those that an earlier version made and this one does not know: a guard that has gone, or
    has another name now, would go on refusing. And those of ours that somebody has hollowed out.
    """
    ours = {
        name
        for table, guard in all_guards()
        if guard.applies(connection.vendor)
        for name in guard.triggers(connection.vendor)
    }
    query = (
        "SELECT name, tbl_name, sql LIKE '%BEGIN SELECT RAISE(ABORT, %' FROM sqlite_master "
        "WHERE type = 'trigger'"
        if connection.vendor == "sqlite"
        else "SELECT t.tgname, c.relname, p.proname = t.tgname FROM pg_trigger t "
        "JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid "
        "WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace"
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        for trigger, table, like_ours in cursor.fetchall():
            if not like_ours and trigger not in ours:
                continue
            on = f" ON {table}" if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER IF EXISTS {trigger}{on}")


def missing(connection: Any) -> list[str]:
    """The names of guards that the database lacks, has switched off, or has with another text;
    empty when the house is guarded."""
    query = (
        "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'"
        if connection.vendor == "sqlite"
        else "SELECT t.tgname, c.relname, p.prosrc FROM pg_trigger t "
        "JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid "
        "WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')"
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        there = {name: (table, text) for name, table, text in cursor.fetchall()}
    wanted: dict[str, tuple[str, str]] = {}
    for table, guard in all_guards():
        if guard.applies(connection.vendor):
            wanted |= guard.bodies(table, connection.vendor)
    return [name for name, body in wanted.items() if there.get(name) != body]


def sentences() -> dict[str, str]:
    """Constraint or guard name → the sentence a person reads when it refuses."""
    says = {guard.name: guard.says for _table, guard in all_guards()}
    for model in apps.get_models():
        for constraint in model._meta.constraints:
            says[constraint.name] = str(constraint.violation_error_message)
    return says


def field_of(name: str) -> str | None:
    """Beside which field of a form a constraint's sentence stands: its `violation_error_code`."""
    for model in apps.get_models():
        for constraint in model._meta.constraints:
            if constraint.name == name:
                return constraint.violation_error_code
    return None


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
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock_key(name)])
