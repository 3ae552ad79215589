"""What the organization asks of everybody who works in it."""

from __future__ import annotations

import datetime as dt

from clinic.acts import act
from clinic.models import Clinic, Organization, User
from clinic.operations.every_clinic import record_everywhere
from clinic.permissions import Permission
from clinic.refusals import NotAllowed


@act("organization.set_second_factor", may=Permission.KEEP_USERS, on="clinic")
def set_second_factor_policy(
    *, clinic: Clinic, required: bool, version: int | None = None, by: User, at: dt.datetime
) -> Organization:
    """Say whether all staff log in with a second factor. Whoever has none is led to set one up
    from the next request on.

    Refuses a stale version (P12, 409), and who does not keep the users of every clinic (R54, 403).
    """
    kept = {*by.clinics_with(Permission.KEEP_USERS)}
    if Clinic.objects.filter(is_active=True).exclude(pk__in=kept).exists():
        raise NotAllowed("This concerns clinics whose users you do not keep.", rule="R54")
    held = Organization.objects.select_for_update(no_key=True).first()
    if held is None:
        # An installation from before the first start had one: it is named after its clinic.
        held = Organization(name=clinic.name, created_at=at, created_by=by)
    else:
        held.expect(version)
    before, held.mfa_required = held.mfa_required, required
    held.write()
    record_everywhere(
        "organization.set_second_factor",
        clinic=clinic,
        by=by,
        at=at,
        on=held,
        detail={"before": before, "after": required},
    )
    return held
