"""Courses: several visits of one patient for one service, planned in one act."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from bookings.models.desk import Service
from bookings.rules.course import LONGEST_INTERVAL_DAYS, MOST_VISITS, Rhythm
from bookings.rules.interval import LEAST_DAYS
from bookings.rules.status import HOLDING
from clinic.constraints import Guard, bounded, check, frozen, never_deleted, together
from clinic.models import Clinic, Patient, Practitioner, Record
from clinic.models.base import ScopedQuerySet


class Course(Record):
    """So many visits, so far apart, on such a weekday, at such a time, with whom.

    It stays as it was planned; its visits are appointments that bear its key and their number.
    `starts_min` is the wanted time on the clinic's wall clock, in minutes since midnight.
    """

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="courses")
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="courses")
    service = models.ForeignKey(Service, models.PROTECT, related_name="+")
    planned = models.PositiveSmallIntegerField()
    interval_days = models.PositiveSmallIntegerField("between visits (days)")
    # 0 is Monday; empty: any.
    weekday = models.PositiveSmallIntegerField(null=True, blank=True)
    starts_min = models.PositiveSmallIntegerField()
    practitioner = models.ForeignKey(
        Practitioner, models.PROTECT, null=True, blank=True, related_name="+"
    )
    note = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    end_reason = models.CharField(max_length=200, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "pk"]
        indexes = [models.Index(fields=["patient", "created_at"], name="course_by_patient")]
        constraints = [
            check(
                "course_of_1_to_8_visits",
                Q(planned__gte=1, planned__lte=MOST_VISITS),
                f"A course has 1 to {MOST_VISITS} visits.",
            ),
            check(
                "course_interval_14_to_180",
                Q(interval_days__gte=LEAST_DAYS, interval_days__lte=LONGEST_INTERVAL_DAYS),
                f"Between two visits lie {LEAST_DAYS} to {LONGEST_INTERVAL_DAYS} days.",
            ),
            check(
                "course_weekday_and_time_known",
                (Q(weekday__isnull=True) | Q(weekday__lte=6)) & Q(starts_min__lt=24 * 60),
                "Use a weekday, and a time of day.",
            ),
            check(
                "course_ended_has_reason",
                Q(ended_at__isnull=False) & ~Q(end_reason="")
                | Q(ended_at__isnull=True, end_reason=""),
                "A course that is ended has its reason.",
            ),
            together("course_ended_by", "ended_at", "ended_by"),
            bounded("course_dates_bounded", instants=["created_at", "ended_at"]),
        ]

    guards = [
        *never_deleted("bookings_course", "A course is ended, never deleted."),
        *frozen(
            "bookings_course",
            when="OLD.ended_at IS NOT NULL OR NEW.clinic_id <> OLD.clinic_id "
            "OR NEW.patient_id <> OLD.patient_id OR NEW.service_id <> OLD.service_id "
            "OR NEW.planned <> OLD.planned OR NEW.interval_days <> OLD.interval_days "
            "OR NEW.weekday IS DISTINCT FROM OLD.weekday OR NEW.starts_min <> OLD.starts_min "
            "OR NEW.practitioner_id IS DISTINCT FROM OLD.practitioner_id "
            "OR NEW.note <> OLD.note OR NEW.created_at <> OLD.created_at "
            "OR NEW.created_by_id <> OLD.created_by_id",
            says="A course stays as it was planned.",
        ),
        Guard(
            "course_of_one_clinic",
            ("INSERT", "UPDATE"),
            "NOT EXISTS (SELECT 1 FROM clinic_patient p, bookings_service s "
            "WHERE p.id = NEW.patient_id AND p.clinic_id = NEW.clinic_id "
            "AND s.id = NEW.service_id AND s.clinic_id = NEW.clinic_id)",
            "Patient and service of a course belong to its clinic.",
        ),
        Guard(
            "course_not_for_merged",
            ("INSERT",),
            "EXISTS (SELECT 1 FROM clinic_patient p "
            "WHERE p.id = NEW.patient_id AND p.merged_into_id IS NOT NULL)",
            "This patient was merged into another: a course is planned for the other.",
        ),
        Guard(
            "course_keeps_the_interval",
            ("INSERT",),
            "EXISTS (SELECT 1 FROM clinic_clinic c WHERE c.id = NEW.clinic_id "
            "AND NEW.interval_days < c.interval_days)",
            "The visits of a course lie at least as far apart as the clinic keeps.",
        ),
    ]

    def __str__(self) -> str:
        return self.code

    @property
    def code(self) -> str:
        """A short code for people and for the audit."""
        return f"K-{self.pk.hex[:8].upper()}"

    @property
    def whose(self) -> Patient:
        """Who comes to it: its patient, or the one she was merged into (`patient__merged_into`)."""
        return self.patient.merged_into or self.patient

    @property
    def rhythm(self) -> Rhythm:
        """How its visits follow each other."""
        return Rhythm(self.interval_days, self.weekday, self.starts_min)


# What an appointment bears of its course.
OF_ITS_COURSE = [
    check(
        "appointment_in_course_has_number",
        Q(course__isnull=True, course_no__isnull=True)
        | Q(course__isnull=False, course_no__isnull=False),
        "A visit of a course has its number in it.",
    ),
    models.UniqueConstraint(
        fields=["course", "course_no"],
        condition=Q(status__in=[str(status) for status in sorted(HOLDING)]),
        name="appointment_once_in_its_course",
        violation_error_message="This visit of the course is booked already.",
    ),
]
# A course stays with the number it was planned for; whoever that was merged into comes to it.
UNFIT_FOR_ITS_COURSE = (
    "NEW.course_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM bookings_course c "
    "JOIN clinic_patient p ON p.id = c.patient_id "
    "WHERE c.id = NEW.course_id AND c.clinic_id = NEW.clinic_id "
    "AND (p.id = NEW.patient_id OR p.merged_into_id = NEW.patient_id) "
    "AND NEW.course_no BETWEEN 1 AND c.planned)"
)
SAYS_UNFIT = "A visit of a course is of its clinic and its patient, and one of those planned."
GUARDS_OF_ITS_COURSE = [
    Guard("appointment_fits_its_course", ("INSERT",), UNFIT_FOR_ITS_COURSE, SAYS_UNFIT),
    # What was done under a number that was merged and is not any more stays as it was.
    Guard(
        "appointment_stays_fit_for_its_course",
        ("UPDATE",),
        "(NEW.patient_id <> OLD.patient_id OR NEW.clinic_id <> OLD.clinic_id "
        "OR NEW.course_id IS DISTINCT FROM OLD.course_id "
        f"OR NEW.course_no IS DISTINCT FROM OLD.course_no) AND {UNFIT_FOR_ITS_COURSE}",
        SAYS_UNFIT,
    ),
    Guard(
        "appointment_joins_a_course_that_goes_on",
        ("INSERT",),
        "NEW.course_id IS NOT NULL AND EXISTS (SELECT 1 FROM bookings_course c "
        "WHERE c.id = NEW.course_id AND c.ended_at IS NOT NULL)",
        "A course that is ended takes no more visits.",
    ),
    Guard(
        "appointment_keeps_its_course",
        ("UPDATE",),
        "(NEW.course_id IS NULL AND OLD.course_id IS NOT NULL) "
        "OR (NEW.course_id IS NOT NULL AND (OLD.course_id IS NULL "
        "OR NEW.course_id <> OLD.course_id OR NEW.course_no <> OLD.course_no))",
        "A visit keeps its course and its number in it.",
    ),
    # REPLACE would remove the visit in the way without asking any other guard.
    Guard(
        "appointment_no_replace_in_course",
        ("INSERT", "UPDATE"),
        "NEW.course_id IS NOT NULL AND NEW.status NOT IN ('cancelled', 'no_show') "
        "AND EXISTS (SELECT 1 FROM bookings_appointment t WHERE t.course_id = NEW.course_id "
        "AND t.course_no = NEW.course_no AND t.status NOT IN ('cancelled', 'no_show') "
        "AND t.id <> NEW.id)",
        "This visit of the course is booked already.",
        only="sqlite",
    ),
]
