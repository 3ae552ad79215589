"""Clinics and the rooms in them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from phonenumber_field.phonenumber import PhoneNumber, to_python

from clinic.constraints import Guard, bounded, check
from clinic.models.base import NameKey, Record, ScopedQuerySet
from clinic.rules import LOCALES, Locale
from clinic.rules.states import STATES, ZONES

# Minutes between two free times, as a clinic may choose.
START_STEPS = (5, 10, 15, 20, 30)

Week = list[list[list[int]]]


def dialed(phone: PhoneNumber | str) -> str:
    """A phone number as a person dials it from the US; empty where there is none."""
    number = to_python(phone)
    if not number:
        return ""
    return str(number.as_national if number.country_code == 1 else number.as_international)


class Organization(Record):
    """Who runs this installation: one row, made by the first start, and its first administrator."""

    only = models.PositiveSmallIntegerField(default=1, editable=False)
    name = models.CharField(max_length=80)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    # Whether all staff log in with a second factor, also where the installation leaves it open.
    mfa_required = models.BooleanField(default=False)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["only"],
                name="organization_once",
                violation_error_message="This installation is set up already.",
            ),
            check("organization_is_the_only_one", Q(only=1), "There is one organization."),
            bounded("organization_dates_bounded", instants=["created_at"]),
        ]

    def __str__(self) -> str:
        return self.name


class ClinicQuerySet(ScopedQuerySet):
    clinic_path = "pk"


def all_week(opens_min: int, closes_min: int) -> Week:
    """The same opening hours on each day of the week."""
    return [[[opens_min, closes_min]] for _ in range(7)]


def usual_week() -> Week:
    """What a new clinic begins with: nine to six, every day."""
    return all_week(9 * 60, 18 * 60)


def _listed(codes: Iterable[str]) -> str:
    """As SQL writes a list of texts."""
    return ", ".join(f"'{code}'" for code in codes)


class Clinic(Record):
    """One site: its state decides the law, its time zone decides what a date is."""

    code = models.SlugField(max_length=20)
    name = models.CharField(max_length=80)
    state = models.CharField(
        max_length=2, validators=[RegexValidator(r"^[A-Z]{2}$", "Use the two-letter state code.")]
    )
    time_zone = models.CharField(max_length=40)
    phone = models.CharField(max_length=20, blank=True)
    address = models.CharField(max_length=200, blank=True)
    locale = models.CharField(max_length=10, default="en-US")
    # Weekday (0: Monday) → when it is open, as [from, to] in minutes of the wall clock's day.
    hours = models.JSONField("opening hours", default=usual_week)
    # Whether someone has said so: until then the set-up asks for them.
    hours_said = models.BooleanField(default=False, editable=False)
    cancel_cutoff_h = models.PositiveSmallIntegerField("late to cancel (hours)", default=24)
    idle_min = models.PositiveSmallIntegerField("lock after (minutes)", default=15)
    interval_days = models.PositiveSmallIntegerField("between treatments (days)", default=28)
    start_step_min = models.PositiveSmallIntegerField("free times every (minutes)", default=15)
    offer_min = models.PositiveSmallIntegerField("an offer holds (minutes)", default=30)
    # When patients are reminded of a visit: long before it, and once more shortly before it.
    remind_first = models.BooleanField("first reminder", default=True)
    remind_first_h = models.PositiveSmallIntegerField("first reminder (hours before)", default=48)
    remind_second = models.BooleanField("second reminder", default=True)
    remind_second_h = models.PositiveSmallIntegerField("second reminder (hours before)", default=2)
    is_active = models.BooleanField(default=True)

    objects = ClinicQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["code"],
                name="clinic_code_once",
                violation_error_message="Another clinic has this code.",
            ),
            check(
                "clinic_cancel_cutoff_up_to_a_week",
                Q(cancel_cutoff_h__lte=168),
                "Late to cancel is at most 168 hours before the visit.",
            ),
            check(
                "clinic_idle_2_to_60",
                Q(idle_min__gte=2, idle_min__lte=60),
                "A screen locks itself after 2 to 60 minutes.",
            ),
            check(
                "clinic_interval_14_to_180",
                Q(interval_days__gte=14, interval_days__lte=180),
                "At least 14 days lie between two treatments of an area.",
            ),
            check(
                "clinic_start_step_known",
                Q(start_step_min__in=START_STEPS),
                "Free times lie 5, 10, 15, 20 or 30 minutes apart.",
            ),
            check(
                "clinic_offer_5_to_240",
                Q(offer_min__gte=5, offer_min__lte=240),
                "An offer holds its time for 5 to 240 minutes.",
            ),
            check(
                "clinic_reminders_in_order",
                Q(
                    remind_first_h__lte=168,
                    remind_second_h__gte=1,
                    remind_first_h__gt=F("remind_second_h"),
                ),
                "Reminders go 1 to 168 hours before the visit, the first before the second.",
            ),
        ]

    # No person types another, and a clinic on an unknown clock has no pages.
    guards = [
        Guard(
            "clinic_place_known",
            ("INSERT", "UPDATE"),
            f"NEW.state NOT IN ({_listed(STATES)}) OR NEW.time_zone NOT IN ({_listed(ZONES)})",
            "A clinic is in a state of the US, on one of its clocks.",
        ),
        Guard(
            "clinic_locale_known",
            ("INSERT", "UPDATE"),
            f"NEW.locale NOT IN ({_listed(LOCALES)})",
            "Dates and times are written in one of the known ways.",
        ),
    ]

    def __str__(self) -> str:
        return self.name

    @property
    def phone_text(self) -> str:
        """The phone number as a person dials it from the US; empty where there is none."""
        return dialed(self.phone)

    @property
    def first_h(self) -> int | None:
        """How many hours before a visit its patient is reminded first; None where she is not."""
        return self.remind_first_h if self.remind_first else None

    @property
    def second_h(self) -> int | None:
        """The same of the second reminder."""
        return self.remind_second_h if self.remind_second else None

    @property
    def zone(self) -> ZoneInfo:
        """The clinic's time zone; every date in this clinic is a date there."""
        return ZoneInfo(self.time_zone)

    @property
    def writing(self) -> Locale:
        """How dates and times are written here."""
        return LOCALES[self.locale]

    def open_from(self, day: dt.date) -> tuple[int, int] | None:
        """From when to when the clinic is open on a local day, breaks left in, in minutes of its
        wall clock; None where it is closed."""
        spans = self.hours[day.weekday()]
        return (spans[0][0], spans[-1][1]) if spans else None

    def local(self, at: dt.datetime) -> dt.datetime:
        """An instant on the clinic's wall clock."""
        return at.astimezone(self.zone)

    def day_of(self, at: dt.datetime) -> dt.date:
        """The clinic-local date of an instant."""
        return at.astimezone(self.zone).date()


class Room(Record):
    """A treatment room: one patient at a time."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="rooms")
    name = models.CharField(max_length=40)
    name_key = NameKey(of=["name"])
    is_active = models.BooleanField(default=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "name_key"],
                name="room_name_once_per_clinic",
                violation_error_message="This clinic has a room of that name.",
                violation_error_code="name",
            )
        ]

    def __str__(self) -> str:
        return self.name
