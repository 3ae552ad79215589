"""Rooms, as the set-up pages list them."""

from __future__ import annotations

from django.db.models import QuerySet

from clinic.models import Clinic, Room, User
from clinic.permissions import Permission


def rooms_of(user: User, clinic: Clinic) -> QuerySet[Room]:
    """The clinic's rooms, in use first, for whoever sets it up."""
    seen = Room.objects.seen_by(user, Permission.SET_UP_CLINIC)
    return seen.filter(clinic=clinic).order_by("-is_active", "name", "pk")
