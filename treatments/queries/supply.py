"""What the desk is told of the shelf: how many units, and how long they may be used."""

from __future__ import annotations

import datetime as dt

from django.db.models import Count

from clinic.models import Clinic
from treatments.models import Cartridge


def units_in_date(clinic: Clinic, on: dt.date) -> dict[dt.date, int]:
    """The units in stock that may be opened on a clinic-local date, by their last day."""
    units = Cartridge.objects.filter(
        clinic=clinic, status="in_stock", lot__status="available", lot__expires_on__gte=on
    ).order_by()
    return dict(units.values_list("lot__expires_on").annotate(n=Count("pk")))
