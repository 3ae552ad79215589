"""When patients were here last and when they come next, for whoever looks one of them up."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from django.db.models import Max, Min, Q

from bookings.models import Appointment
from bookings.rules.status import HOLDING, Status
from clinic.queries.patients import Coming

TO_COME = [str(one) for one in HOLDING if one != Status.COMPLETED]


def comings_of(patients: Collection[uuid.UUID]) -> dict[uuid.UUID, Coming]:
    """The day of each patient's last visit that took place, and the start of the first that is
    still expected; nothing of those who have neither. One query.
    """
    if not patients:
        return {}
    last = Max("local_date", filter=Q(status=Status.COMPLETED))
    ahead = Min("starts_at", filter=Q(status__in=TO_COME))
    rows = Appointment.objects.filter(patient__in=patients).order_by().values("patient")
    found = rows.annotate(last=last, ahead=ahead).values_list("patient", "last", "ahead")
    return {key: Coming(last, ahead) for key, last, ahead in found}
