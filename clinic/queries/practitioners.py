"""Practitioners, as the set-up pages show them."""

from __future__ import annotations

import datetime as dt
import uuid
from contextlib import suppress

from django.db.models import Q, QuerySet

from clinic.models import Clinic, Practitioner, User
from clinic.models.people import PractitionerQuerySet
from clinic.permissions import Permission
from clinic.queries.licenses import Standing, standing_of


def practitioners_set_up(user: User, clinic: Clinic) -> PractitionerQuerySet:
    """The clinic's practitioners, in use first, for whoever sets it up."""
    seen = Practitioner.objects.filter(clinics=clinic)
    if not user.can(Permission.SET_UP_CLINIC, clinic.pk):
        return seen.none()
    return (
        seen.select_related("user").prefetch_related("clinics").order_by("-is_active", "name", "pk")
    )


def accounts_without_lane(clinic: Clinic, *, chosen: str = "") -> QuerySet[User]:
    """People with a role in the clinic who are no practitioners yet, and who was `chosen` by
    key: a form sent twice still knows whom it meant."""
    free = Q(practitioner=None)
    with suppress(ValueError):
        free |= Q(pk=uuid.UUID(chosen))
    there = User.objects.filter(free, assignments__clinic=clinic)
    return there.distinct().order_by("name", "pk")


def licenses_of(practitioner: Practitioner, clinic: Clinic, *, today: dt.date) -> list[Standing]:
    """How her licenses stand in the clinic on that day, the longest first."""
    held = practitioner.licenses.select_related("practitioner").order_by("-expires_on", "pk")
    return [standing_of(one, state=clinic.state, today=today) for one in held]
