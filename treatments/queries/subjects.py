"""What a code of the audit stands for in the treatment room and at the desk."""

from __future__ import annotations

import re
import uuid

from bookings.models import Appointment
from clinic.models import Clinic
from clinic.queries.audit_log import Subjects, patient_number
from treatments.models import Cartridge, CartridgeLot, Treatment


def subjects_by_code(clinic: Clinic, typed: str) -> Subjects | None:
    """What the audit wrote of under this code, in the clinic; at most two queries.

    A patient's code (PT-000152) stands for her visits (A-…) and charts (T-…) too; a unit's code
    (C-000012) for the unit.
    """
    number = patient_number(typed)
    if number is not None:
        whose = {"clinic": clinic, "patient__clinic": clinic, "patient__number": number}
        visits = Appointment.objects.filter(**whose).order_by().values_list("pk", flat=True)
        charts = Treatment.objects.filter(**whose).order_by().values_list("pk", flat=True)
        return Subjects(f"PT-{number:06d}", [str(key) for key in (*visits, *charts)])
    code = typed.upper()
    if re.fullmatch(r"C-[0-9]{6,}", code):
        units = Cartridge.objects.filter(clinic=clinic, unit_code=code)
        return Subjects(code, [str(key) for key in units.values_list("pk", flat=True)])
    if short := re.fullmatch(r"([AT])-([0-9A-F]{8})", code):
        # A chart's and a visit's code is how its key begins.
        first, last = (uuid.UUID(short[2] + rest * 24) for rest in "0f")
        rows = (Appointment if short[1] == "A" else Treatment).objects.filter(clinic=clinic)
        found = rows.filter(pk__range=(first, last)).values_list("pk", flat=True)
        return Subjects(code, [str(key) for key in found])
    return None


def lots_by_code(clinic: Clinic, typed: str) -> Subjects | None:
    """The clinic's lots of that number, exactly as encoded (R16)."""
    found = CartridgeLot.objects.filter(clinic=clinic, lot=typed).values_list("pk", flat=True)
    keys = [str(key) for key in found]
    return Subjects(typed, keys) if keys else None
