"""Whose chart a person may open now: what the lists, the start page and the card offer."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from bookings.models import Appointment
from bookings.rules.status import awaits_chart
from clinic.models import Clinic, User
from clinic.permissions import Permission
from clinic.rules import covers


@dataclass(frozen=True)
class ToOpen:
    """The visits whose chart may be opened at this moment.

    `unlicensed`: someone waits, but the person's license does not cover the day, and why.
    """

    visits: frozenset[uuid.UUID] = frozenset()
    unlicensed: str = ""


def charts_to_open(
    visits: Iterable[Appointment], *, user: User, clinic: Clinic, on: dt.date
) -> ToOpen:
    """Of these visits those whose chart the user may open on that clinic-local day: her own,
    of who is here (R46, R52), under her license (R17, R18, R25).

    One query, or none where nobody waits for her; each visit comes with its practitioner.
    """
    waiting = [
        one
        for one in visits
        if one.practitioner.user_id == user.pk
        and awaits_chart(
            one.status,
            chart_open=one.chart_opened_at is not None,
            on_the_day=one.local_date == on,
        )
    ]
    if not waiting or not user.can(Permission.TREAT, clinic.pk):
        return ToOpen()
    who = waiting[0].practitioner
    verdict = covers(who.licenses.all(), name=who.name, state=clinic.state, on=on)
    if not verdict.allowed:
        return ToOpen(unlicensed=verdict.reason)
    return ToOpen(visits=frozenset(one.pk for one in waiting))
