"""What only a printed day needs of its visits."""

from __future__ import annotations

import datetime as dt
import uuid

from bookings.models import Appointment
from clinic.models import Clinic
from clinic.models.places import dialed
from clinic.rules import short_date


def contacts_of(*, clinic: Clinic, day: dt.date) -> dict[uuid.UUID, dict[str, str]]:
    """How the patients of a clinic-local day are told apart and reached; by appointment."""
    rows = Appointment.objects.on_day(clinic, day).values_list(
        "pk",
        "patient__number",
        "patient__birth_date",
        "patient__phone",
        "note",
    )
    return {
        key: {
            "code": f"PT-{number:06d}",
            "born": short_date(born),
            "phone": dialed(phone),
            "note": note,
        }
        for key, number, born, phone, note in rows
    }


def clinics_in_use() -> list[Clinic]:
    """All clinics that are in use, in name order."""
    return list(Clinic.objects.filter(is_active=True).order_by("name", "pk"))
