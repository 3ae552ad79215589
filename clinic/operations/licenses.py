"""Keeping licenses on file."""

from __future__ import annotations

import datetime as dt
from typing import Any

from clinic import audit
from clinic.acts import act
from clinic.constraints import FIRST_DAY, LAST_DAY
from clinic.models import Clinic, License, Practitioner, RoleAssignment, User
from clinic.permissions import MAY, Permission, Role
from clinic.refusals import Conflict, Refusal
from clinic.rules import normalize_license_number, say_date

KEEPERS = [role for role in Role if Permission.KEEP_LICENSES in MAY[role]]


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

    Refuses someone who does not work in this clinic (P15), a state whose licenses of hers a
    clinic there keeps (R54), dates out of order or bounds (R17), and a number already on file for
    that state and kind (R17, 409).
    """
    if not practitioner.clinics.filter(pk=clinic.pk).exists():
        raise Refusal(
            f"{practitioner.name} does not work in {clinic.name}.",
            rule="P15",
            field="practitioner",
        )
    _refuse_elsewhere(practitioner, state, by, field="state")
    if issued_on >= expires_on:
        raise Refusal("A license is issued before it expires.", rule="R17", field="expires_on")
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
    told = {"kind": kind, "state": state, "expires_on": expires_on}
    _record("license.add", license, clinic, by=by, at=at, detail=told)
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

    Past treatments keep the copy they were signed with. Refuses a license of someone who
    works elsewhere (P15), a stale version (P12, 409), one that a clinic of its state keeps (R54),
    an empty reason (R26), and a change to what it is already (R26).
    """
    license = _held(license, clinic, version, by)
    if not reason.strip():
        raise Refusal("Say why the status changes.", rule="R26", field="reason")
    if status == license.status:
        raise Refusal(
            f"The license is {license.get_status_display().lower()} already.",
            rule="R26",
            field="status",
        )
    before, license.status = license.status, status
    license.write(only=["status"])
    told = {"from": before, "to": status, "reason": reason.strip()}
    _record("license.change_status", license, clinic, by=by, at=at, detail=told)
    return license


@act("license.renew", may=Permission.KEEP_LICENSES, on="clinic")
def renew_license(
    *,
    clinic: Clinic,
    license: License,
    expires_on: dt.date,
    version: int | None = None,
    by: User,
    at: dt.datetime,
) -> License:
    """Note the new last day that a renewed license bears; the printed day counts (R25).

    Refuses a license of someone who works elsewhere (P15), a stale version (P12, 409), one that
    a clinic of its state keeps (R54), a day that is not later than the one on file, and one after
    2200 (R25).
    """
    license = _held(license, clinic, version, by)
    if expires_on > LAST_DAY:
        raise Refusal("Use a date between 1900 and 2200.", rule="R25", field="expires_on")
    if expires_on <= license.expires_on:
        raise Refusal(
            f"A renewal ends later than {say_date(license.expires_on)}, the day on file.",
            rule="R25",
            field="expires_on",
        )
    before, license.expires_on = license.expires_on, expires_on
    license.write(only=["expires_on"])
    told = {"from": before, "to": expires_on}
    _record("license.renew", license, clinic, by=by, at=at, detail=told)
    return license


def _held(license: License, clinic: Clinic, version: int | None, by: User) -> License:
    held = License.objects.held().select_related("practitioner").get(pk=license.pk)
    if not held.practitioner.clinics.filter(pk=clinic.pk).exists():
        raise Refusal(f"{held.practitioner.name} does not work in {clinic.name}.", rule="P15")
    held.expect(version)
    _refuse_elsewhere(held.practitioner, held.state, by)
    return held


def _refuse_elsewhere(
    practitioner: Practitioner, state: str, by: User, field: str | None = None
) -> None:
    """On a license rests who treats in the clinics of its state: where she works in one, it is
    kept by who keeps a clinic's licenses there. Where nobody could, by any clinic of hers."""
    if Clinic.objects.filter(pk__in=by.clinics_with(Permission.KEEP_LICENSES), state=state):
        return
    there = practitioner.clinics.filter(is_active=True, state=state)
    keepers = RoleAssignment.objects.filter(role__in=KEEPERS, user__is_active=True)
    if keepers.filter(clinic__in=there).exists():
        raise Refusal(
            f"{practitioner.name} works in a clinic in {state} whose licenses you do not keep.",
            rule="R54",
            field=field,
            way_out="Ask the manager of that clinic to enter it.",
        )


def _record(
    action: str, license: License, clinic: Clinic, *, by: User, at: dt.datetime, detail: Any
) -> None:
    """One event in the chain of each clinic in which its holder works."""
    works_in = license.practitioner.clinics.values_list("pk", flat=True)
    audit.record_in({clinic.pk, *works_in}, action, by=by, at=at, on=license, detail=detail)
