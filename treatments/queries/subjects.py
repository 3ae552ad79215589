"""What a code of the audit stands for in the treatment room and at the desk."""

from __future__ import annotations

import re
import uuid

from bookings.models import Appointment
from clinic.models import Clinic
from treatments.models import Cartridge, Treatment


def subjects_by_code(clinic: Clinic, code: str) -> list[str]:
    """The keys of what the audit wrote of under this code, in the clinic; at most two queries.

    A patient's code (PT-000152) stands for her visits (A-…) and charts (T-…) too; a unit's code
    (C-000012) for the unit.
    """
    if number := re.fullmatch(r"PT-([0-9]{1,9})", code):
        whose = {"clinic": clinic, "patient__clinic": clinic, "patient__number": int(number[1])}
        visits = Appointment.objects.filter(**whose).order_by().values_list("pk", flat=True)
        charts = Treatment.objects.filter(**whose).order_by().values_list("pk", flat=True)
        return [str(key) for key in (*visits, *charts)]
    if re.fullmatch(r"C-[0-9]+", code):
        units = Cartridge.objects.filter(clinic=clinic, unit_code=code)
        return [str(key) for key in units.values_list("pk", flat=True)]
    if short := re.fullmatch(r"([AT])-([0-9A-F]{8})", code):
        # A chart's and a visit's code is how its key begins.
        first, last = (uuid.UUID(short[2] + rest * 24) for rest in "0f")
        rows = (Appointment if short[1] == "A" else Treatment).objects.filter(clinic=clinic)
        return [
            str(key) for key in rows.filter(pk__range=(first, last)).values_list("pk", flat=True)
        ]
    return []
