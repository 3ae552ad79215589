"""When patients were here last and when they come next, for whoever looks one of them up."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from django.db.models import Max, Min, Q

from bookings.models import Appointment
from bookings.rules.status import HOLDING, Status
from clinic.models import Patient
from clinic.queries.patients import Coming

TO_COME = [str(one) for one in HOLDING if one != Status.COMPLETED]


def comings_of(patients: Collection[uuid.UUID]) -> dict[uuid.UUID, Coming]:
    """The day of each patient's last visit that took place, and the start of the first that is
    still expected; nothing of those who have neither. Visits under a number that was merged into
    hers are hers (R57). Two queries.
    """
    if not patients:
        return {}
    merged = Patient.objects.filter(merged_into__in=patients).order_by()
    whose = {key: key for key in patients} | dict(merged.values_list("pk", "merged_into"))
    last = Max("local_date", filter=Q(status=Status.COMPLETED))
    ahead = Min("starts_at", filter=Q(status__in=TO_COME))
    rows = Appointment.objects.filter(patient__in=whose).order_by().values("patient")
    found: dict[uuid.UUID, Coming] = {}
    for key, was, comes in rows.annotate(last=last, ahead=ahead).values_list(
        "patient", "last", "ahead"
    ):
        hers = found.get(whose[key], Coming(None, None))
        lasts = [day for day in (hers.last, was) if day]
        nexts = [start for start in (hers.next, comes) if start]
        found[whose[key]] = Coming(max(lasts, default=None), min(nexts, default=None))
    return found
