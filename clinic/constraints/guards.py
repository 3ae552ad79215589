"""What spans rows or tables: one condition, a trigger on SQLite and on PostgreSQL.

A guard is declared beside its model in `Model.guards`, dropped before a migration and made
again after it, because a SQLite table rebuild loses triggers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


def lock_key(name: str) -> int:
    """The number by which PostgreSQL knows the lock of that name."""
    digest = hashlib.blake2b(name.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


@dataclass(frozen=True)
class Guard:
    """A trigger: `events` on `table` are refused when `when` holds, with the sentence `says`.

    `when` is SQL that both engines read, over NEW and OLD. `only` limits the guard to one
    engine ("sqlite" or "postgresql") where the other keeps the same rule by other means.
    `on` names a table of an app below, whose own model must not know what the guard knows.
    `lock` names what must stand still while the guard looks, where two acts could each count on
    a row that the other takes away; it is taken where `lock_when` holds (SQL over OLD and NEW).
    """

    name: str
    events: tuple[str, ...]
    when: str
    says: str
    only: str = ""
    on: str = ""
    lock: str = ""
    lock_when: str = "TRUE"

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
        # On SQLite whoever writes is alone.
        wait = f"IF {self.lock_when} THEN PERFORM pg_advisory_xact_lock({lock_key(self.lock)}); "
        wait = f"{wait}END IF; " if self.lock else ""
        for event in self.events:
            trigger = f"{self.name}_{event.lower()}"
            each = "STATEMENT" if event == "TRUNCATE" else "ROW"
            test = "TRUE" if event == "TRUNCATE" else self.when
            back = "OLD" if event == "DELETE" else "NEW"
            back = "NULL" if event == "TRUNCATE" else back
            yield (
                f"CREATE OR REPLACE FUNCTION {trigger}() RETURNS trigger LANGUAGE plpgsql AS "
                f"$guard$ BEGIN {wait}IF {test} THEN {raising}; END IF; RETURN {back}; END $guard$"
            )
            yield (
                f"CREATE TRIGGER {trigger} BEFORE {event} ON {table} "
                f"FOR EACH {each} EXECUTE FUNCTION {trigger}()"
            )

    def bodies(self, table: str, vendor: str) -> dict[str, tuple[str, str]]:
        """Trigger name → its table and its text as the database should keep it."""
        texts = list(self.create(table, vendor))
        if vendor == "postgresql":
            texts = [text.split("$guard$")[1] for text in texts if "$guard$" in text]
        return {
            name: (table, text) for name, text in zip(self.triggers(vendor), texts, strict=True)
        }

    def triggers(self, vendor: str) -> list[str]:
        events = [e for e in self.events if vendor == "postgresql" or e != "TRUNCATE"]
        return [f"{self.name}_{event.lower()}" for event in events]

    def applies(self, vendor: str) -> bool:
        return not self.only or self.only == vendor


def append_only(
    table: str, *, keys: Iterable[Sequence[str]] = (("id",),), says: str
) -> list[Guard]:
    """No UPDATE, no DELETE, no INSERT over a row that is there, no TRUNCATE.

    `keys` are the table's unique keys, see `never_written_over`.
    """
    return [
        Guard(f"{table}_append_only", ("UPDATE", "DELETE", "TRUNCATE"), "1 = 1", says),
        # No UPDATE passes at all, so only an INSERT could write over a row.
        *never_written_over(table, keys=keys, says=says)[:1],
    ]


def never_deleted(
    table: str,
    says: str,
    *,
    keys: Iterable[Sequence[str]] = (("id",),),
    taken: str = "This is on file already.",
) -> list[Guard]:
    """No DELETE, no TRUNCATE, and no row written over another: what has a history stays.

    `taken` is said when a row with one of the unique `keys` is there already.
    """
    return [
        Guard(f"{table}_never_deleted", ("DELETE", "TRUNCATE"), "1 = 1", says),
        *never_written_over(table, keys=keys, says=taken),
    ]


def never_written_over(table: str, *, keys: Iterable[Sequence[str]], says: str) -> list[Guard]:
    """On SQLite, REPLACE removes the row in the way without asking any DELETE guard.

    So whatever would meet a row that has one of the table's unique `keys` is refused before;
    on PostgreSQL the unique constraint itself refuses it.
    """
    same = [" AND ".join(f"t.{column} = NEW.{column}" for column in key) for key in keys]
    there = " OR ".join(f"EXISTS (SELECT 1 FROM {table} t WHERE {one})" for one in same)
    other = " OR ".join(
        f"EXISTS (SELECT 1 FROM {table} t WHERE {one} AND t.id <> OLD.id)" for one in same
    )
    rowid = f"EXISTS (SELECT 1 FROM {table} t WHERE t.rowid = NEW.rowid)"
    return [
        Guard(f"{table}_no_replace", ("INSERT",), f"{there} OR {rowid}", says, only="sqlite"),
        Guard(
            f"{table}_no_displace",
            ("UPDATE",),
            f"NEW.rowid <> OLD.rowid OR {other}",
            says,
            only="sqlite",
        ),
    ]


def frozen(
    table: str,
    *,
    when: str,
    says: str,
    insert_when: str = "",
) -> list[Guard]:
    """A row is not changed once `when` holds (SQL over OLD).

    `insert_when` (SQL over NEW) closes the table to new rows of a closed parent.
    """
    guards = [Guard(f"{table}_frozen", ("UPDATE",), when, says)]
    if insert_when:
        guards.append(Guard(f"{table}_closed", ("INSERT", "UPDATE"), insert_when, says))
    return guards


def steps_guard(name: str, allowed: Mapping[Any, Iterable[Any]], says: str) -> Guard:
    """A row's `status` changes only along the table of allowed steps."""
    quoted = {now: ", ".join(f"'{one}'" for one in sorted(then)) for now, then in allowed.items()}
    steps = " OR ".join(
        f"(OLD.status = '{now}' AND NEW.status IN ({then}))" for now, then in quoted.items() if then
    )
    return Guard(name, ("UPDATE",), f"NEW.status <> OLD.status AND NOT ({steps})", says)


def days_apart_guards(
    name: str,
    events: tuple[str, ...],
    *,
    when: str,
    first: str,
    second: str,
    days: int,
    says: str,
) -> list[Guard]:
    """A guard in whose `when` {near} stands for: fewer than `days` lie between the dates.

    `first` and `second` are columns; the engines count days each in their own way.
    """
    near = {
        "postgresql": f"ABS({first} - {second}) < {days}",
        "sqlite": f"ABS(julianday({first}) - julianday({second})) < {days}",
    }
    return [
        Guard(name, events, when.format(near=sql), says, only=engine)
        for engine, sql in near.items()
    ]


def local_date_guards(table: str, *, instant: str, date: str) -> list[Guard]:
    """The stored clinic-local date is the date of the instant on the clinic's wall clock.

    PostgreSQL knows time zones and is exact; SQLite does not, and keeps the date within what
    any time zone allows.
    """
    says = "The date is not the clinic's date of that time."
    given = f"NEW.{instant} IS NOT NULL"
    return [
        Guard(
            f"{table}_local_{date}",
            ("INSERT", "UPDATE"),
            f"{given} AND NEW.{date} IS DISTINCT FROM (SELECT (NEW.{instant} AT TIME ZONE "
            f"c.time_zone)::date FROM clinic_clinic c WHERE c.id = NEW.clinic_id)",
            says,
            only="postgresql",
        ),
        Guard(
            f"{table}_local_{date}",
            ("INSERT", "UPDATE"),
            f"{given} AND (NEW.{date} IS NULL OR NEW.{date} NOT BETWEEN "
            f"date(NEW.{instant}, '-12 hours') AND date(NEW.{instant}, '+14 hours'))",
            says,
            only="sqlite",
        ),
    ]
