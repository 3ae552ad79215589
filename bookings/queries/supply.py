"""Cartridges and bookings: the provider that tells of the shelf, and how far it reaches."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from django.core.checks import CheckMessage, Error
from django.db.models import Count

from bookings.models import Appointment
from bookings.rules.status import HOLDING, Status
from bookings.rules.supply import short_on
from clinic.models import Clinic

# (clinic, on) → the units on hand that may be used on that clinic-local date, by their last day.
Supply = Callable[[Clinic, dt.date], Mapping[dt.date, int]]
# Who keeps the stock fills this when ready; the site refuses to start without it.
PROVIDERS: list[Supply] = []
# What has no unit opened for it yet.
TO_COME = [str(one) for one in HOLDING if one not in (Status.IN_TREATMENT, Status.COMPLETED)]


def has_provider(**_: Any) -> list[CheckMessage]:
    """A system check: someone tells of the shelf."""
    if len(PROVIDERS) == 1:
        return []
    says = f"The desk has {len(PROVIDERS)} providers of cartridge supply, it needs one."
    hint = "Fill bookings.queries.supply.PROVIDERS in the ready() of the app that keeps the stock."
    return [Error(says, hint=hint, id="bookings.E001")]


def short_by(last: dt.date, *, clinic: Clinic, today: dt.date, more: int = 0) -> dt.date | None:
    """The first day up to `last` whose visits find no cartridge in date; None where all do.

    `more` visits are thought of on `last` beside those that are booked. Two queries. Which
    products fit which pen is not asked: it is a warning, and an order may be on its way.
    """
    if last < today:
        return None
    (supply,) = PROVIDERS
    booked = Appointment.objects.filter(
        clinic=clinic, local_date__range=(today, last), status__in=TO_COME
    ).order_by()
    visits = dict(booked.values_list("local_date").annotate(n=Count("pk")))
    visits[last] = visits.get(last, 0) + more
    return short_on(visits, supply(clinic, today))
