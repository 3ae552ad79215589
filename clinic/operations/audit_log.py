"""Reading the audit log is itself an act: who looked for what stays on record (P22)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from clinic import audit
from clinic.acts import act
from clinic.models import Clinic, User
from clinic.permissions import Permission


@act("audit.search", may=Permission.SEE_AUDIT, on="clinic")
def search_audit(*, clinic: Clinic, filters: dict[str, Any], by: User, at: dt.datetime) -> None:
    """Note that the clinic's audit log, or the system's, was searched, and by what filters."""
    audit.record("audit.search", by=by, at=at, clinic_id=clinic.pk, detail=filters)


@act("audit.export", may=Permission.SEE_AUDIT, on="clinic")
def export_audit(*, clinic: Clinic, filters: dict[str, Any], by: User, at: dt.datetime) -> None:
    """Note that the rows found by these filters left the house as a file."""
    audit.record("audit.export", by=by, at=at, clinic_id=clinic.pk, detail=filters)
