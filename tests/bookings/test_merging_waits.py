"""A merge takes places in line and visits of a course along, and gives them back (R57)."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest

from bookings import queries
from bookings.models import Appointment, Hold, Offer, PatientMerge, WaitlistEntry
from bookings.operations import (
    CourseVisit,
    book_course,
    book_from_waitlist,
    book_rest,
    decline_offer,
    end_course,
    merge_patients,
    reflow_course,
    take_offer,
    unmerge_patients,
    withdraw_wait,
)
from bookings.queries.holds import offers_without_holds, visits_without_holds
from clinic.models import Message, Patient
from clinic.operations import change_patient
from clinic.operations.patients import EDITABLE
from clinic.refusals import Conflict, Refusal
from tests import factories
from tests.bookings.waiting import NOON, offer, wait
from tests.cast import NOW, Cast
from tests.raw_sql import change, copy, refused, run

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("clock"),
    pytest.mark.rule("R57"),
]
DAY = dt.timedelta(days=1)
HOUR = dt.timedelta(hours=1)
WEEKS = 28 * DAY


@pytest.fixture
def maya(cast: Cast) -> Patient:
    """Mia Lee, put on file a second time, with an address of her own."""
    return factories.patient(
        cast.clinic, "Maya", "Lee", by=cast.manager, email="maya@example.org", phone=""
    )


@pytest.fixture
def mia(cast: Cast) -> Patient:
    """Mia Lee, who reads email."""
    cast.mia.email = "mia@example.org"
    cast.mia.write()
    return cast.mia


def merge(cast: Cast, kept: Patient, merged: Patient, **given: Any) -> PatientMerge:
    both = {"kept": again(kept), "merged": again(merged)}
    return merge_patients(**both, by=cast.manager, at=NOW, **given)


def unmerge(cast: Cast, patient: Patient) -> PatientMerge:
    return unmerge_patients(patient=again(patient), by=cast.manager, at=NOW + HOUR)


def again(row: Any) -> Any:
    return type(row).objects.get(pk=row.pk)


def course_of(cast: Cast, patient: Patient, visits: int = 2) -> Any:
    return book_course(
        clinic=cast.clinic,
        patient=patient,
        service=cast.service,
        planned=4,
        interval_days=28,
        starts_min=720,
        visits=[CourseVisit(no, NOON + WEEKS * (no - 1)) for no in range(1, visits + 1)],
        practitioner=cast.ana,
        by=cast.reception,
        at=NOW,
    )


def waiting_as(entry: WaitlistEntry) -> tuple[uuid.UUID, uuid.UUID | None]:
    row = again(entry)
    return row.patient_id, row.under_id


def to_whom() -> list[tuple[str, str]]:
    rows = Message.objects.filter(status=Message.Status.WAITING).order_by("due_at", "key")
    return [(row.key.partition(" ")[0], row.to) for row in rows]


def test_a_place_in_line_goes_along_and_comes_back(cast: Cast, mia: Patient, maya: Patient):
    entry = wait(cast, maya)
    merge(cast, mia, maya)
    assert waiting_as(entry) == (mia.pk, maya.pk)
    [listed] = queries.waiting_in(cast.clinic, patient=mia)
    assert (listed.pk, listed.under) == (entry.pk, maya)
    line = queries.line_for(cast.clinic, cast.ana, NOON, at=NOW)
    assert [one.patient_id for one in line.fits] == [mia.pk]
    unmerge(cast, maya)
    assert waiting_as(entry) == (maya.pk, None)


def test_of_two_places_for_one_service_both_stay(cast: Cast, mia: Patient, maya: Patient):
    own, other = wait(cast, mia), wait(cast, maya, at=NOW + dt.timedelta(minutes=1))
    merge(cast, mia, maya)
    listed = queries.waiting_in(cast.clinic, patient=mia)
    assert [(one.pk, one.under_id) for one in listed] == [(own.pk, None), (other.pk, maya.pk)]
    with pytest.raises(Conflict, match=r"waits for .* already"):
        wait(cast, again(mia))
    withdraw_wait(entry=own, by=cast.reception, at=NOW)
    with pytest.raises(Conflict, match=r"waits for .* already"):
        wait(cast, again(mia))
    unmerge(cast, maya)
    assert waiting_as(other) == (maya.pk, None)


def test_who_is_booked_from_it_meanwhile_stays_booked_and_is_named(
    cast: Cast, mia: Patient, maya: Patient
):
    entry = wait(cast, maya)
    merge(cast, mia, maya)
    visit = book_from_waitlist(
        entry=queries.waiting_in(cast.clinic, patient=mia)[0],
        practitioner=cast.ana,
        starts_at=NOON,
        by=cast.reception,
        at=NOW,
    )
    assert visit.patient_id == mia.pk
    made = unmerge(cast, maya)
    assert made.stayed == [f"The place in line for {cast.service.name}, which is over: booked"]
    assert again(entry).patient_id == mia.pk


def test_an_offer_goes_along_with_the_time_it_holds(cast: Cast, mia: Patient, maya: Patient):
    made = offer(cast, wait(cast, maya))
    assert to_whom() == [("offer", "maya@example.org")]
    merge(cast, mia, maya)
    assert to_whom() == [("offer", "mia@example.org")]
    assert Hold.objects.get(offer=made, patient__isnull=False).patient_id == mia.pk
    assert not offers_without_holds(NOW)
    visit = take_offer(offer=again(made), at=NOW)
    assert visit.patient_id == mia.pk


def test_an_offer_of_which_nobody_could_be_told_is_taken_back(
    cast: Cast, mia: Patient, maya: Patient
):
    made = offer(cast, wait(cast, maya))
    mia.contact_by = Patient.ContactBy.NONE
    mia.write()
    merge(cast, mia, maya)
    assert again(made).state == "withdrawn"
    assert not Hold.objects.filter(offer=made)
    assert to_whom() == []


def test_an_offer_is_taken_back_before_the_merge_is(cast: Cast, mia: Patient, maya: Patient):
    entry = wait(cast, maya)
    merge(cast, mia, maya)
    made = offer(cast, queries.waiting_in(cast.clinic, patient=mia)[0])
    assert to_whom() == [("offer", "mia@example.org")]
    unmerge(cast, maya)
    assert again(made).state == "withdrawn"
    assert not Hold.objects.filter(offer=made)
    assert to_whom() == []
    with pytest.raises(Conflict):
        take_offer(offer=again(made), at=NOW + HOUR)
    assert waiting_as(entry) == (maya.pk, None)


def test_an_offered_time_that_overlaps_a_visit_is_named(cast: Cast, mia: Patient, maya: Patient):
    made = offer(cast, wait(cast, maya))
    factories.appointment(
        patient=mia,
        practitioner=cast.bo,
        service=cast.service,
        room=cast.room if made.room == cast.second_room else cast.second_room,
        device=cast.device if made.device == cast.second_device else cast.second_device,
        starts_at=NOON + dt.timedelta(minutes=15),
        by=cast.reception,
    )
    with pytest.raises(Conflict, match=r"12:00 PM and .* 12:15 PM") as no:
        merge(cast, mia, maya)
    assert "take the offer back" in no.value.way_out
    assert again(maya).merged_into_id is None


def test_who_is_reached_otherwise_gets_her_offer_there(cast: Cast, maya: Patient):
    offer(cast, wait(cast, maya))
    values = {name: getattr(maya, name) for name in EDITABLE} | {"email": "new@example.org"}
    change_patient(patient=maya, version=maya.version, by=cast.manager, at=NOW, **values)
    assert to_whom() == [("offer", "new@example.org")]


def test_a_course_s_visits_go_along_and_come_back(cast: Cast, mia: Patient, maya: Patient):
    course = course_of(cast, maya)
    assert to_whom() == [("course", "maya@example.org")]
    merge(cast, mia, maya)
    visits = Appointment.objects.filter(course=course).order_by("course_no")
    assert [one.patient_id for one in visits] == [mia.pk, mia.pk]
    assert to_whom() == [("course", "mia@example.org")]
    [shown] = queries.courses_of(again(mia))
    assert (shown.pk, shown.whose.pk) == (course.pk, mia.pk)
    book_rest(
        course=again(course),
        visits=[CourseVisit(3, NOON + 2 * WEEKS)],
        by=cast.reception,
        at=NOW,
    )
    reflow_course(
        course=again(course),
        visits=[CourseVisit(no, NOON + WEEKS * (no - 1) + DAY) for no in (1, 2, 3)],
        by=cast.reception,
        at=NOW,
    )
    assert {one.patient_id for one in visits.all()} == {mia.pk}
    assert not visits_without_holds(NOW)
    made = unmerge(cast, maya)
    assert made.stayed == []
    assert {one.patient_id for one in visits.all()} == {maya.pk}
    assert not visits_without_holds(NOW)
    assert {to for kind, to in to_whom() if kind != "cancelled"} == {"maya@example.org"}
    assert queries.courses_of(again(mia)) == []
    end_course(course=again(course), reason="Moved away", by=cast.reception, at=NOW)


def test_nobody_is_put_anywhere_under_a_merged_number(cast: Cast, mia: Patient, maya: Patient):
    merge(cast, mia, maya)
    for does in (
        lambda: wait(cast, maya),
        lambda: wait(cast, again(maya)),
        lambda: course_of(cast, again(maya)),
    ):
        with pytest.raises(Refusal, match=r"was merged into PT-000001") as no:
            does()
        assert no.value.rule == "R57"


def test_who_held_a_page_from_before_is_told(cast: Cast, mia: Patient, maya: Patient):
    stale = wait(cast, maya)
    merge(cast, mia, maya)
    with pytest.raises(Conflict, match="since this was shown"):
        withdraw_wait(entry=stale, by=cast.reception, at=NOW)


def test_the_database_puts_nobody_who_was_merged_on_a_list(cast: Cast, mia: Patient, maya: Patient):
    entry = wait(cast, cast.siobhan)
    course = factories.course(cast.siobhan, cast.service, by=cast.reception)
    visit = course_of(cast, cast.wang, 1).appointments.get()
    merge(cast, mia, maya)
    assert refused(*copy(entry, patient_id=maya)) == "waitlist_not_for_merged"
    assert refused(*copy(course, patient_id=maya)) == "course_not_for_merged"
    assert refused(*copy(visit, patient_id=maya)) in (
        "appointment_not_for_merged",
        "appointment_fits_its_course",
    )
    assert refused(*change(entry, patient_id=maya)) in (
        "waitlist_not_for_merged",
        "waitlist_handed_over_by_a_merge",
    )


def test_the_database_merges_nobody_who_waits(cast: Cast, mia: Patient, maya: Patient):
    wait(cast, maya)
    assert refused(*change(maya, merged_into_id=mia)) == "patient_merged_while_waiting"


def test_the_database_gives_a_place_in_line_to_nobody_else(cast: Cast, mia: Patient, maya: Patient):
    entry = wait(cast, maya)
    handed = "waitlist_handed_over_by_a_merge"
    assert refused(*change(entry, patient_id=cast.siobhan)) == handed
    assert refused(*change(entry, under_id=cast.siobhan)) == handed
    assert refused(*copy(entry, patient_id=mia, under_id=maya)) == (
        "waitlist_begins_under_her_number"
    )
    assert refused(*change(entry, under_id=maya)) in (handed, "waitlist_under_another_number")
    run(*change(entry, patient_id=mia, under_id=maya))
    assert refused(*change(entry, patient_id=cast.siobhan)) == handed
    assert refused(*change(entry, patient_id=cast.siobhan, under_id=None)) == handed
    run(*change(entry, patient_id=maya, under_id=None))


def test_a_course_s_visit_is_of_nobody_but_whom_its_patient_was_merged_into(
    cast: Cast, mia: Patient, maya: Patient
):
    course = course_of(cast, maya)
    first = course.appointments.get(course_no=1)
    assert refused(*change(first, patient_id=cast.wang)) == "appointment_stays_fit_for_its_course"
    merge(cast, mia, maya)
    assert refused(*change(first, patient_id=cast.wang)) == "appointment_stays_fit_for_its_course"
    assert refused(*copy(first, course_no=3, patient_id=cast.wang)) == (
        "appointment_fits_its_course"
    )


def test_the_database_merges_only_in_one_clinic(cast: Cast, mia: Patient, maya: Patient):
    made = merge(cast, mia, maya)
    unmerge(cast, maya)
    one_clinic = "patient_merge_of_one_clinic"
    assert refused(*copy(made, kept_id=cast.other_patient)) == one_clinic
    assert refused(*copy(made, merged_id=cast.other_patient)) == one_clinic
    assert refused(*copy(made, clinic_id=cast.other_clinic)) == one_clinic
    run(*copy(made))


def test_open_offers_are_of_who_stands_for_herself(cast: Cast, mia: Patient, maya: Patient):
    made = offer(cast, wait(cast, maya))
    merge(cast, mia, maya)
    assert not Offer.objects.still_open().filter(entry__patient__merged_into__isnull=False)
    assert again(made).state == "open"


@pytest.mark.rule("T4")
def test_who_waits_under_both_numbers_is_asked_once_for_a_time(cast: Cast, maya: Patient) -> None:
    wait(cast, cast.mia)
    second = wait(cast, maya)
    merge(cast, cast.mia, maya, taking=["email"])
    made = offer(cast, again(second), then_next=True)
    decline_offer(offer=again(made), at=NOW + HOUR / 60)
    assert list(Offer.objects.values_list("state", flat=True)) == ["declined"]
