"""Whole tables as rows of plain values that read the same on SQLite and PostgreSQL.

The values are those that SQLite keeps: numbers, texts, 0 and 1, a UUID as 32 hex digits, an
instant as a text in UTC. PostgreSQL is asked for the same, and understands them when they
come back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

# What no backup holds: an old session would let somebody in, and counts of wrong passwords are
# of no use tomorrow. After a restore everybody logs in again.
LEFT_OUT = frozenset({"django_session", "clinic_cache"})
PORTION = 2000

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Table:
    """A table: its columns by name, each with the engine's type, and those of its key."""

    name: str
    types: dict[str, str]
    key: tuple[str, ...]

    @property
    def columns(self) -> list[str]:
        return list(self.types)


def all_tables(connection: Any) -> list[Table]:
    """Every table that a backup holds, by name; the columns of each by name."""
    with connection.cursor() as cursor:
        names = sorted(set(connection.introspection.table_names(cursor)) - LEFT_OUT)
        read = _columns_sqlite if connection.vendor == "sqlite" else _columns_postgresql
        found = {name: read(cursor, name) for name in names}
    return [
        Table(
            name,
            {column: kind for column, kind, _key in sorted(columns)},
            tuple(column for column, _kind, key in columns if key),
        )
        for name, columns in found.items()
    ]


def _columns_sqlite(cursor: Any, table: str) -> list[tuple[str, str, bool]]:
    cursor.execute("SELECT name, type, pk > 0 FROM pragma_table_info(%s)", [table])
    return [(name, kind, bool(key)) for name, kind, key in cursor.fetchall()]


def _columns_postgresql(cursor: Any, table: str) -> list[tuple[str, str, bool]]:
    cursor.execute(
        "SELECT a.attname, format_type(a.atttypid, NULL), EXISTS (SELECT 1 FROM pg_index i "
        "WHERE i.indrelid = a.attrelid AND i.indisprimary AND a.attnum = ANY (i.indkey)) "
        "FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE c.relname = %s "
        "AND pg_table_is_visible(c.oid) AND a.attnum > 0 AND NOT a.attisdropped "
        "AND a.attgenerated = ''",
        [table],
    )
    return list(cursor.fetchall())


def count(connection: Any, table: Table) -> int:
    """How many rows the table has."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table.name)}")  # noqa: S608
        return int(cursor.fetchone()[0])


def rows(connection: Any, table: Table) -> Iterator[Row]:
    """Every row of the table, in the order of its key, which is the same on both engines."""
    quote = connection.ops.quote_name
    if connection.vendor == "sqlite":
        # A plus sign changes no value; it hides from the driver what type the column declares,
        # so that what is kept arrives as it is kept.
        values = [f"+{quote(column)}" for column in table.columns]
        order = [quote(column) for column in table.key]
    else:
        values = [_as_sqlite(quote(column), kind) for column, kind in table.types.items()]
        texts = {"text", "character varying", "character"}
        order = [
            quote(column) + (' COLLATE "C"' if table.types[column] in texts else "")
            for column in table.key
        ]
    by = f" ORDER BY {', '.join(order)}" if order else ""
    with connection.chunked_cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(values)} FROM {quote(table.name)}{by}")  # noqa: S608 - names from the database's own catalog
        while portion := cursor.fetchmany(PORTION):
            yield from portion


def _as_sqlite(column: str, kind: str) -> str:
    """SQL of PostgreSQL for the value as SQLite would keep it."""
    seconds = (
        "to_char({0}, '{1}') || CASE WHEN to_char({0}, 'US') = '000000' THEN '' "
        "ELSE to_char({0}, '.US') END"
    )
    match kind:
        case "smallint" | "integer" | "bigint" | "text" | "character varying" | "bytea":
            return column
        case "double precision" | "real":
            return column
        case "boolean":
            return f"{column}::int"
        case "uuid":
            return f"replace({column}::text, '-', '')"
        case "timestamp with time zone":
            finite = seconds.format(f"({column} AT TIME ZONE 'UTC')", "YYYY-MM-DD HH24:MI:SS")
            return f"CASE WHEN isfinite({column}) THEN {finite} ELSE {column}::text END"
        case "time without time zone":
            return seconds.format(column, "HH24:MI:SS")
        case "inet":
            alone = f"{column} = host({column})::inet"
            return f"CASE WHEN {alone} THEN host({column}) ELSE {column}::text END"
        case _:
            return f"{column}::text"


def clear(connection: Any, tables: Iterable[Table]) -> None:
    """Take out the rows that a migration may have put in."""
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(table.name)}")  # noqa: S608


def load(connection: Any, table: Table, found: Iterator[Row]) -> None:
    """Put rows, as `rows` gives them, into the table."""
    quote = connection.ops.quote_name
    columns = ", ".join(map(quote, table.columns))
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            places = ", ".join(["%s"] * len(table.columns))
            cursor.executemany(
                f"INSERT INTO {quote(table.name)} ({columns}) VALUES ({places})",  # noqa: S608
                found,
            )
            return
        with cursor.copy(f"COPY {quote(table.name)} ({columns}) FROM STDIN") as copy:
            for row in found:
                copy.write_row(row)
        for column, kind in table.types.items():
            if column in table.key and kind in {"integer", "bigint"}:
                _count_on(cursor, quote(table.name), quote(column))


def _count_on(cursor: Any, table: str, column: str) -> None:
    """The next number that PostgreSQL gives out follows the highest that is there."""
    cursor.execute(
        "SELECT setval(s, m) FROM (SELECT pg_get_serial_sequence(%s, %s) AS s, "  # noqa: S608
        f"(SELECT max({column}) FROM {table}) AS m) AS found "
        "WHERE s IS NOT NULL AND m IS NOT NULL",
        [table, column.strip('"')],
    )


def lock_all(connection: Any) -> None:
    """Keep everybody else from every table of a PostgreSQL database until the transaction ends."""
    with connection.cursor() as cursor:
        names = sorted(connection.introspection.table_names(cursor))
        if names:
            every = ", ".join(map(connection.ops.quote_name, names))
            cursor.execute(f"LOCK TABLE {every} IN ACCESS EXCLUSIVE MODE")


def drop_all(connection: Any) -> None:
    """Take away every table of a PostgreSQL database; in a transaction, like all of a restore."""
    with connection.cursor() as cursor:
        names = connection.introspection.table_names(cursor)
        for name in names:
            cursor.execute(f"DROP TABLE IF EXISTS {connection.ops.quote_name(name)} CASCADE")


def filled(connection: Any) -> list[str]:
    """The tables with rows in them, but for those that a first `migrate` fills."""
    made = {"django_migrations", "django_content_type", "auth_permission"} | LEFT_OUT
    with connection.cursor() as cursor:
        found = []
        for name in sorted(set(connection.introspection.table_names(cursor)) - made):
            cursor.execute(f"SELECT 1 FROM {connection.ops.quote_name(name)} LIMIT 1")  # noqa: S608
            if cursor.fetchone():
                found.append(name)
    return found
