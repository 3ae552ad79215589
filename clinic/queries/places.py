"""Rooms, as the set-up pages list them."""

from __future__ import annotations

from django.db.models import QuerySet

from clinic.models import Clinic, Room, User
from clinic.permissions import Permission


def clinics_in_use() -> QuerySet[Clinic]:
    """Every clinic of the installation that is in use."""
    return Clinic.objects.filter(is_active=True).order_by("name", "pk")


def clinics_of(user: User) -> QuerySet[Clinic]:
    """The clinics that the user sets up."""
    return Clinic.objects.seen_by(user, Permission.SET_UP_CLINIC).order_by("name", "pk")


def rooms_of(user: User, clinic: Clinic) -> QuerySet[Room]:
    """The clinic's rooms, in use first, for whoever sets it up."""
    seen = Room.objects.seen_by(user, Permission.SET_UP_CLINIC)
    return seen.filter(clinic=clinic).order_by("-is_active", "name", "pk")
