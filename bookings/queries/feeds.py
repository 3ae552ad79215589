"""A practitioner's visits as her own calendar program asks for them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from bookings.models import Appointment, CalendarLink
from bookings.rules.calendar import Entry
from bookings.rules.status import HOLDING
from clinic.models import Practitioner, User
from clinic.permissions import Permission

# How much a calendar program is told: enough to look back a month and to plan the year.
BACK = dt.timedelta(days=31)
AHEAD = dt.timedelta(days=366)


@dataclass(frozen=True)
class Feed:
    """Whose calendar it is, in which zone it is told, and its entries."""

    practitioner: Practitioner
    zone_name: str
    entries: list[Entry]


def calendar_link_of(user: User) -> CalendarLink | None:
    """The open link to a user's own visits."""
    links = CalendarLink.objects.filter(practitioner__user=user, withdrawn_at__isnull=True)
    return links.select_related("practitioner").first()


def treats(user: User) -> bool:
    """Whether the user has a calendar of her own."""
    return Practitioner.objects.filter(user=user, is_active=True).exists()


def feed_of(digest: str, *, at: dt.datetime) -> Feed | None:
    """The visits behind a link, by its digest; three queries.

    Those of the clinics in which its owner treats now. None where no open link has it, or she
    treats nowhere any more or may not log in (P17).
    """
    link = (
        CalendarLink.objects.filter(
            digest=digest,
            withdrawn_at__isnull=True,
            practitioner__is_active=True,
            practitioner__user__is_active=True,
        )
        .select_related("practitioner__user")
        .first()
    )
    owner = link.practitioner.user if link else None
    clinics = owner.clinics_with(Permission.TREAT) if owner else []
    if link is None or not clinics:
        return None
    visits = Appointment.objects.filter(
        practitioner=link.practitioner,
        clinic__in=clinics,
        status__in=[str(status) for status in HOLDING],
        starts_at__gte=at - BACK,
        starts_at__lt=at + AHEAD,
    ).order_by("starts_at", "pk")
    rows = visits.select_related("clinic", "room")
    entries, zone = [], "UTC"
    for visit in rows:
        zone = visit.clinic.time_zone
        entries.append(
            Entry(
                uid=f"{visit.pk}-own",
                sequence=visit.version - 1,
                starts_at=visit.starts_at,
                ends_at=visit.ends_at,
                title=f"Visit {visit.code}",
                said_at=at,
                place=f"{visit.room.name}, {visit.clinic.name}",
            )
        )
    return Feed(link.practitioner, zone, entries)
