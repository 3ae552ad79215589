"""What one row of one table must satisfy: the CHECKs, each with its sentence."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import models
from django.db.models import Q

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
