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
    """The columns of a table that its seal covers: all but the seal."""
    fields = model._meta.concrete_fields
    return [field.attname for field in fields if not isinstance(field, SealField)]


def seal_of_row(row: models.Model) -> str:
    """The seal that a row has when it is as it was written."""
    fields = [one for one in row._meta.concrete_fields if not isinstance(one, SealField)]
    values = [field.to_python(getattr(row, field.attname)) for field in fields]
    return seal_of(row._meta.label, values)


class SealField(models.CharField):
    """The seal of its row, made as the row is written, alone or with many; see `seal_of`."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given | {"max_length": 64, "editable": False, "blank": True})

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        """Compute the seal from the values that go into the other columns."""
        made = seal_of_row(model_instance)
        setattr(model_instance, self.attname, made)
        return made


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat()
    if isinstance(value, (dt.date, uuid.UUID)):
        return str(value)
    return value
