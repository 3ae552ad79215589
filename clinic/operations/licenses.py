"""Keeping licenses on file."""

from __future__ import annotations

import datetime as dt

from clinic import audit
from clinic.acts import act
from clinic.constraints import FIRST_DAY, LAST_DAY
from clinic.models import Clinic, License, Practitioner, User
from clinic.permissions import Permission
from clinic.refusals import Conflict, Refusal
from clinic.rules import normalize_license_number


@act("license.add", may=Permission.KEEP_LICENSES, on="clinic")
def add_license(
    *,
    clinic: Clinic,
    practitioner: Practitioner,
    kind: str,
    state: str,
    number: str,
    issued_on: dt.date,
    expires_on: dt.date,
    status: str = License.Status.ACTIVE,
    by: User,
    at: dt.datetime,
) -> License:
    """Put a license on file as printed; dates are inclusive (R17, R25).

    Refuses dates out of order or bounds (R17) and a number already on file for that state
    and kind (R17, 409).
    """
    if not practitioner.clinics.filter(pk=clinic.pk).exists():
        raise Refusal(
            f"{practitioner.name} does not work in {clinic.name}.",
            rule="P15",
            field="practitioner",
        )
    if issued_on >= expires_on:
        raise Refusal(
            "A license is issued before it expires.", rule="R17", field="expires_on"
        )
    if issued_on < FIRST_DAY or expires_on > LAST_DAY:
        raise Refusal("Use a date between 1900 and 2200.", rule="R17", field="expires_on")
    norm = normalize_license_number(number)
    if not norm:
        raise Refusal("Enter the license number as printed.", rule="R17", field="number")
    if License.objects.filter(state=state, kind=kind, number_norm=norm).exists():
        raise Conflict(
            "This license number is on file for that state and kind.",
            rule="R17",
            field="number",
            way_out="Open the license on file, or check the number.",
        )
    license = License(
        practitioner=practitioner,
        kind=kind,
        state=state,
        number_raw=number.strip(),
        issued_on=issued_on,
        expires_on=expires_on,
        status=status,
        created_at=at,
        created_by=by,
    )
    license.write()
    audit.record(
        "license.add",
        by=by,
        at=at,
        clinic_id=clinic.pk,
        on=license,
        detail={"kind": kind, "state": state, "expires_on": expires_on},
    )
    return license


@act("license.change_status", may=Permission.KEEP_LICENSES, on="clinic")
def change_license_status(
    *,
    clinic: Clinic,
    license: License,
    status: str,
    reason: str,
    version: int | None = None,
    by: User,
    at: dt.datetime,
) -> License:
    """Note that a license is suspended, lapsed, active again and so on, and why (R26).

    Past treatments keep the copy they were signed with. Refuses a stale version (P12, 409)
    and an empty reason (R26).
    """
    license = License.objects.held().get(pk=license.pk)
    license.expect(version)
    if not reason.strip():
        raise Refusal("Say why the status changes.", rule="R26", field="reason")
    before, license.status = license.status, status
    license.write(only=["status"])
    audit.record(
        "license.change_status",
        by=by,
        at=at,
        clinic_id=clinic.pk,
        on=license,
        detail={"from": before, "to": status, "reason": reason.strip()},
    )
    return license
