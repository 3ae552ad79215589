"""No two rows of one lane overlap in time: exclusion on PostgreSQL, triggers on SQLite."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q

from clinic.constraints.guards import Guard


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
