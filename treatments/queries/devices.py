"""When a device was cleaned, by whom and with what."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db.models import Max, QuerySet

from clinic.models import Clinic, Device
from treatments.models import DeviceCleaning

SHOWN = 10


def cleanings_of(device: Device) -> QuerySet[DeviceCleaning]:
    """The last few, the newest first."""
    found = DeviceCleaning.objects.filter(device=device).select_related("cleaned_by")
    return found.order_by("-cleaned_at", "pk")[:SHOWN]


def last_cleaned(clinic: Clinic) -> dict[uuid.UUID, dt.datetime]:
    """When each device of the clinic was last cleaned, by its key; one query."""
    found = DeviceCleaning.objects.filter(clinic=clinic).order_by()
    return dict(found.values_list("device").annotate(last=Max("cleaned_at")))
