"""What leaves the house as a file leaves a line in the audit (P22)."""

from __future__ import annotations

import datetime as dt

from clinic import audit
from clinic.acts import act
from clinic.models import Clinic, User
from clinic.permissions import Permission


@act("cartridge.export", may=Permission.SEE_CARTRIDGE_AUDIT, on="clinic")
def export_balance(
    *,
    clinic: Clinic,
    first: dt.date,
    last: dt.date,
    by: User,
    at: dt.datetime,
    rows: str = "balance",
    lot: str = "",
) -> None:
    """Note that the cartridge audit of a period, or the `rows` behind one of its figures, left
    as a file. Both days are clinic-local and inclusive."""
    detail = {"from": first, "to": last, "rows": rows, "lot": lot}
    audit.record("cartridge.export", by=by, at=at, clinic_id=clinic.pk, detail=detail)
