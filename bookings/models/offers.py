"""A time that is held for someone who waits."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from bookings.models.appointments import Appointment
from bookings.models.waitlist import WaitlistEntry
from bookings.rules.visit import (
    CHECK_IN_MAX_MIN,
    CLEAN_DOWN_MAX_MIN,
    LONGEST_MIN,
    NUMBING_MAX_MIN,
    SHORTEST_MIN,
    Lanes,
    lanes,
)
from bookings.rules.waiting import OFFERS, OfferState
from clinic.constraints import (
    Guard,
    bounded,
    check,
    frozen,
    local_date_guards,
    never_deleted,
)
from clinic.models import Clinic, Device, License, Practitioner, Record, Room
from clinic.models.base import ScopedQuerySet


class OfferQuerySet(ScopedQuerySet):
    def still_open(self) -> OfferQuerySet:
        """Those that hold their time."""
        return self.filter(state=OfferState.OPEN)


class Offer(Record):
    """A time held for someone who waits, until she takes it or `expires_at`.

    Its minutes are the service's when it was made, `license` the one that covers the practitioner
    that day. Of the link's secret only a digest is kept. `then_next`: the desk wants the time
    offered to the next in line by itself when this one does not take it.
    """

    # The secret itself, for the message; on no row that was read.
    secret = ""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="offers")
    entry = models.ForeignKey(WaitlistEntry, models.PROTECT, related_name="offers")
    practitioner = models.ForeignKey(Practitioner, models.PROTECT, related_name="offers")
    room = models.ForeignKey(Room, models.PROTECT, related_name="+")
    device = models.ForeignKey(Device, models.PROTECT, related_name="+")
    license = models.ForeignKey(License, models.PROTECT, related_name="+")
    starts_at = models.DateTimeField()
    local_date = models.DateField()
    numbing_min = models.PositiveSmallIntegerField()
    treatment_min = models.PositiveSmallIntegerField()
    clean_down_min = models.PositiveSmallIntegerField()
    check_in_min = models.PositiveSmallIntegerField(default=0)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    expires_at = models.DateTimeField()
    digest = models.CharField(max_length=64)
    then_next = models.BooleanField(default=False)
    state = models.CharField(
        max_length=9,
        choices=[(str(one), says) for one, says in OFFERS.items()],
        default=str(OfferState.OPEN),
    )
    settled_at = models.DateTimeField(null=True, blank=True)
    # Whoever of the staff took it back; empty where the patient or the clock has settled it.
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    appointment = models.OneToOneField(
        Appointment, models.PROTECT, null=True, blank=True, related_name="offer"
    )

    objects = OfferQuerySet.as_manager()

    class Meta:
        ordering = ["made_at", "pk"]
        indexes = [
            models.Index(fields=["expires_at"], condition=Q(state="open"), name="offer_open"),
            models.Index(fields=["clinic", "starts_at"], name="offer_by_time"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["digest"],
                name="offer_digest_once",
                violation_error_message="This link is of another offer.",
            ),
            models.UniqueConstraint(
                fields=["entry"],
                condition=Q(state="open"),
                name="offer_once_open_per_entry",
                violation_error_message="A time is offered to this patient already.",
            ),
            check(
                "offer_state_known",
                Q(state__in=[one.value for one in OfferState]),
                "Use a known state of an offer.",
            ),
            check(
                "offer_settled_is_dated",
                Q(state="open", settled_at__isnull=True, settled_by__isnull=True)
                | ~Q(state="open") & Q(settled_at__isnull=False),
                "What became of an offer has its time.",
            ),
            check(
                "offer_withdrawn_by_someone",
                ~Q(state="withdrawn") | Q(settled_by__isnull=False),
                "Someone takes an offer back.",
            ),
            check(
                "offer_taken_has_its_visit",
                Q(state="taken", appointment__isnull=False)
                | ~Q(state="taken") & Q(appointment__isnull=True),
                "An offer that was taken has its visit.",
            ),
            check(
                "offer_minutes_as_of_a_visit",
                Q(
                    treatment_min__gte=SHORTEST_MIN,
                    treatment_min__lte=LONGEST_MIN,
                    numbing_min__lte=NUMBING_MAX_MIN,
                    clean_down_min__lte=CLEAN_DOWN_MAX_MIN,
                    check_in_min__lte=CHECK_IN_MAX_MIN,
                ),
                "An offer has the minutes of a visit.",
            ),
            check(
                "offer_lasts_up_to_four_hours",
                Q(expires_at__gt=F("made_at"))
                & Q(expires_at__lte=F("made_at") + dt.timedelta(hours=4)),
                "An offer holds its time for at most four hours.",
            ),
            check(
                "offer_ends_before_its_time",
                Q(expires_at__lte=F("starts_at")),
                "An offer ends before the time that it holds.",
            ),
            bounded(
                "offer_dates_bounded",
                days=["local_date"],
                instants=["starts_at", "made_at", "expires_at", "settled_at"],
            ),
        ]

    guards = [
        *never_deleted(
            "bookings_offer",
            "An offer is taken back, never deleted.",
            keys=[("id",), ("digest",), ("appointment_id",)],
        ),
        *frozen(
            "bookings_offer",
            when="OLD.state <> 'open'",
            says="What became of an offer stays so.",
        ),
        Guard(
            "offer_stays_as_made",
            ("UPDATE",),
            "NEW.entry_id <> OLD.entry_id OR NEW.clinic_id <> OLD.clinic_id "
            "OR NEW.practitioner_id <> OLD.practitioner_id OR NEW.room_id <> OLD.room_id "
            "OR NEW.device_id <> OLD.device_id OR NEW.license_id <> OLD.license_id "
            "OR NEW.starts_at <> OLD.starts_at OR NEW.expires_at <> OLD.expires_at "
            "OR NEW.digest <> OLD.digest OR NEW.treatment_min <> OLD.treatment_min "
            "OR NEW.numbing_min <> OLD.numbing_min OR NEW.clean_down_min <> OLD.clean_down_min "
            "OR NEW.check_in_min <> OLD.check_in_min OR NEW.local_date <> OLD.local_date "
            "OR NEW.then_next <> OLD.then_next OR NEW.made_at <> OLD.made_at "
            "OR NEW.made_by_id <> OLD.made_by_id",
            "An offer stays as it was made.",
        ),
        Guard(
            "offer_begins_open",
            ("INSERT",),
            "NEW.state <> 'open' OR NOT EXISTS (SELECT 1 FROM bookings_waitlistentry w "
            "WHERE w.id = NEW.entry_id AND w.closed_at IS NULL)",
            "A time is offered to someone who still waits.",
        ),
        Guard(
            "offer_one_clinic",
            ("INSERT",),
            "NOT EXISTS (SELECT 1 FROM bookings_waitlistentry w, clinic_room r, clinic_device d "
            "WHERE w.id = NEW.entry_id AND w.clinic_id = NEW.clinic_id "
            "AND r.id = NEW.room_id AND r.clinic_id = NEW.clinic_id "
            "AND d.id = NEW.device_id AND d.clinic_id = NEW.clinic_id)",
            "Who waits, room and device belong to one clinic.",
        ),
        Guard(
            "offer_licensed",
            ("INSERT",),
            "NOT EXISTS (SELECT 1 FROM clinic_license l, clinic_clinic c "
            "WHERE l.id = NEW.license_id AND l.practitioner_id = NEW.practitioner_id "
            "AND c.id = NEW.clinic_id AND l.state = c.state AND l.status = 'active' "
            "AND l.issued_on <= NEW.local_date AND l.expires_on >= NEW.local_date)",
            "No license of the practitioner covers this date in this state.",
        ),
        Guard(
            "offer_taken_by_who_waits",
            ("UPDATE",),
            "NEW.appointment_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM bookings_appointment a, "
            "bookings_waitlistentry w WHERE a.id = NEW.appointment_id AND w.id = NEW.entry_id "
            "AND a.patient_id = w.patient_id AND a.clinic_id = NEW.clinic_id "
            "AND a.practitioner_id = NEW.practitioner_id AND a.starts_at = NEW.starts_at)",
            "An offer becomes the visit of who waited, at its time.",
        ),
        *local_date_guards("bookings_offer", instant="starts_at", date="local_date"),
    ]

    def __str__(self) -> str:
        return f"Offer of {self.starts_at:%Y-%m-%d %H:%M} UTC"

    @property
    def patient(self) -> Any:
        """Whom the time is offered to."""
        return self.entry.patient

    @property
    def patient_id(self) -> Any:
        """Her key."""
        return self.entry.patient_id

    @property
    def lanes(self) -> Lanes:
        """What this offer holds, in UTC."""
        return lanes(
            starts_at=self.starts_at,
            numbing_min=self.numbing_min,
            treatment_min=self.treatment_min,
            clean_down_min=self.clean_down_min,
            check_in_min=self.check_in_min,
        )

    @property
    def comes_at(self) -> dt.datetime:
        """When the patient would be due (UTC)."""
        return self.starts_at - dt.timedelta(minutes=self.check_in_min + self.numbing_min)
