"""The first start of an installation: nobody is there yet who could allow it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from clinic import audit
from clinic.models import Clinic, Organization, RoleAssignment, User
from clinic.permissions import Role
from clinic.refusals import Conflict


def first_start(
    *,
    organization: str,
    clinic_name: str,
    state: str,
    time_zone: str,
    name: str,
    email: str,
    password: str,
    also: Sequence[Role],
    at: dt.datetime,
) -> User:
    """Make the organization, its first clinic and its first administrator, all or nothing.

    She is the administrator, and what `also` names: whoever begins alone may do all of it; from
    then on nobody gives herself a role. Refuses where anybody is on file already (R54, 409): of
    two who begin at once, one does.
    """
    try:
        with transaction.atomic():
            if User.objects.exists() or Clinic.objects.exists():
                raise _begun()
            user = User(email=email.strip(), name=name.strip())
            user.set_password(password)
            user.write()
            Organization(name=organization.strip(), created_at=at, created_by=user).write()
            code = slugify(clinic_name)[:20].strip("-") or "clinic"
            clinic = Clinic(code=code, name=clinic_name.strip(), state=state, time_zone=time_zone)
            clinic.write()
            roles = {Role.ADMINISTRATOR, *also}
            for role in sorted(roles):
                RoleAssignment(user=user, clinic=clinic, role=role).write()
            said = {"clinic": clinic.code, "roles": sorted(roles)}
            audit.record("organization.begin", by=user, at=at, clinic_id=None, on=user, detail=said)
            audit.record("clinic.add", by=user, at=at, clinic_id=clinic.pk, on=clinic, detail=said)
    except IntegrityError as lost:
        raise _begun() from lost
    return user


def _begun() -> Conflict:
    return Conflict(
        "This installation is set up already.", rule="R54", way_out="Log in, or ask who set it up."
    )
