"""Appointments."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from bookings.models.courses import GUARDS_OF_ITS_COURSE, OF_ITS_COURSE, Course
from bookings.models.desk import Service
from bookings.rules.cancelling import WORDS as CANCELLED_AS
from bookings.rules.cancelling import CancelledAs
from bookings.rules.status import HOLDING, STEPS, WORDS, Status
from bookings.rules.visit import (
    CHECK_IN_MAX_MIN,
    CLEAN_DOWN_MAX_MIN,
    LONGEST_MIN,
    NUMBING_MAX_MIN,
    SHORTEST_MIN,
    Lanes,
    lanes,
)
from clinic.constraints import (
    Guard,
    bounded,
    check,
    local_date_guards,
    never_deleted,
    steps_guard,
    together,
)
from clinic.models import Clinic, Device, License, Patient, Practitioner, Record, Room
from clinic.models.base import ScopedQuerySet


class AppointmentQuerySet(ScopedQuerySet):
    def on_day(self, clinic: Clinic, day: dt.date) -> AppointmentQuerySet:
        """The clinic's appointments of one clinic-local day, in time order."""
        return self.filter(clinic=clinic, local_date=day).order_by("starts_at", "pk")

    def active(self) -> AppointmentQuerySet:
        """Those that hold time: neither cancelled nor missed."""
        return self.filter(status__in=[str(status) for status in HOLDING])


def _done_by(*, null: bool = True) -> models.ForeignKey[Any, Any]:
    who, keeps = settings.AUTH_USER_MODEL, models.PROTECT
    return models.ForeignKey(who, keeps, null=null, blank=null, related_name="+", db_index=False)


class Appointment(Record):
    """A booked visit. `starts_at` is when needling is planned to start; numbing lies before it.

    `license` is the one that covers the practitioner on `local_date`, the clinic-local date.
    The numbing clock's columns and `ended_early` are written by the treatment as it goes.
    """

    # No index of its own for what one of those below begins with, nor for who did what: nobody
    # looks for visits by it, and each is written with every booking.
    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="appointments", db_index=False)
    patient = models.ForeignKey(
        Patient, models.PROTECT, related_name="appointments", db_index=False
    )
    practitioner = models.ForeignKey(Practitioner, models.PROTECT, related_name="appointments")
    license = models.ForeignKey(License, models.PROTECT, related_name="+")
    service = models.ForeignKey(Service, models.PROTECT, related_name="appointments")
    room = models.ForeignKey(Room, models.PROTECT, related_name="appointments")
    device = models.ForeignKey(Device, models.PROTECT, related_name="appointments")
    starts_at = models.DateTimeField()
    local_date = models.DateField()
    numbing_min = models.PositiveSmallIntegerField()
    treatment_min = models.PositiveSmallIntegerField()
    clean_down_min = models.PositiveSmallIntegerField()
    check_in_min = models.PositiveSmallIntegerField(default=0)
    status = models.CharField(max_length=12, choices=[*WORDS.items()], default="booked")
    note = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    created_by = _done_by(null=False)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = _done_by()
    arrived_at = models.DateTimeField(null=True, blank=True)
    arrived_by = _done_by()
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancelled_by = _done_by()
    cancel_reason = models.CharField(max_length=200, blank=True)
    # Who called it off; "" also where that was not written down yet.
    cancelled_as = models.CharField(
        max_length=8, choices=[(str(one), says) for one, says in CANCELLED_AS.items()], blank=True
    )
    cancelled_late = models.BooleanField(default=False)
    no_show_at = models.DateTimeField(null=True, blank=True)
    no_show_by = _done_by()
    chart_opened_at = models.DateTimeField(null=True, blank=True)
    chart_opened_by = _done_by()
    numbing_on = models.DateTimeField(null=True, blank=True)
    numbing_off = models.DateTimeField(null=True, blank=True)
    numbing_due = models.DateTimeField(null=True, blank=True)
    ended_early = models.BooleanField(default=False)
    course = models.ForeignKey(
        Course, models.PROTECT, null=True, blank=True, related_name="appointments"
    )
    course_no = models.PositiveSmallIntegerField(null=True, blank=True)

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        ordering = ["starts_at", "pk"]
        indexes = [
            models.Index(fields=["clinic", "local_date"], name="appointment_by_day"),
            models.Index(fields=["patient", "starts_at"], name="appointment_by_patient"),
        ]
        constraints = [
            *OF_ITS_COURSE,
            check(
                "appointment_treatment_30_to_45",
                Q(treatment_min__gte=SHORTEST_MIN, treatment_min__lte=LONGEST_MIN),
                "A treatment takes 30 to 45 minutes.",
            ),
            check(
                "appointment_numbing_and_clean_down",
                Q(numbing_min__lte=NUMBING_MAX_MIN, clean_down_min__lte=CLEAN_DOWN_MAX_MIN),
                "Numbing takes at most 120 minutes, clean-down at most 30.",
            ),
            check(
                "appointment_check_in_up_to_30",
                Q(check_in_min__lte=CHECK_IN_MAX_MIN),
                "Check-in takes at most 30 minutes.",
            ),
            check(
                "appointment_status_known",
                Q(status__in=[status.value for status in Status]),
                "Use a known status.",
            ),
            check(
                "appointment_cancelled_has_reason",
                Q(status="cancelled", cancelled_at__isnull=False) & ~Q(cancel_reason="")
                | ~Q(status="cancelled") & Q(cancelled_at__isnull=True),
                "A cancelled visit has its reason.",
            ),
            check(
                "appointment_cancelled_as_known",
                Q(cancelled_as__in=["", *(one.value for one in CancelledAs)]),
                "Say who called the visit off.",
            ),
            check(
                "appointment_cancelled_as_when_cancelled",
                Q(status="cancelled") | Q(cancelled_as=""),
                "Only a cancelled visit was called off by somebody.",
            ),
            check(
                "appointment_late_by_the_patient",
                Q(cancelled_late=False) | Q(cancelled_as="patient"),
                "Only a patient calls off late.",
            ),
            check(
                "appointment_no_show_is_dated",
                Q(status="no_show", no_show_at__isnull=False)
                | ~Q(status="no_show") & Q(no_show_at__isnull=True),
                "A missed visit has its time.",
            ),
            check(
                "appointment_numbing_in_order",
                Q(numbing_off__isnull=True) | Q(numbing_off__gt=F("numbing_on")),
                "Cream is taken off after it went on.",
            ),
            check(
                "appointment_steps_are_dated",
                (~Q(status="confirmed") | Q(confirmed_at__isnull=False))
                & (
                    ~Q(status__in=["arrived", "numbing", "in_treatment", "completed"])
                    | Q(arrived_at__isnull=False)
                )
                & (~Q(status__in=["numbing", "in_treatment"]) | Q(chart_opened_at__isnull=False)),
                "Each step of a visit has its time.",
            ),
            together("appointment_confirmed_by", "confirmed_at", "confirmed_by"),
            together("appointment_arrived_by", "arrived_at", "arrived_by"),
            together("appointment_cancelled_by", "cancelled_at", "cancelled_by"),
            together("appointment_no_show_by", "no_show_at", "no_show_by"),
            together("appointment_chart_opened_by", "chart_opened_at", "chart_opened_by"),
            bounded(
                "appointment_dates_bounded",
                days=["local_date"],
                instants=[
                    "starts_at",
                    "created_at",
                    "confirmed_at",
                    "arrived_at",
                    "cancelled_at",
                    "no_show_at",
                    "chart_opened_at",
                    "numbing_on",
                    "numbing_off",
                    "numbing_due",
                ],
            ),
        ]

    guards = [
        *never_deleted("bookings_appointment", "An appointment is cancelled, never deleted."),
        steps_guard("appointment_steps", STEPS, "A visit cannot take this step."),
        Guard(
            "appointment_cancelled_by_someone",
            ("UPDATE",),
            "NEW.status = 'cancelled' AND OLD.status <> 'cancelled' AND NEW.cancelled_as = ''",
            "Say who called the visit off.",
        ),
        Guard(
            "appointment_off_stays_as_it_was",
            ("UPDATE",),
            "OLD.status IN ('cancelled', 'no_show') AND NEW.status = OLD.status "
            "AND (NEW.cancelled_at IS DISTINCT FROM OLD.cancelled_at "
            "OR NEW.cancelled_by_id IS DISTINCT FROM OLD.cancelled_by_id "
            "OR NEW.cancel_reason <> OLD.cancel_reason OR NEW.cancelled_as <> OLD.cancelled_as "
            "OR NEW.cancelled_late <> OLD.cancelled_late "
            "OR NEW.no_show_at IS DISTINCT FROM OLD.no_show_at "
            "OR NEW.no_show_by_id IS DISTINCT FROM OLD.no_show_by_id)",
            "Who called a visit off, or noted that it was missed, stays on file with it.",
        ),
        Guard(
            "appointment_given_back_as_it_was",
            ("UPDATE",),
            "OLD.status IN ('cancelled', 'no_show') "
            "AND NEW.status IN ('booked', 'confirmed', 'arrived') "
            "AND (NEW.status <> CASE WHEN OLD.arrived_at IS NOT NULL THEN 'arrived' "
            "WHEN OLD.confirmed_at IS NOT NULL THEN 'confirmed' ELSE 'booked' END "
            "OR NOT EXISTS (SELECT 1 FROM bookings_undo u WHERE u.appointment_id = OLD.id "
            "AND u.done_at = COALESCE(OLD.cancelled_at, OLD.no_show_at) "
            "AND u.act IN ('cancel', 'no-show')))",
            "A visit that is over comes back only by an undo, and as it stood.",
        ),
        Guard(
            "appointment_begins_booked",
            ("INSERT",),
            "NEW.status <> 'booked'",
            "A visit begins booked.",
        ),
        Guard(
            "appointment_completed_is_kept",
            ("UPDATE",),
            "OLD.status = 'completed'",
            "A completed visit stays as it was.",
        ),
        Guard(
            "appointment_past_moving",
            ("UPDATE",),
            "OLD.status NOT IN ('booked', 'confirmed') AND "
            "(NEW.starts_at <> OLD.starts_at OR NEW.patient_id <> OLD.patient_id "
            "OR NEW.practitioner_id <> OLD.practitioner_id OR NEW.clinic_id <> OLD.clinic_id "
            "OR NEW.treatment_min <> OLD.treatment_min) "
            # Once she is here: by an override that no move has used up, or back by an undo.
            "AND NOT (OLD.status = 'arrived' AND NEW.status = 'arrived' "
            "AND OLD.chart_opened_at IS NULL AND NEW.patient_id = OLD.patient_id "
            "AND NEW.clinic_id = OLD.clinic_id AND NEW.treatment_min = OLD.treatment_min "
            "AND (EXISTS (SELECT 1 FROM bookings_override o WHERE o.appointment_id = OLD.id "
            "AND o.kind = 'arrived_time' AND NOT EXISTS (SELECT 1 FROM bookings_move m "
            "WHERE m.appointment_id = OLD.id AND m.moved_at >= o.made_at)) "
            "OR EXISTS (SELECT 1 FROM bookings_undo u, bookings_move m "
            "WHERE u.appointment_id = OLD.id AND m.id = u.move_id "
            "AND m.to_starts_at = OLD.starts_at AND m.from_starts_at = NEW.starts_at "
            "AND m.from_practitioner_id = NEW.practitioner_id)))",
            "A visit that has begun or ended is not moved.",
        ),
        Guard(
            "appointment_licensed",
            ("INSERT",),
            "NOT EXISTS (SELECT 1 FROM clinic_license l, clinic_clinic c "
            "WHERE l.id = NEW.license_id AND l.practitioner_id = NEW.practitioner_id "
            "AND c.id = NEW.clinic_id AND l.state = c.state AND l.status = 'active' "
            "AND l.issued_on <= NEW.local_date AND l.expires_on >= NEW.local_date)",
            "No license of the practitioner covers this date in this state.",
        ),
        Guard(
            "appointment_moved_licensed",
            ("UPDATE",),
            "(NEW.license_id <> OLD.license_id OR NEW.practitioner_id <> OLD.practitioner_id "
            "OR NEW.local_date <> OLD.local_date OR NEW.clinic_id <> OLD.clinic_id) "
            "AND NOT EXISTS (SELECT 1 FROM clinic_license l, clinic_clinic c "
            "WHERE l.id = NEW.license_id AND l.practitioner_id = NEW.practitioner_id "
            "AND c.id = NEW.clinic_id AND l.state = c.state AND l.status = 'active' "
            "AND l.issued_on <= NEW.local_date AND l.expires_on >= NEW.local_date)",
            "No license of the practitioner covers this date in this state.",
        ),
        Guard(
            "appointment_one_clinic",
            ("INSERT", "UPDATE"),
            "NOT EXISTS (SELECT 1 FROM clinic_patient p, clinic_room r, clinic_device d, "
            "bookings_service s WHERE p.id = NEW.patient_id AND p.clinic_id = NEW.clinic_id "
            "AND r.id = NEW.room_id AND r.clinic_id = NEW.clinic_id "
            "AND d.id = NEW.device_id AND d.clinic_id = NEW.clinic_id "
            "AND s.id = NEW.service_id AND s.clinic_id = NEW.clinic_id)",
            "Patient, room, device and service belong to one clinic.",
        ),
        *GUARDS_OF_ITS_COURSE,
        *local_date_guards("bookings_appointment", instant="starts_at", date="local_date"),
    ]

    def __str__(self) -> str:
        return self.code

    @property
    def code(self) -> str:
        """A short code for people and for the audit."""
        return f"A-{self.pk.hex[:8].upper()}"

    @property
    def lanes(self) -> Lanes:
        """What this visit holds, in UTC."""
        return lanes(
            starts_at=self.starts_at,
            numbing_min=self.numbing_min,
            treatment_min=self.treatment_min,
            clean_down_min=self.clean_down_min,
            check_in_min=self.check_in_min,
        )

    @property
    def ends_at(self) -> dt.datetime:
        """When the treatment is planned to end (UTC)."""
        return self.starts_at + dt.timedelta(minutes=self.treatment_min)

    @property
    def comes_at(self) -> dt.datetime:
        """When the patient is due: the start of check-in, then of numbing (UTC)."""
        return self.starts_at - dt.timedelta(minutes=self.check_in_min + self.numbing_min)
