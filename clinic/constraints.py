"""What the database itself forbids: the only vendor-specific SQL in the house.

A CHECK sees one row of one table. Whatever spans rows or tables is a `Guard`: a trigger
with the same condition on SQLite and on PostgreSQL, declared beside its model in
`Model.guards`, dropped before a migration and made again after it, because a SQLite table
rebuild loses triggers. Both engines raise IntegrityError, so callers see one kind of "no".
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q

FIRST_DAY = dt.date(1900, 1, 1)
LAST_DAY = dt.date(2200, 12, 31)
FIRST_INSTANT = dt.datetime(1900, 1, 1, tzinfo=dt.UTC)
LAST_INSTANT = dt.datetime(2200, 12, 31, tzinfo=dt.UTC)


def check(name: str, condition: Q, says: str) -> models.CheckConstraint:
    """A CHECK with its sentence."""
    return models.CheckConstraint(name=name, condition=condition, violation_error_message=says)


def bounded(name: str, *, days: Sequence[str] = (), instants: Sequence[str] = ()) -> Any:
    """Every named date or instant lies between 1900 and 2200, or is empty."""
    condition = Q()
    for field in days:
        inside = Q(**{f"{field}__gte": FIRST_DAY, f"{field}__lte": LAST_DAY})
        condition &= Q(**{f"{field}__isnull": True}) | inside
    for field in instants:
        inside = Q(**{f"{field}__gte": FIRST_INSTANT, f"{field}__lte": LAST_INSTANT})
        condition &= Q(**{f"{field}__isnull": True}) | inside
    return check(name, condition, "Use a date between 1900 and 2200.")


def together(name: str, *fields: str) -> models.CheckConstraint:
    """All of the fields are set, or none is: an act has its time and its person."""
    none = Q(**{f"{field}__isnull": True for field in fields})
    every = Q(**{f"{field}__isnull": False for field in fields})
    return check(name, none | every, "An act is recorded with its time and its person.")


class Instants(Func):
    """The half-open range between two instants, for PostgreSQL's exclusion."""

    function = "tstzrange"
    output_field = models.DateTimeField()


class NoOverlap(ExclusionConstraint):
    """No two rows with the same `lane` overlap in [starts_at, ends_at).

    PostgreSQL keeps it by exclusion. On SQLite this constraint does nothing and the guards
    of `overlap_guards` stand in for it.
    """

    def __init__(self, *, name: str, lane: str, says: str) -> None:
        self.lane = lane
        self.says = says
        super().__init__(
            name=name,
            expressions=[
                (Instants(F("starts_at"), F("ends_at")), RangeOperators.OVERLAPS),
                (F(lane), RangeOperators.EQUAL),
            ],
            condition=Q(**{f"{lane}__isnull": False}),
            violation_error_message=says,
        )

    def deconstruct(self) -> tuple[str, Sequence[Any], dict[str, Any]]:
        path = f"{type(self).__module__}.{type(self).__qualname__}"
        return path, (), {"name": self.name, "lane": self.lane, "says": self.says}

    def constraint_sql(self, model: Any, schema_editor: Any) -> Any:
        if schema_editor.connection.vendor != "postgresql":
            return None
        return super().constraint_sql(model, schema_editor)

    def create_sql(self, model: Any, schema_editor: Any) -> Any:
        if schema_editor.connection.vendor != "postgresql":
            return None
        return super().create_sql(model, schema_editor)

    def remove_sql(self, model: Any, schema_editor: Any) -> Any:
        if schema_editor.connection.vendor != "postgresql":
            return None
        return super().remove_sql(model, schema_editor)

    def validate(self, *args: Any, **kwargs: Any) -> None:
        """The operation has looked under its locks; the database judges at the write."""

    def check(self, *args: Any, **kwargs: Any) -> list[Any]:
        return []


@dataclass(frozen=True)
class Guard:
    """A trigger: `events` on `table` are refused when `when` holds, with the sentence `says`.

    `when` is SQL that both engines read, over NEW and OLD. `only` limits the guard to one
    engine ("sqlite" or "postgresql") where the other keeps the same rule by other means.
    """

    name: str
    events: tuple[str, ...]
    when: str
    says: str
    only: str = ""

    def create(self, table: str, vendor: str) -> Iterator[str]:
        says = self.says.replace("'", "''")
        if vendor == "sqlite":
            for event in self.events:
                if event == "TRUNCATE":
                    continue
                yield (
                    f"CREATE TRIGGER {self.name}_{event.lower()} BEFORE {event} ON {table} "
                    f"FOR EACH ROW WHEN ({self.when}) "
                    f"BEGIN SELECT RAISE(ABORT, '{self.name}: {says}'); END"
                )
            return
        raising = (
            f"RAISE EXCEPTION '%', '{self.name}: {says}' "
            f"USING ERRCODE = 'check_violation', CONSTRAINT = '{self.name}'"
        )
        for event in self.events:
            trigger = f"{self.name}_{event.lower()}"
            each = "STATEMENT" if event == "TRUNCATE" else "ROW"
            test = "TRUE" if event == "TRUNCATE" else self.when
            back = "OLD" if event == "DELETE" else "NEW"
            back = "NULL" if event == "TRUNCATE" else back
            yield (
                f"CREATE OR REPLACE FUNCTION {trigger}() RETURNS trigger LANGUAGE plpgsql AS "
                f"$guard$ BEGIN IF {test} THEN {raising}; END IF; RETURN {back}; END $guard$"
            )
            yield (
                f"CREATE TRIGGER {trigger} BEFORE {event} ON {table} "
                f"FOR EACH {each} EXECUTE FUNCTION {trigger}()"
            )

    def triggers(self, vendor: str) -> list[str]:
        events = [e for e in self.events if vendor == "postgresql" or e != "TRUNCATE"]
        return [f"{self.name}_{event.lower()}" for event in events]

    def applies(self, vendor: str) -> bool:
        return not self.only or self.only == vendor


def overlap_guards(table: str, *lanes: str, cap_minutes: int, says: dict[str, str]) -> list[Guard]:
    """SQLite's stand-in for `NoOverlap`, one lane each, plus the form of an instant.

    SQLite keeps instants as text; comparing text is sound only while every instant has the
    same form, so that form is guarded too. The capped length bounds the index range.
    """
    form = "strftime('%Y-%m-%d %H:%M:%S', NEW.{0}) IS NOT NEW.{0}"
    guards = [
        Guard(
            f"{table}_instants",
            ("INSERT", "UPDATE"),
            f"{form.format('starts_at')} OR {form.format('ends_at')}",
            "A hold starts and ends on a whole second, written in one form.",
            only="sqlite",
        )
    ]
    for lane in lanes:
        guards.append(
            Guard(
                f"{table}_no_overlap_{lane}",
                ("INSERT", "UPDATE"),
                f"NEW.{lane}_id IS NOT NULL AND EXISTS (SELECT 1 FROM {table} h "
                f"WHERE h.{lane}_id = NEW.{lane}_id AND h.id <> NEW.id "
                f"AND h.starts_at < NEW.ends_at "
                f"AND h.starts_at > datetime(NEW.starts_at, '-{cap_minutes} minutes') "
                f"AND h.ends_at > NEW.starts_at)",
                says[lane],
                only="sqlite",
            )
        )
    return guards


def append_only(table: str, *, keys: Iterable[Sequence[str]] = (("id",),), says: str) -> list[Guard]:
    """No UPDATE, no DELETE, no INSERT over a row that is there, no TRUNCATE.

    `keys` are the unique keys of the table: on SQLite an INSERT OR REPLACE deletes the row
    that stands in the way without asking the DELETE guard.
    """
    taken = " OR ".join(
        f"EXISTS (SELECT 1 FROM {table} t WHERE "
        + " AND ".join(f"t.{column} = NEW.{column}" for column in key)
        + ")"
        for key in [*keys]
    )
    rowid = f"EXISTS (SELECT 1 FROM {table} t WHERE t.rowid = NEW.rowid)"
    return [
        Guard(f"{table}_append_only", ("UPDATE", "DELETE", "TRUNCATE"), "1 = 1", says),
        Guard(f"{table}_no_replace", ("INSERT",), f"{taken} OR {rowid}", says, only="sqlite"),
    ]


def never_deleted(table: str, says: str) -> Guard:
    """No DELETE and no TRUNCATE: what has a history stays."""
    return Guard(f"{table}_never_deleted", ("DELETE", "TRUNCATE"), "1 = 1", says)


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
                columns = [model._meta.get_field(field).column for field in constraint.fields]
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


def steps_guard(name: str, allowed: Mapping[Any, Iterable[Any]], says: str) -> Guard:
    """A row's `status` changes only along the table of allowed steps."""
    steps = " OR ".join(
        f"(OLD.status = '{now}' AND NEW.status IN ({', '.join(repr(str(t)) for t in sorted(then))}))"
        for now, then in allowed.items()
        if then
    )
    return Guard(name, ("UPDATE",), f"NEW.status <> OLD.status AND NOT ({steps})", says)


def local_date_guards(table: str, *, instant: str, date: str) -> list[Guard]:
    """The stored clinic-local date is the date of the instant on the clinic's wall clock.

    PostgreSQL knows time zones and is exact; SQLite does not, and keeps the date within what
    any time zone allows.
    """
    says = "The date is not the clinic's date of that time."
    changed = f"NEW.{instant} IS NOT NULL"
    return [
        Guard(
            f"{table}_local_{date}",
            ("INSERT", "UPDATE"),
            f"{changed} AND NEW.{date} IS DISTINCT FROM (SELECT (NEW.{instant} AT TIME ZONE "
            f"c.time_zone)::date FROM clinic_clinic c WHERE c.id = NEW.clinic_id)",
            says,
            only="postgresql",
        ),
        Guard(
            f"{table}_local_{date}",
            ("INSERT", "UPDATE"),
            f"{changed} AND (NEW.{date} IS NULL OR NEW.{date} NOT BETWEEN "
            f"date(NEW.{instant}, '-12 hours') AND date(NEW.{instant}, '+14 hours'))",
            says,
            only="sqlite",
        ),
    ]


def frozen(
    table: str,
    *,
    when: str,
    keys: Iterable[Sequence[str]],
    says: str,
    insert_when: str = "",
    events: tuple[str, ...] = ("UPDATE",),
) -> list[Guard]:
    """A row is not changed once `when` holds (SQL over OLD), nor written over by another.

    `insert_when` (SQL over NEW) closes the table to new rows of a closed parent. `keys` are
    the unique keys: REPLACE on SQLite removes the row in the way without asking.
    """
    taken = " OR ".join(
        "EXISTS (SELECT 1 FROM {0} t WHERE {1} AND t.id IS DISTINCT FROM {2})".format(
            table, " AND ".join(f"t.{column} = NEW.{column}" for column in key), "{own}"
        )
        for key in keys
    )
    rowid = f"EXISTS (SELECT 1 FROM {table} t WHERE t.rowid = NEW.rowid)"
    guards = [
        Guard(f"{table}_frozen", events, when, says),
        Guard(
            f"{table}_no_replace",
            ("INSERT",),
            f"{taken.replace('{own}', 'NULL')} OR {rowid}",
            says,
            only="sqlite",
        ),
        Guard(
            f"{table}_no_displace",
            ("UPDATE",),
            taken.replace("{own}", "OLD.id"),
            says,
            only="sqlite",
        ),
    ]
    if insert_when:
        moved = ("INSERT", "UPDATE")
        guards.append(Guard(f"{table}_closed", moved, insert_when, says))
    return guards
