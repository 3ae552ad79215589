"""People on the waitlist and offers made to them, for the tests."""

from __future__ import annotations

import datetime as dt
from typing import Any
from unittest import mock

from bookings import operations
from bookings.models import Offer, WaitlistEntry
from clinic.models import Patient
from tests import factories
from tests.cast import NOW, TODAY, Cast

MINUTE = dt.timedelta(minutes=1)
# Noon in Austin.
NOON = NOW + 180 * MINUTE
SECRET = "a-secret-that-nobody-finds"


def wait(cast: Cast, patient: Patient | None = None, **given: Any) -> WaitlistEntry:
    """Someone (Siobhán, who reads email) who waits for Austin's long service."""
    return operations.add_to_waitlist(
        **{
            "clinic": cast.clinic,
            "patient": patient or cast.siobhan,
            "service": cast.service,
            "first_on": TODAY,
            "by": cast.reception,
            "at": NOW,
            **given,
        }
    )


def offer(cast: Cast, entry: WaitlistEntry, *, secret: str = SECRET, **given: Any) -> Offer:
    """Noon with Ana, offered to someone, with a link that the test knows."""
    with mock.patch("secrets.token_urlsafe", return_value=secret):
        return operations.offer_time(
            **{
                "entry": entry,
                "practitioner": cast.ana,
                "starts_at": NOON,
                "by": cast.reception,
                "at": NOW,
                **given,
            }
        )


def someone(cast: Cast, n: int) -> Patient:
    """Another patient who reads email."""
    return factories.patient(
        cast.clinic, f"Ida {n}", "Berg", by=cast.manager, email=f"ida{n}@example.org"
    )
