"""Where a visit stood before it was moved, and what was taken back."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from bookings.models.appointments import Appointment
from bookings.rules.status import UNDO, Act
from clinic.constraints import Guard, append_only, bounded, check
from clinic.models import Clinic, Device, Practitioner, Room, Row
from clinic.models.base import ScopedQuerySet


class Move(Row):
    """One move of a visit, from a start and a practitioner to a start and a practitioner.

    Written after the visit has been moved, so that where it came to is where the visit stands.
    """

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+")
    appointment = models.ForeignKey(Appointment, models.PROTECT, related_name="moves")
    from_starts_at = models.DateTimeField()
    from_practitioner = models.ForeignKey(Practitioner, models.PROTECT, related_name="+")
    # Empty in moves of before this was kept.
    from_room = models.ForeignKey(Room, models.PROTECT, null=True, blank=True, related_name="+")
    from_device = models.ForeignKey(Device, models.PROTECT, null=True, blank=True, related_name="+")
    to_starts_at = models.DateTimeField()
    to_practitioner = models.ForeignKey(Practitioner, models.PROTECT, related_name="+")
    moved_at = models.DateTimeField()
    moved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["moved_at", "pk"]
        constraints = [
            bounded("move_dates_bounded", instants=["from_starts_at", "to_starts_at", "moved_at"]),
        ]

    guards = [
        *append_only("bookings_move", says="A move of a visit is only ever added to."),
        Guard(
            "move_of_its_visit",
            ("INSERT",),
            "NOT EXISTS (SELECT 1 FROM bookings_appointment a WHERE a.id = NEW.appointment_id "
            "AND a.clinic_id = NEW.clinic_id AND a.starts_at = NEW.to_starts_at "
            "AND a.practitioner_id = NEW.to_practitioner_id)",
            "A move leads to where its visit stands.",
        ),
    ]

    def __str__(self) -> str:
        return f"{self.from_starts_at:%Y-%m-%d %H:%M} to {self.to_starts_at:%Y-%m-%d %H:%M} UTC"


UNDOABLE = (Act.CANCEL, Act.MOVE, Act.NO_SHOW)


class Undo(Row):
    """What was done to a visit and taken back within `UNDO`: who and when, both times.

    Written before the visit is given back, so that what is taken back is what stands.
    """

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+")
    appointment = models.ForeignKey(Appointment, models.PROTECT, related_name="undos")
    act = models.CharField(max_length=8, choices=[(str(one), str(one)) for one in UNDOABLE])
    move = models.OneToOneField(Move, models.PROTECT, null=True, blank=True, related_name="undo")
    reason = models.CharField(max_length=200, blank=True)
    done_at = models.DateTimeField()
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    undone_at = models.DateTimeField()
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["undone_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["appointment", "act", "done_at"],
                name="undo_once_per_act",
                violation_error_message="This has been taken back already.",
            ),
            check(
                "undo_of_a_known_act",
                Q(act__in=[str(one) for one in UNDOABLE]),
                "Only a cancelling, a move and a no-show are taken back.",
            ),
            check(
                "undo_of_a_move_names_it",
                Q(act="move", move__isnull=False) | ~Q(act="move") & Q(move__isnull=True),
                "What takes a move back names it.",
            ),
            check(
                "undo_within_its_time",
                Q(undone_at__gte=F("done_at")) & Q(undone_at__lt=F("done_at") + UNDO),
                "This can be taken back for three minutes.",
            ),
            bounded("undo_dates_bounded", instants=["done_at", "undone_at"]),
        ]

    guards = [
        *append_only(
            "bookings_undo",
            keys=[("id",), ("appointment_id", "act", "done_at"), ("move_id",)],
            says="What was taken back is only ever added to.",
        ),
        Guard(
            "undo_of_what_stands",
            ("INSERT",),
            "NOT EXISTS (SELECT 1 FROM bookings_appointment a WHERE a.id = NEW.appointment_id "
            "AND a.clinic_id = NEW.clinic_id AND ("
            "(NEW.act = 'cancel' AND a.status = 'cancelled' AND a.cancelled_at = NEW.done_at "
            "AND a.cancelled_by_id = NEW.done_by_id) "
            "OR (NEW.act = 'no-show' AND a.status = 'no_show' AND a.no_show_at = NEW.done_at "
            "AND a.no_show_by_id = NEW.done_by_id) "
            "OR (NEW.act = 'move' AND EXISTS (SELECT 1 FROM bookings_move m "
            "WHERE m.id = NEW.move_id AND m.appointment_id = a.id AND m.moved_at = NEW.done_at "
            "AND m.moved_by_id = NEW.done_by_id AND m.to_starts_at = a.starts_at "
            "AND m.to_practitioner_id = a.practitioner_id))))",
            "Only what was done last to a visit is taken back.",
        ),
    ]

    def __str__(self) -> str:
        return f"{self.act} {self.done_at:%Y-%m-%d %H:%M} UTC"
