"""Queries whose SQL is made once and then only filled in, and planned once.

Django builds the SQL of a query anew each time it is asked, and a PostgreSQL server plans it anew.
For one with many conditions that costs more than running it, and a page that many wait for asks
such a query again and again.
"""

from __future__ import annotations

import datetime as dt
import functools
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import (
    DateField,
    DateTimeField,
    Expression,
    Field,
    QuerySet,
    TextField,
    UUIDField,
)
from django.db.models.query import ModelIterable, get_related_populators

# Tuples of a `values_list`, or rows of a model.
Rows = list[Any]
# The values that may differ from one time to the next, by their exact type.
FIELDS: dict[type, Field[Any, Any]] = {
    uuid.UUID: UUIDField(),
    dt.datetime: DateTimeField(),
    dt.date: DateField(),
    str: TextField(),
}
NOTHING = dt.timedelta(0)
# Lists of other lengths are other queries: beyond so many of one kind all are made anew.
MOST_SHAPES = 300


class Given(Expression):
    """The place of a value that is not known yet; a span of time can be taken from it."""

    def __init__(self, name: str, index: int | None, kind: type, more: dt.timedelta = NOTHING):
        super().__init__(output_field=FIELDS[kind])
        self.name, self.index, self.kind, self.more = name, index, kind, more

    # Django would let the database add; here it is done before the database is asked.
    def __sub__(self, less: dt.timedelta) -> Given:  # type: ignore[override]
        return Given(self.name, self.index, self.kind, self.more - less)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        return "%s", (self,)

    def filled(self, given: dict[str, Any]) -> Any:
        """The value itself, as the database takes it."""
        value = given[self.name] if self.index is None else given[self.name][self.index]
        if self.more:
            value += self.more
        return self.output_field.get_db_prep_value(value, connection)


class GivenList(Expression):
    """The places of the values of a list, for `__in`."""

    def __init__(self, places: Sequence[Given]):
        super().__init__(output_field=places[0].output_field if places else UUIDField())
        self.places = places

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        if not self.places:
            raise EmptyResultSet
        return f"({', '.join(['%s'] * len(self.places))})", (*self.places,)


@dataclass(frozen=True)
class _Made:
    """The SQL of one shape of a query; "" where nothing can ever fit."""

    sql: str
    places: Sequence[Any]
    compiler: Any = None
    converters: Any = None
    made_of: Callable[[Any], Any] = tuple
    locks: bool = False

    def rows(self, given: dict[str, Any]) -> Rows:
        if not self.sql:
            return []
        if self.locks and not connection.in_atomic_block:
            raise transaction.TransactionManagementError("A lock needs a transaction.")
        with connection.cursor() as cursor, planned_once():
            cursor.execute(
                self.sql,
                [one.filled(given) if isinstance(one, Given) else one for one in self.places],
            )
            found: Rows = cursor.fetchall()
        if self.converters:
            return [*map(self.made_of, self.compiler.apply_converters(found, self.converters))]
        return found if self.made_of is tuple else [*map(self.made_of, found)]


@contextmanager
def planned_once() -> Iterator[None]:
    """What is asked within, the server plans once for each connection, where it keeps plans
    (`DATABASE_PREPARE`). For a query that is right to answer in one way, whatever it is filled
    with: what goes by a key. A list with filters is planned for what is asked for.
    """
    if not connection.settings_dict["OPTIONS"].get("server_side_binding"):
        yield
        return
    server: Any = connection.connection
    server.prepare_threshold = 0
    try:
        yield
    finally:
        server.prepare_threshold = None


def prepared(build: Callable[..., QuerySet[Any, Any]]) -> Callable[..., Rows]:
    """Make a function from values to a query into one from values to its rows.

    The query is a `values_list`, or rows of a model, with `select_related` where wanted; where it
    locks, it is asked in a transaction.
    `build` runs once for each shape of its arguments, with places (`Given`) instead of keys,
    texts, dates, instants and lists of these: it can put them into conditions and take a span
    of time from them, but not look at them. What is neither (None, a truth) it sees as it is.
    """
    known: dict[tuple[Any, ...], _Made] = {}

    @functools.wraps(build)
    def rows(**given: Any) -> Rows:
        shape = (connection.vendor, *((name, _shape(one)) for name, one in given.items()))
        made = known.get(shape)
        if made is None:
            if len(known) >= MOST_SHAPES:
                known.clear()
            made = known[shape] = _make(build(**{n: _place(n, one) for n, one in given.items()}))
        return made.rows(given)

    return rows


def _shape(value: Any) -> Any:
    if isinstance(value, list):
        return len(value), type(value[0]) if value else None
    return type(value) if type(value) in FIELDS else value


def _place(name: str, value: Any) -> Any:
    if isinstance(value, list):
        return GivenList([Given(name, n, type(one)) for n, one in enumerate(value)])
    return Given(name, None, type(value)) if type(value) in FIELDS else value


def _make(query: QuerySet[Any, Any]) -> _Made:
    compiler = query.query.get_compiler(query.db)
    try:
        sql, places = compiler.as_sql()
    except EmptyResultSet:
        return _Made("", ())
    if compiler.has_extra_select:
        raise TypeError("A prepared query is ordered by what it selects.")
    chosen = [one for one, _sql, _alias in compiler.select[: compiler.col_count]]
    converters = compiler.get_converters(chosen)
    whole = issubclass(query._iterable_class, ModelIterable)
    made_of = _maker(query, compiler) if whole else tuple
    return _Made(sql, places, compiler, converters, made_of, query.query.select_for_update)


def _maker(query: QuerySet[Any, Any], compiler: Any) -> Callable[[Any], Any]:
    """What makes a model's row of the values, as the query itself would."""
    told, db = compiler.klass_info, query.db
    model, first, last = told["model"], told["select_fields"][0], told["select_fields"][-1] + 1
    names = [column.target.attname for column, _sql, _alias in compiler.select[first:last]]
    # The stubs know a later Django's.
    related = get_related_populators(told, compiler.select, db)  # type: ignore[call-arg]
    more = list(compiler.annotation_col_map.items())

    def make(row: Any) -> Any:
        made = model.from_db(db, names, row[first:last])
        for one in related:
            one.populate(row, made)
        for name, position in more:
            setattr(made, name, row[position])
        return made

    return make
