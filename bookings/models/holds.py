"""What each appointment holds, and which areas a visit has treated."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import models
from django.db.models import F, Q

from bookings.models.appointments import Appointment
from bookings.models.offers import Offer
from bookings.rules.visit import HOLD_CAP_MIN
from clinic.constraints import Guard, NoOverlap, append_only, bounded, check, overlap_guards
from clinic.models import Clinic, Device, Patient, Practitioner, Room, Row
from clinic.models.base import ScopedQuerySet

LANES = ("practitioner", "room", "device", "patient")
TAKEN = {
    "practitioner": "The practitioner is busy at this time.",
    "room": "The room is taken at this time.",
    "device": "The device is in use at this time.",
    "patient": "The patient has another visit at this time.",
}


class HoldQuerySet(ScopedQuerySet):
    def crossing(self, starts_at: Any, ends_at: Any) -> HoldQuerySet:
        """Holds that share an instant with [starts_at, ends_at); the cap bounds the search."""
        earliest = starts_at - dt.timedelta(minutes=HOLD_CAP_MIN)
        return self.filter(starts_at__lt=ends_at, starts_at__gt=earliest, ends_at__gt=starts_at)

    def besides(self, holder: Any) -> HoldQuerySet:
        """Those of others than this visit or offer (or whichever has this key)."""
        return self.exclude(Q(appointment=holder) | Q(offer=holder))

    def release(self, holder: Appointment | Offer) -> None:
        """Give back all time that an appointment or an offer holds."""
        models.QuerySet.delete(self.filter(**{str(holder._meta.model_name): holder}))

    def pass_on(self, offer: Offer, appointment: Appointment) -> None:
        """What an offer holds belongs to the visit that it became; nobody gets in between."""
        models.QuerySet.update(self.filter(offer=offer), offer=None, appointment=appointment)


class Hold(Row):
    """One resource for one half-open stretch of time; two never overlap on one resource.

    Held by an appointment, or by an offer to someone on the waitlist.
    """

    # Each is found by an index that begins with it, below; one of its own would only be written.
    appointment = models.ForeignKey(
        Appointment,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="holds",
        db_index=False,
    )
    offer = models.ForeignKey(
        Offer, models.PROTECT, null=True, blank=True, related_name="holds", db_index=False
    )
    practitioner = models.ForeignKey(
        Practitioner, models.PROTECT, null=True, related_name="holds", db_index=False
    )
    room = models.ForeignKey(Room, models.PROTECT, null=True, related_name="holds", db_index=False)
    device = models.ForeignKey(
        Device, models.PROTECT, null=True, related_name="holds", db_index=False
    )
    patient = models.ForeignKey(
        Patient, models.PROTECT, null=True, related_name="holds", db_index=False
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    objects = HoldQuerySet.as_manager()

    class Meta:
        ordering = ["starts_at", "pk"]
        indexes = [
            models.Index(
                fields=[lane, "starts_at", "ends_at"],
                condition=Q(**{f"{lane}__isnull": False}),
                name=f"hold_by_{lane}",
            )
            for lane in LANES
        ]
        constraints = [
            *(
                NoOverlap(name=f"hold_no_overlap_{lane}", lane=lane, says=TAKEN[lane])
                for lane in LANES
            ),
            *(
                models.UniqueConstraint(
                    fields=["appointment", lane],
                    name=f"hold_{lane}_once_per_visit",
                    violation_error_message="This visit holds it already.",
                )
                for lane in LANES
            ),
            *(
                models.UniqueConstraint(
                    fields=["offer", lane],
                    name=f"hold_{lane}_once_per_offer",
                    violation_error_message="This offer holds it already.",
                )
                for lane in LANES
            ),
            check(
                "hold_for_exactly_one",
                Q(appointment__isnull=False, offer__isnull=True)
                | Q(appointment__isnull=True, offer__isnull=False),
                "A hold belongs to exactly one visit or offer.",
            ),
            check(
                "hold_of_exactly_one",
                Q(
                    *(
                        Q(
                            **{
                                f"{other}__isnull": other != lane
                                for other in ("practitioner", "room", "device", "patient")
                            }
                        )
                        for lane in ("practitioner", "room", "device", "patient")
                    ),
                    _connector=Q.OR,
                ),
                "A hold is of exactly one practitioner, room, device or patient.",
            ),
            check(
                "hold_starts_before_end",
                Q(starts_at__lt=F("ends_at")),
                "A hold starts before it ends.",
            ),
            check(
                "hold_is_capped",
                Q(ends_at__lte=F("starts_at") + dt.timedelta(minutes=HOLD_CAP_MIN)),
                "A hold lasts at most four hours.",
            ),
            bounded("hold_dates_bounded", instants=["starts_at", "ends_at"]),
        ]

    guards = [
        *overlap_guards("bookings_hold", *LANES, cap_minutes=HOLD_CAP_MIN, says=TAKEN),
        Guard(
            "hold_of_an_open_offer",
            ("INSERT", "UPDATE"),
            "NEW.offer_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM bookings_offer o "
            "JOIN bookings_waitlistentry w ON w.id = o.entry_id "
            "WHERE o.id = NEW.offer_id AND o.state = 'open' "
            "AND (NEW.practitioner_id = o.practitioner_id OR NEW.room_id = o.room_id "
            "OR NEW.device_id = o.device_id OR NEW.patient_id = w.patient_id))",
            "Only an open offer holds time: that of its practitioner, room, device and patient.",
        ),
        Guard(
            "hold_of_a_visit_that_stands",
            ("INSERT", "UPDATE"),
            "NEW.appointment_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM bookings_appointment a "
            "WHERE a.id = NEW.appointment_id AND a.status NOT IN ('cancelled', 'no_show') "
            "AND (NEW.practitioner_id = a.practitioner_id OR NEW.room_id = a.room_id "
            "OR NEW.device_id = a.device_id OR NEW.patient_id = a.patient_id))",
            "Only a visit that stands holds time: that of its practitioner, room, device and "
            "patient.",
        ),
        Guard(
            "hold_stays_where_it_is",
            ("UPDATE",),
            # What an offer holds becomes the visit's, and nothing else changes hands.
            "NEW.appointment_id <> OLD.appointment_id OR NEW.offer_id <> OLD.offer_id "
            "OR (OLD.appointment_id IS NOT NULL AND NEW.appointment_id IS NULL "
            "AND NEW.offer_id IS NOT NULL)",
            "What a visit or an offer holds is given back, never handed to another.",
        ),
    ]

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d %H:%M} to {self.ends_at:%H:%M} UTC"


class PerformedArea(Row):
    """An area of a patient that was needled, and when: what the next booking needs to know."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="performed_areas")
    appointment = models.ForeignKey(Appointment, models.PROTECT, related_name="performed_areas")
    area = models.CharField(max_length=24)
    performed_on = models.DateField()

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-performed_on", "area", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["appointment", "area"],
                name="performed_area_once_per_visit",
                violation_error_message="This area is noted for the visit.",
            ),
            bounded("performed_area_dates_bounded", days=["performed_on"]),
        ]

    guards = append_only(
        "bookings_performedarea",
        keys=[("id",), ("appointment_id", "area")],
        says="What was treated is only ever added to.",
    )

    def __str__(self) -> str:
        return f"{self.area} {self.performed_on}"
