"""Who waits for a time."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from bookings.models.appointments import Appointment
from bookings.models.desk import Service
from bookings.rules.waiting import CLOSED_AS, EVERY_DAY, MIDNIGHT_MIN, ClosedAs
from clinic.constraints import (
    Guard,
    bounded,
    check,
    frozen,
    never_deleted,
)
from clinic.models import Clinic, Patient, Practitioner, Record
from clinic.models.base import ScopedQuerySet


class WaitlistQuerySet(ScopedQuerySet):
    def waiting(self) -> WaitlistQuerySet:
        """Those who still wait, who came first first."""
        return self.filter(closed_at=None).order_by("created_at", "pk")


class WaitlistEntry(Record):
    """A patient who waits for a time of a service. No `practitioners`: anyone will do.

    `weekdays` has a bit for each day that suits, Monday the lowest; `from_min` and `to_min` are
    minutes of the clinic's day between which she can be there, from check-in to the end of the
    treatment. `under` is the number under which she was put on the list, where that was merged
    into another since. `closed_by` is empty where no one of the staff closed it: taken by the
    patient through her link, or over by the clock.
    """

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="waitlist")
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="waits")
    under = models.ForeignKey(Patient, models.PROTECT, null=True, blank=True, related_name="+")
    service = models.ForeignKey(Service, models.PROTECT, related_name="+")
    practitioners = models.ManyToManyField(Practitioner, related_name="+", blank=True)
    weekdays = models.PositiveSmallIntegerField(default=EVERY_DAY)
    from_min = models.PositiveSmallIntegerField(default=0)
    to_min = models.PositiveSmallIntegerField(default=MIDNIGHT_MIN)
    first_on = models.DateField()
    last_on = models.DateField(null=True, blank=True)
    note = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    closed_as = models.CharField(
        max_length=9, choices=[(str(one), says) for one, says in CLOSED_AS.items()], blank=True
    )
    appointment = models.OneToOneField(
        Appointment, models.PROTECT, null=True, blank=True, related_name="waited"
    )

    objects = WaitlistQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "pk"]
        indexes = [
            models.Index(
                fields=["clinic", "created_at"],
                condition=Q(closed_at=None),
                name="waitlist_waiting",
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "service"],
                # Two numbers that are one person may each have waited: a merge keeps both places.
                condition=Q(closed_at=None, under=None),
                name="waitlist_once_per_service",
                violation_error_message="The patient is on the waitlist for this service already.",
            ),
            check(
                "waitlist_some_weekday",
                Q(weekdays__gte=1, weekdays__lte=EVERY_DAY),
                "Choose at least one day of the week.",
            ),
            check(
                "waitlist_times_in_order",
                Q(from_min__lt=F("to_min"), to_min__lte=MIDNIGHT_MIN),
                "The time of day begins before it ends.",
            ),
            check(
                "waitlist_dates_in_order",
                Q(last_on__isnull=True) | Q(last_on__gte=F("first_on")),
                "The last day is not before the first.",
            ),
            check(
                "waitlist_closed_as_known",
                Q(closed_as__in=["", *(one.value for one in ClosedAs)]),
                "Say how this came off the waitlist.",
            ),
            check(
                "waitlist_closed_as_dated",
                Q(closed_at__isnull=True, closed_by__isnull=True, closed_as="")
                | Q(closed_at__isnull=False) & ~Q(closed_as=""),
                "What is off the waitlist says since when and how.",
            ),
            check(
                "waitlist_booked_has_its_visit",
                Q(closed_as="booked", appointment__isnull=False)
                | ~Q(closed_as="booked") & Q(appointment__isnull=True),
                "Whoever was booked from the waitlist has a visit.",
            ),
            check(
                "waitlist_withdrawn_by_someone",
                ~Q(closed_as="withdrawn") | Q(closed_by__isnull=False),
                "Someone takes a patient off the waitlist.",
            ),
            check(
                "waitlist_under_another_number",
                Q(under__isnull=True) | ~Q(under=F("patient")),
                "Who waits under her own number waits under no other.",
            ),
            bounded(
                "waitlist_dates_bounded",
                days=["first_on", "last_on"],
                instants=["created_at", "closed_at"],
            ),
        ]

    guards = [
        *never_deleted(
            "bookings_waitlistentry", "Who waits is taken off the waitlist, never deleted."
        ),
        *frozen(
            "bookings_waitlistentry",
            when="OLD.closed_at IS NOT NULL",
            says="What is off the waitlist stays as it was.",
        ),
        Guard(
            "waitlist_one_clinic",
            ("INSERT", "UPDATE"),
            "NOT EXISTS (SELECT 1 FROM clinic_patient p, bookings_service s "
            "WHERE p.id = NEW.patient_id AND p.clinic_id = NEW.clinic_id "
            "AND s.id = NEW.service_id AND s.clinic_id = NEW.clinic_id)",
            "Patient and service belong to the clinic of the waitlist.",
        ),
        Guard(
            "waitlist_not_for_merged",
            ("INSERT", "UPDATE"),
            "NEW.closed_at IS NULL AND EXISTS (SELECT 1 FROM clinic_patient p "
            "WHERE p.id = NEW.patient_id AND p.merged_into_id IS NOT NULL)",
            "This patient was merged into another: the other waits.",
        ),
        Guard(
            "waitlist_begins_under_her_number",
            ("INSERT",),
            "NEW.under_id IS NOT NULL",
            "A patient is put on the waitlist under their own number.",
        ),
        # To the kept number and back, and to nobody else.
        Guard(
            "waitlist_handed_over_by_a_merge",
            ("UPDATE",),
            "(NEW.patient_id <> OLD.patient_id OR NEW.under_id IS DISTINCT FROM OLD.under_id) "
            "AND NOT ((OLD.under_id IS NULL AND NEW.under_id IS NOT NULL "
            "AND NEW.under_id = OLD.patient_id AND NEW.patient_id <> OLD.patient_id) "
            "OR (OLD.under_id IS NOT NULL AND NEW.under_id IS NULL "
            "AND NEW.patient_id = OLD.under_id))",
            "Who waits stays the same person: only a merge hands a place in line over.",
        ),
        Guard(
            "patient_merged_while_waiting",
            ("UPDATE",),
            "NEW.merged_into_id IS NOT NULL AND OLD.merged_into_id IS NULL "
            "AND EXISTS (SELECT 1 FROM bookings_waitlistentry w WHERE w.patient_id = NEW.id "
            "AND w.closed_at IS NULL)",
            "A patient who waits is not merged before the other has the place in line.",
            on="clinic_patient",
        ),
        Guard(
            "waitlist_stays_as_added",
            ("UPDATE",),
            "NEW.created_at <> OLD.created_at OR NEW.created_by_id <> OLD.created_by_id "
            "OR NEW.clinic_id <> OLD.clinic_id OR NEW.service_id <> OLD.service_id",
            "Since when someone waits, and for what, stays as it was: it is a place in the line.",
        ),
        Guard(
            "waitlist_visit_is_hers",
            ("INSERT", "UPDATE"),
            "NEW.appointment_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM bookings_appointment a "
            "WHERE a.id = NEW.appointment_id AND a.patient_id = NEW.patient_id "
            "AND a.service_id = NEW.service_id)",
            "The visit booked from the waitlist is of who waited.",
        ),
        Guard(
            "waitlist_closed_without_offer",
            ("UPDATE",),
            "OLD.closed_at IS NULL AND NEW.closed_at IS NOT NULL AND EXISTS (SELECT 1 FROM "
            "bookings_offer o WHERE o.entry_id = NEW.id AND o.state = 'open')",
            "A time is offered: the offer ends first.",
        ),
    ]

    def __str__(self) -> str:
        return self.code

    @property
    def code(self) -> str:
        """A short code for people and for the audit."""
        return f"W-{self.pk.hex[:8].upper()}"
