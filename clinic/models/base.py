"""What all tables share: unguessable keys, versions, and queries that know their reader."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.db import models

from clinic.permissions import Permission
from clinic.refusals import Conflict, Refusal
from clinic.rules import folded


class ScopedQuerySet(models.QuerySet[Any]):
    """Rows of a clinic, narrowed to what a person may know of."""

    clinic_path = "clinic"

    def seen_by(self, user: Any, permission: Permission) -> Self:
        """Only rows of the clinics in which the user holds the permission."""
        clinics = user.clinics_with(permission)
        return self.filter(**{f"{self.clinic_path}__in": clinics})

    def held(self, *, waiting: bool = True) -> Self:
        """Locked until the transaction ends, in key order, so that two acts never cross.

        Not `waiting`, rows that another act holds just now are passed over.
        """
        held = self.select_for_update(no_key=True, of=("self",), skip_locked=not waiting)
        return held.order_by("pk")

    def update(self, **kwargs: Any) -> int:
        """Refused: a write goes through an operation, one row at a time, with its version."""
        raise TypeError("Rows change through operations; a bulk update would pass them by.")

    def delete(self) -> tuple[int, dict[str, int]]:
        """Refused: what has a history stays."""
        raise TypeError("Nothing with a history is deleted.")


class KeptQuerySet(ScopedQuerySet):
    """For append-only tables: rows are added and read, nothing else."""


class NameKey(models.CharField):
    """What the columns `of` a row are compared by, whatever their case, made anew whenever it is
    written, one by one or in bulk; a unique constraint on it is the same on both engines.

    To the database it is a plain text, so that a migration tells of no more than that.
    """

    def __init__(self, *, of: Sequence[str] = (), **options: Any) -> None:
        self.of = tuple(of)
        super().__init__(**{"max_length": 500, "editable": False} | options)

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        key = self.clean(None, model_instance)
        setattr(model_instance, self.attname, key)
        return key

    def clean(self, value: Any, model_instance: models.Model | None) -> str:
        return folded(*(getattr(model_instance, name) for name in self.of))

    def deconstruct(self) -> tuple[Any, ...]:
        name, _path, args, options = super().deconstruct()
        return name, "django.db.models.CharField", args, options


class Row(models.Model):
    """A row with an unguessable key."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)

    class Meta:
        abstract = True

    def check_fields(self, *, only: list[str] | None = None) -> None:
        """Refuse (422) a value that its field cannot hold, beside that field."""
        relations = [f.name for f in self._meta.fields if f.is_relation]
        unchecked = [f.name for f in self._meta.fields if only is not None and f.name not in only]
        try:
            self.clean_fields(exclude={*relations, *unchecked})
        except ValidationError as error:
            field, problems = next(iter(error.message_dict.items()))
            raise Refusal(problems[0], rule="input", field=field) from error

    def write(self, *, only: list[str] | None = None) -> None:
        """Check the fields' values, then save; the database judges the constraints.

        A value that a field refuses becomes a Refusal beside that field (422), not a crash.
        """
        if only is not None:
            keys = (one for one in self._meta.fields if isinstance(one, NameKey))
            only = [*only, *(key.name for key in keys if {*key.of} & {*only})]
        self.check_fields(only=only)
        self.save(force_insert=self._state.adding, update_fields=only)


class Record(Row):
    """A row that people edit: it counts its versions, so that a stale save is seen (P12)."""

    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        abstract = True

    def expect(self, version: int | None) -> None:
        """Refuse (P12, 409) when the page was made from an older version of this row."""
        if version is not None and version != self.version:
            raise Conflict(
                "Someone changed this record after you opened it.",
                rule="P12",
                way_out="Compare with what is there now, then save again.",
            )

    def write(self, *, only: list[str] | None = None) -> None:
        if not self._state.adding:
            self.version += 1
            only = None if only is None else [*only, "version"]
        super().write(only=only)


class FromCatalog(Record):
    """What ships with the product as data, versioned and cited, and may be edited here.

    `catalog` names the line it came from ("" for what a clinic added), `catalog_version` the
    version that was loaded; what was `edited` here no later version overwrites.
    """

    catalog = models.CharField(max_length=60, blank=True, editable=False)
    catalog_version = models.PositiveSmallIntegerField(default=0, editable=False)
    edited = models.BooleanField(default=False, editable=False)
    source = models.CharField(max_length=200, blank=True)

    class Meta:
        abstract = True
