"""What leaves the house on paper leaves a line in the audit (P22)."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from clinic import audit
from clinic.acts import act
from clinic.models import Clinic, User
from clinic.permissions import Permission


@act("day.print", may=Permission.SEE_DAY, on="clinic")
def print_day(*, clinic: Clinic, day: dt.date, paper: str, by: User, at: dt.datetime) -> None:
    """Note that the picture of a clinic-local day was printed: who comes, when, to whom."""
    detail = {"day": day, "paper": paper}
    audit.record("day.print", by=by, at=at, clinic_id=clinic.pk, detail=detail)


@act("day.print_outage", may=Permission.SEE_PATIENTS, on="clinic")
def print_outage_sheet(
    *, clinic: Clinic, day: dt.date, paper: str, by: User, at: dt.datetime
) -> None:
    """Note that a clinic-local day was printed with its patients' birth dates and phones."""
    detail = {"day": day, "paper": paper}
    audit.record("day.print_outage", by=by, at=at, clinic_id=clinic.pk, detail=detail)


def keep_outage_sheet(*, clinic: Clinic, day: dt.date, at: dt.datetime) -> None:
    """Note that the sheet for an outage was put away by itself, at closing time."""
    with transaction.atomic():
        detail = {"day": day}
        audit.record("day.keep_outage", by=None, at=at, clinic_id=clinic.pk, detail=detail)
