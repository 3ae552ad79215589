"""What is still to be told goes along in a merge, and back (R57, P28)."""

from __future__ import annotations

from typing import Any

import pytest

from bookings.models import Appointment
from bookings.operations import cancel, move, try_message_again, unmerge_patients
from bookings.rules.status import UNDO
from clinic import outbox
from clinic.models import Message, Patient
from clinic.operations import change_patient
from clinic.operations.patients import EDITABLE
from tests.bookings.test_merging import HOUR, again, book_for, maya, merge, waiting_to
from tests.bookings.test_merging_waits import course_of, mia, to_whom, unmerge
from tests.bookings.test_outbox_page import fail
from tests.bookings.waiting import NOON
from tests.cast import NOW, Cast

__all__ = ["maya", "mia"]

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("clock"),
    pytest.mark.rule("R57"),
]


def test_what_was_called_off_under_the_other_number_follows_her_ways(cast: Cast, maya: Patient):
    off = book_for(cast, maya, 1)
    cancel(appointment=again(off), reason="Ill", by=cast.reception, at=NOW)
    merge(cast, cast.siobhan, maya)
    reach(cast, cast.siobhan, email="right@example.org")
    assert waiting_to() == {("right@example.org", NOW + UNDO)}
    message = fail(Message.objects.get(status="waiting"))
    reach(cast, cast.siobhan, email="new@example.org")
    try_message_again(message=message, by=cast.reception, at=NOW)
    assert waiting_to() == {("new@example.org", NOW)}
    reach(cast, cast.siobhan, contact_by="none")
    assert waiting_to() == set()


@pytest.mark.parametrize("became", ["waiting", "failed"])
def test_what_still_waits_of_a_visit_called_off_long_ago_goes_along_and_back(
    cast: Cast, maya: Patient, became: str
):
    """The mail is away, or has refused the merged number's address."""
    off = book_for(cast, maya, 2)
    cancel(appointment=again(off), reason="Ill", by=cast.reception, at=NOW - HOUR)
    if became == "failed":
        fail(Message.objects.get(status="waiting"))
    merge(cast, cast.siobhan, maya)
    assert {to for to, _due in waiting_to()} == {"siobhan@example.org"}
    assert not Message.objects.filter(status="failed", withdrawn=False).exists()
    unmerge_patients(patient=again(maya), by=cast.manager, at=NOW + HOUR)
    assert {to for to, _due in waiting_to()} == {"maya@example.org"}


def test_what_failed_stays_to_be_called_of_where_she_is_not_written_to(cast: Cast, maya: Patient):
    off = book_for(cast, maya, 1)
    cancel(appointment=again(off), reason="Ill", by=cast.reception, at=NOW)
    fail(Message.objects.get(status="waiting"))
    merge(cast, cast.mia, maya)
    assert Message.objects.filter(status="failed", withdrawn=False).count() == 1


def reach(cast: Cast, patient: Patient, **given: Any) -> None:
    patient = again(patient)
    values = {name: getattr(patient, name) for name in EDITABLE} | given
    change_patient(patient=patient, version=patient.version, by=cast.reception, at=NOW, **values)


def test_a_course_that_is_not_told_yet_is_told_in_one_message(
    cast: Cast, mia: Patient, maya: Patient
):
    course_of(cast, maya, visits=4)
    merge(cast, mia, maya)
    assert to_whom() == [("course", "mia@example.org")]
    assert Message.objects.filter(status="dropped").count() == 1
    unmerge(cast, maya)
    assert to_whom() == [("course", "maya@example.org")]


def test_a_move_that_can_be_undone_is_not_told_before_for_a_merge(
    cast: Cast, mia: Patient, maya: Patient
):
    course = course_of(cast, maya)
    outbox.deliver(at=NOW)
    first = Appointment.objects.get(course=course, course_no=1)
    move(appointment=first, starts_at=NOON + HOUR, by=cast.reception, at=NOW)
    merge(cast, mia, maya)
    told = Message.objects.get(status="waiting")
    assert (told.key.partition(" ")[0], told.to) == ("moved", "mia@example.org")
    assert told.due_at == NOW + UNDO
