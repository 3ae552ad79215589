"""Two patients on file who are one person: merged, found as one, and taken back (R57)."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from bookings.models import Appointment, Hold, PatientMerge, PerformedArea
from bookings.operations import (
    book,
    cancel,
    confirm,
    mark_arrived,
    merge_patients,
    note_chart_opened,
    note_ended,
    note_started,
    undo,
    unmerge_patients,
)
from bookings.queries.intervals import rest_of
from bookings.queries.merging import merges_apart
from bookings.queries.visits import standing_of
from bookings.rules.status import UNDO
from clinic.models import AuditEvent, Message, Patient
from clinic.operations import change_patient
from clinic.operations.patients import EDITABLE
from clinic.queries.patients import find_patients
from clinic.refusals import Conflict, NotAllowed, Refusal
from tests import factories
from tests.cast import NOW, Cast
from tests.raw_sql import change, copy, refused, run

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("clock"),
    pytest.mark.rule("R57"),
]
HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def maya(cast: Cast) -> Patient:
    """Mia Lee, put on file a second time under another number."""
    return factories.patient(
        cast.clinic, "Maya", "Lee", by=cast.manager, email="maya@example.org", phone=""
    )


def visit(cast: Cast, patient: Patient, starts_at: dt.datetime, **given: Any) -> Appointment:
    values = {"practitioner": cast.ana, "room": cast.room, "device": cast.device, **given}
    return factories.appointment(
        patient=patient,
        service=cast.service,
        starts_at=starts_at,
        by=cast.reception,
        **values,
    )


def merge(cast: Cast, kept: Patient, merged: Patient, **given: Any) -> PatientMerge:
    return merge_patients(**{"kept": kept, "merged": merged, "by": cast.manager, "at": NOW} | given)


def again(row: Any) -> Any:
    return type(row).objects.get(pk=row.pk)


def test_what_is_to_come_moves_and_what_was_stays(cast: Cast, maya: Patient):
    ahead = visit(cast, maya, NOW + DAY)
    over = visit(cast, maya, NOW + 2 * DAY)
    cancel(appointment=over, reason="Ill", by=cast.reception, at=NOW)
    missed = visit(cast, maya, NOW - 3 * DAY)
    made = merge(cast, cast.mia, maya)
    assert again(maya).merged_into_id == cast.mia.pk
    assert made.moved == [str(ahead.pk)]
    assert again(ahead).patient_id == cast.mia.pk
    assert Hold.objects.get(appointment=ahead, patient__isnull=False).patient_id == cast.mia.pk
    assert {again(over).patient_id, again(missed).patient_id} == {maya.pk}
    events = AuditEvent.objects.filter(action="patient.merge", outcome="done")
    assert [json.loads(one.detail)["visits"] for one in events] == [1, 1]
    assert {one.subject_code for one in events} == {cast.mia.code, maya.code}


def test_the_chosen_values_stand(cast: Cast, maya: Patient):
    made = merge(cast, cast.mia, maya, taking=["email", "first_name"])
    kept = again(cast.mia)
    assert (kept.first_name, kept.email, str(kept.phone)) == (
        "Maya",
        "maya@example.org",
        "+15125550123",
    )
    assert made.changed["first_name"] == ["Mia", "Maya"]


def test_histories_and_the_finder_follow(cast: Cast, maya: Patient):
    cancelled = visit(cast, maya, NOW + HOUR)
    cancel(appointment=cancelled, reason="Ill", cancelled_as="patient", by=cast.reception, at=NOW)
    merge(cast, cast.mia, maya)
    found = find_patients(user=cast.reception, clinic=cast.clinic, text="maya lee")
    assert [one.pk for one in found.patients] == [cast.mia.pk]
    assert standing_of(again(cast.mia)) == (0, 1)


def test_the_finder_knows_when_she_was_here_under_the_other_number(cast: Cast, maya: Patient):
    past = visit(cast, maya, NOW - 3 * DAY)
    mark_arrived(appointment=past, by=cast.reception, at=past.starts_at)
    room: dict[str, Any] = {"appointment": past, "by": cast.esthetician, "at": past.starts_at}
    note_chart_opened(**room)
    note_started(**room)
    note_ended(**room, early=False, areas=["CHIN"], performed_on=past.local_date)
    merge(cast, cast.mia, maya)
    (found,) = find_patients(user=cast.reception, clinic=cast.clinic, text="mia lee").patients
    assert found.last_visit == (NOW - 3 * DAY).date()


def test_the_interval_counts_what_was_treated_under_the_other_number(cast: Cast, maya: Patient):
    past = visit(cast, maya, NOW - 3 * DAY)
    area = cast.service.areas[0] if cast.service.areas else "forehead"
    PerformedArea(
        clinic=cast.clinic,
        patient=maya,
        appointment=past,
        area=area,
        performed_on=past.local_date,
    ).write()
    merge(cast, cast.mia, maya)
    rest = rest_of(
        clinic=cast.clinic, patient=again(cast.mia), areas=[area], since=cast.clinic.day_of(NOW)
    )
    assert [one.on for one in rest.needled] == [past.local_date]


def test_overlapping_visits_are_named_and_nothing_is_merged(cast: Cast, maya: Patient):
    visit(cast, maya, NOW + DAY)
    other = {"practitioner": cast.bo, "room": cast.second_room, "device": cast.second_device}
    visit(cast, cast.mia, NOW + DAY + dt.timedelta(minutes=15), **other)
    with pytest.raises(Conflict) as no:
        merge(cast, cast.mia, maya)
    assert "Wed, Nov 25, 2026, 9:00 AM and Wed, Nov 25, 2026, 9:15 AM" in no.value.sentence
    assert again(maya).merged_into_id is None


def test_who_is_here_is_not_merged(cast: Cast, maya: Patient):
    here = visit(cast, maya, NOW + HOUR)
    mark_arrived(appointment=here, by=cast.reception, at=NOW)
    for kept, merged in ((cast.mia, maya), (maya, cast.mia)):
        with pytest.raises(Refusal, match="begun"):
            merge(cast, kept, merged)


def test_nobody_is_merged_twice_into_herself_or_across_clinics(cast: Cast, maya: Patient):
    other = factories.patient(cast.other_clinic, "Mia", "Lee", by=cast.other_nurse)
    for kept, merged in ((cast.mia, cast.mia), (cast.mia, other)):
        with pytest.raises(Refusal):
            merge(cast, kept, merged)
    merge(cast, cast.mia, maya)
    for kept, merged in ((cast.wang, maya), (maya, cast.wang), (cast.wang, cast.mia)):
        with pytest.raises(Refusal) as no:
            merge(cast, again(kept), again(merged))
        assert no.value.rule == "R57"


def test_only_who_may_merges_and_a_stale_page_does_not(cast: Cast, maya: Patient):
    with pytest.raises(NotAllowed):
        merge_patients(kept=cast.mia, merged=maya, by=cast.reception, at=NOW)
    with pytest.raises(Conflict):
        merge(cast, cast.mia, maya, other_version=maya.version + 1)


def test_who_was_merged_is_neither_booked_nor_changed(cast: Cast, maya: Patient):
    merge(cast, cast.mia, maya)
    with pytest.raises(Refusal, match="PT-000001") as no:
        book(
            clinic=cast.clinic,
            patient=maya,
            practitioner=cast.ana,
            service=cast.service,
            starts_at=NOW + DAY,
            by=cast.reception,
            at=NOW,
        )
    assert no.value.rule == "R57"
    values = {name: getattr(maya, name) for name in EDITABLE}
    with pytest.raises(Refusal, match="merged into"):
        change_patient(patient=maya, version=again(maya).version, by=cast.manager, at=NOW, **values)


def test_a_merge_is_taken_back_where_it_still_can_be(cast: Cast, maya: Patient):
    first, second = visit(cast, maya, NOW + DAY), visit(cast, maya, NOW + 2 * DAY)
    merge(cast, cast.mia, maya, taking=["email", "first_name"])
    cancel(appointment=again(second), reason="Ill", by=cast.reception, at=NOW)
    confirm(appointment=again(first), by=cast.reception, at=NOW)
    kept = again(cast.mia)
    kept.email = "new@example.org"
    kept.write()
    made = unmerge_patients(patient=again(maya), by=cast.manager, at=NOW + HOUR)
    assert again(maya).merged_into_id is None
    assert again(first).patient_id == maya.pk
    assert Hold.objects.get(appointment=first, patient__isnull=False).patient_id == maya.pk
    assert again(second).patient_id == cast.mia.pk
    assert again(cast.mia).first_name == "Mia"
    assert made.stayed == [
        "The visit of Thu, Nov 26, 2026, 9:00 AM, which is cancelled",
        "Email of PT-000001, which was changed since",
    ]
    with pytest.raises(Refusal, match="is not merged"):
        unmerge_patients(patient=again(maya), by=cast.manager, at=NOW + HOUR)
    merge(cast, again(cast.mia), again(maya))


def test_what_was_not_told_yet_goes_where_she_is_reached_now(cast: Cast, maya: Patient):
    first, second = (book_for(cast, maya, days) for days in (1, 2))
    cancel(appointment=again(first), reason="Ill", by=cast.reception, at=NOW)
    merge(cast, cast.siobhan, maya, at=NOW + MINUTE)
    cancel(appointment=again(second), reason="Ill", by=cast.reception, at=NOW + MINUTE)
    there = "siobhan@example.org"
    assert waiting_to() == {(there, NOW + UNDO), (there, NOW + MINUTE + UNDO)}
    unmerge_patients(patient=again(maya), by=cast.manager, at=NOW + 2 * MINUTE)
    assert ("maya@example.org", NOW + MINUTE + UNDO) in waiting_to()
    with pytest.raises(Refusal, match="merged when this was done"):
        undo(appointment=again(second), by=cast.reception, at=NOW + 2 * MINUTE)
    undo(appointment=again(first), by=cast.reception, at=NOW + 2 * MINUTE)
    assert (again(first).patient_id, again(first).status) == (maya.pk, "booked")
    assert {to for to, _due in waiting_to()} == {"maya@example.org"}


def book_for(cast: Cast, patient: Patient, days: int) -> Appointment:
    """A visit so many days from now, booked an hour ago."""
    here = {"clinic": cast.clinic, "practitioner": cast.ana, "service": cast.service}
    starts_at = NOW + days * DAY
    return book(**here, patient=patient, starts_at=starts_at, by=cast.reception, at=NOW - HOUR)


def waiting_to() -> set[tuple[str, dt.datetime]]:
    rows = Message.objects.filter(status=Message.Status.WAITING, withdrawn=False)
    return set(rows.values_list("to", "due_at"))


def test_the_database_books_and_lets_in_nobody_who_was_merged(cast: Cast, maya: Patient):
    own = visit(cast, cast.mia, NOW + 3 * DAY)
    past = visit(cast, maya, NOW - 3 * DAY)
    merge(cast, cast.mia, maya)
    assert refused(*copy(own, patient_id=maya.pk)) == "appointment_not_for_merged"
    assert refused(*change(own, patient_id=maya.pk)) == "appointment_not_again_for_merged"
    assert (
        refused(*change(past, status="arrived", arrived_at=NOW, arrived_by_id=cast.reception.pk))
        == "appointment_not_again_for_merged"
    )


def test_readiness_sees_who_was_merged_past_the_act(cast: Cast, maya: Patient):
    assert merges_apart(NOW) == []
    merge(cast, cast.mia, maya)
    assert merges_apart(NOW) == []
    for merged_into in (None, cast.siobhan):
        run(*change(maya, merged_into_id=merged_into))
        assert merges_apart(NOW) == ["Patients merged otherwise than on record: 1."]
    run(*change(maya, merged_into_id=cast.mia))
    unmerge_patients(patient=again(maya), by=cast.manager, at=NOW + HOUR)
    assert merges_apart(NOW) == []
    run(*change(maya, merged_into_id=cast.mia))
    assert merges_apart(NOW) == ["Patients merged otherwise than on record: 1."]


def test_the_database_merges_nobody_who_is_here(cast: Cast, maya: Patient):
    here = visit(cast, maya, NOW + HOUR)
    mark_arrived(appointment=here, by=cast.reception, at=NOW)
    assert refused(*change(maya, merged_into_id=cast.mia.pk)) == "patient_merged_while_here"


def test_a_merge_on_record_is_only_undone(cast: Cast, maya: Patient):
    made = merge(cast, cast.mia, maya)
    frozen = "bookings_patientmerge_frozen"
    assert refused(*change(made, kept_id=cast.wang.pk)) == frozen
    assert refused(*change(made, moved="[]", merged_at=NOW + DAY)) == frozen
    assert refused("DELETE FROM bookings_patientmerge") == "bookings_patientmerge_never_deleted"
    assert refused(*copy(made)) in ("patient_merge_once", "patient_merge_no_replace_open")
    unmerge_patients(patient=again(maya), by=cast.manager, at=NOW)
    assert refused(*change(made, undone_at=None, undone_by_id=None)) == frozen
