"""Whether each visit that takes time holds it: watched by readiness."""

from __future__ import annotations

import datetime as dt

from django.db.models import Count, F, Q

from bookings.models import LANES, Appointment
from bookings.rules.status import HOLDING, Status
from clinic.models import Clinic

# A hold of who and what the visit is with, and over its start.
ITS_OWN = Q(holds__starts_at__lte=F("starts_at"), holds__ends_at__gt=F("starts_at")) & Q(
    *(Q(**{f"holds__{lane}": F(lane)}) for lane in LANES), _connector=Q.OR
)


def visits_without_holds(at: dt.datetime) -> list[str]:
    """What is wrong, in words: visits ahead that do not hold exactly what they need (R47).

    Looks from yesterday on: what is past takes nobody's time any more.
    """
    ahead = {str(status) for status in HOLDING - {Status.COMPLETED}}
    loose = (
        # By clinic, because a day's visits are found by clinic and day.
        Appointment.objects.filter(
            clinic__in=list(Clinic.objects.values_list("pk", flat=True)),
            local_date__gte=(at - dt.timedelta(days=1)).date(),
            status__in=ahead,
        )
        .annotate(held=Count("holds", filter=ITS_OWN))
        .exclude(held=len(LANES))
        .count()
    )
    return [f"Visits that do not hold their time: {loose}."] if loose else []
