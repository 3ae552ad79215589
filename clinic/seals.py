"""Seals: a keyed digest of a row, so that nobody without the key writes or edits one unseen.

The key (`AUDIT_KEY`) is not in the database. Whoever can write to the database can remove its
guards, but cannot make the seal of what he wrote (P11, P23).
"""

from __future__ import annotations

import datetime as dt
import hmac
import json
import uuid
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import models

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode


def digest(text: str) -> str:
    """The keyed digest of a text, in hex."""
    return hmac.digest(settings.AUDIT_KEY.encode(), text.encode(), "sha256").hex()


def seal_of(kind: str, values: Iterable[Any]) -> str:
    """The seal of a row: of what kind it is, and its values in the order of `sealed_columns`."""
    return digest(_encode([kind, *map(_plain, values)]))


def sealed_columns(model: type[models.Model]) -> list[str]:
    """The columns of a table that its seal covers: those it names, or all but itself."""
    return [field.attname for field in _sealed_fields(model)]


def seal_of_row(row: models.Model) -> str:
    """The seal that a row has when it is as it was written."""
    fields = _sealed_fields(type(row))
    values = [field.to_python(getattr(row, field.attname)) for field in fields]
    return seal_of(row._meta.label, values)


class SealField(models.CharField):
    """The seal of its row, made as the row is written, alone or with many; see `seal_of`.

    In a row that goes on changing, `of` names the columns that never do. It is made once, when
    the row is added: a later save would seal what was forged in between.
    """

    def __init__(self, *, of: Iterable[str] = (), **given: Any) -> None:
        self.of = tuple(of)
        super().__init__(**given | {"max_length": 64, "editable": False, "blank": True})

    def deconstruct(self) -> Any:
        """The field as a migration writes it, with the columns it covers."""
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, kwargs | ({"of": self.of} if self.of else {})

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        """Compute the seal from the values that go into the other columns."""
        if add:
            setattr(model_instance, self.attname, seal_of_row(model_instance))
        made: str = getattr(model_instance, self.attname)
        return made


def _sealed_fields(model: type[models.Model]) -> list[Any]:
    fields = model._meta.concrete_fields
    of = next((one.of for one in fields if isinstance(one, SealField)), ())
    if of:
        return [model._meta.get_field(name) for name in of]
    return [field for field in fields if not isinstance(field, SealField)]


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat()
    if isinstance(value, (dt.date, uuid.UUID)):
        return str(value)
    return value
