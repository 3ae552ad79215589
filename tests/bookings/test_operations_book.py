"""Booking: who, what, when, and every "no" of the desk."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bookings import operations
from bookings.models import Appointment, Hold
from bookings.rules.status import Status
from clinic.models import AuditEvent, IdempotencyKey, License, Message, Patient, Practitioner
from clinic.models.base import ScopedQuerySet
from clinic.refusals import Conflict, NotAllowed, Refusal
from tests import factories
from tests.cast import NOW, TODAY, YESTERDAY, Cast

MINUTE = dt.timedelta(minutes=1)
NOON = NOW + 180 * MINUTE
DAY = dt.timedelta(days=1)


def book(cast: Cast, **given: Any) -> Appointment:
    values: dict[str, Any] = {
        "clinic": cast.clinic,
        "patient": cast.mia,
        "practitioner": cast.ana,
        "service": cast.service,
        "starts_at": NOON,
        "by": cast.reception,
        "at": NOW,
    }
    return operations.book(**values | given)


def held(visit: Appointment) -> dict[str, tuple[int, int]]:
    """Lane → minutes from and to, counted from the start of needling."""
    found = {}
    for hold in visit.holds.all():
        lane = next(
            name
            for name in ("practitioner", "room", "device", "patient")
            if getattr(hold, f"{name}_id")
        )
        found[lane] = (
            (hold.starts_at - visit.starts_at) // MINUTE,
            (hold.ends_at - visit.starts_at) // MINUTE,
        )
    return found


@pytest.mark.rule("R47", "R48")
def test_a_booking_holds_each_lane_for_its_own_time(cast: Cast) -> None:
    visit = book(cast, note="  Comes by bus ")
    assert visit.status == Status.BOOKED
    assert visit.local_date == TODAY
    assert visit.license == cast.ana_license
    assert visit.note == "Comes by bus"
    assert held(visit) == {
        "practitioner": (0, 45),
        "device": (0, 55),
        "patient": (-25, 45),
        "room": (-25, 55),
    }


def test_a_booking_is_audited_with_its_code_and_no_name(cast: Cast) -> None:
    visit = book(cast)
    event = AuditEvent.objects.get(action="appointment.book")
    assert (event.outcome, event.subject_code, event.actor_name) == (
        "done",
        visit.code,
        "Rosa Alvarez",
    )
    assert "Lee" not in event.detail


def test_without_a_room_named_the_first_free_one_is_taken(cast: Cast) -> None:
    first = book(cast)
    second = book(cast, patient=cast.wang, practitioner=cast.priya)
    assert {first.room, second.room} == {cast.room, cast.second_room}
    assert {first.device, second.device} == {cast.device, cast.second_device}


def test_a_room_that_is_named_is_the_one_taken(cast: Cast) -> None:
    assert book(cast, room=cast.second_room, device=cast.second_device).room == cast.second_room


@pytest.mark.rule("R47")
def test_when_every_room_is_taken_the_booking_is_refused_as_a_conflict(cast: Cast) -> None:
    book(cast)
    book(cast, patient=cast.wang, practitioner=cast.priya)
    with pytest.raises(Conflict, match="No room is free for all of 11:35 AM–12:55 PM"):
        book(cast, patient=cast.siobhan, practitioner=cast.bo)


@pytest.mark.rule("R47")
@pytest.mark.parametrize("minutes", [-40, -30, -5, 0, 5, 30, 40])
def test_a_practitioner_who_is_busy_is_not_booked_again(cast: Cast, minutes: int) -> None:
    book(cast)
    with pytest.raises(Conflict) as no:
        book(cast, patient=cast.wang, starts_at=NOON + minutes * MINUTE)
    says = "has the next visit at 12:00 PM" if minutes < 0 else "is busy at 12:"
    assert f"Ana Ruiz {says}" in no.value.sentence
    assert (no.value.rule, no.value.field, no.value.status) == ("R47", "practitioner", 409)
    assert Appointment.objects.count() == 1
    assert Hold.objects.count() == 4


@pytest.mark.rule("P2")
def test_who_is_seen_to_be_busy_is_refused_before_anyone_waits_for_a_lock(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    book(cast)
    locked: list[Any] = []

    def held(rows: ScopedQuerySet, **_: Any) -> ScopedQuerySet:
        locked.append(rows.model)
        return rows

    monkeypatch.setattr(ScopedQuerySet, "held", held)

    with pytest.raises(Conflict, match="Ana Ruiz is busy at 12:00 PM"):
        book(cast, patient=cast.wang)

    assert Practitioner not in locked


@pytest.mark.rule("R47")
@pytest.mark.parametrize("minutes", [-45, 45])
def test_visits_may_touch(cast: Cast, minutes: int) -> None:
    book(cast)
    book(cast, patient=cast.wang, starts_at=NOON + minutes * MINUTE)
    assert Appointment.objects.count() == 2


@pytest.mark.rule("R47")
def test_a_patient_who_has_another_visit_then_is_refused(cast: Cast) -> None:
    book(cast)
    with pytest.raises(Conflict, match="The patient has another visit at this time"):
        book(cast, practitioner=cast.priya, starts_at=NOON + 60 * MINUTE)


@pytest.mark.rule("R47")
def test_a_practitioner_is_free_while_the_cream_works(cast: Cast) -> None:
    book(cast)
    visit = book(cast, patient=cast.wang, service=cast.short_service, starts_at=NOON - 30 * MINUTE)
    assert visit.practitioner == cast.ana


@pytest.mark.rule("R47")
def test_a_practitioner_of_two_clinics_is_one_person_in_time(cast: Cast) -> None:
    factories.shifts(cast.bo, cast.other_clinic, weekdays=[1])
    book(cast, practitioner=cast.bo)
    with pytest.raises(Conflict, match="Bo Chen is busy"):
        book(
            cast,
            clinic=cast.other_clinic,
            patient=cast.other_patient,
            service=cast.other_service,
            practitioner=cast.bo,
            by=cast.stranger,
        )


@pytest.mark.rule("R17", "R25")
def test_someone_whose_license_has_lapsed_is_refused(cast: Cast) -> None:
    with pytest.raises(Refusal) as no:
        book(cast, practitioner=cast.lena)
    assert (no.value.rule, no.value.field, no.value.status) == ("R25", "practitioner", 422)
    assert "Lena Brandt" in no.value.sentence


@pytest.mark.rule("R25")
def test_the_printed_last_day_counts_and_the_day_after_does_not(cast: Cast) -> None:
    cast.ana_license.expires_on = TODAY
    cast.ana_license.write()
    assert book(cast).license == cast.ana_license
    with pytest.raises(Refusal, match="expires on Tue, Nov 24, 2026"):
        book(cast, patient=cast.wang, starts_at=NOON + DAY)


@pytest.mark.rule("R25")
def test_the_license_is_judged_on_the_clinics_date_not_on_utcs(cast: Cast) -> None:
    """Nine in the evening in Austin is the next day in UTC already."""
    factories.shifts(cast.ana, cast.clinic, weekdays=[1], starts=20, ends=23)
    cast.ana_license.expires_on = TODAY
    cast.ana_license.write()
    evening = dt.datetime(2026, 11, 25, 3, 0, tzinfo=dt.UTC)
    assert book(cast, starts_at=evening).local_date == TODAY


@pytest.mark.rule("R17")
def test_a_suspended_license_covers_nothing(cast: Cast) -> None:
    cast.ana_license.status = License.Status.SUSPENDED
    cast.ana_license.write()
    with pytest.raises(Refusal, match="suspended") as no:
        book(cast)
    assert no.value.rule == "R17"


@pytest.mark.rule("R18")
def test_a_license_of_another_state_covers_nothing_here(cast: Cast) -> None:
    cast.nora.clinics.add(cast.clinic)
    factories.shifts(cast.nora, cast.clinic)
    with pytest.raises(Refusal, match="Nora Kim is licensed in CA, not in TX") as no:
        book(cast, practitioner=cast.nora)
    assert no.value.rule == "R18"


@pytest.mark.rule("T1")
@pytest.mark.parametrize(
    ("starts_at", "sentence"),
    [
        (NOW - 6 * MINUTE, "in the past"),
        (NOW + dt.timedelta(days=732), "more than two years ahead"),
        (NOON + dt.timedelta(seconds=30), "whole minute"),
        (NOW + 8 * 60 * MINUTE, "not at work"),
        (NOW + 7.5 * 60 * MINUTE, "not at work from 4:30 PM to 5:15 PM"),
        (NOON + 4 * DAY, "not at work"),
    ],
)
def test_a_time_that_cannot_be_is_refused_at_the_time(
    cast: Cast, starts_at: dt.datetime, sentence: str
) -> None:
    with pytest.raises(Refusal, match=sentence) as no:
        book(cast, starts_at=starts_at)
    assert (no.value.rule, no.value.field) == ("T1", "starts_at")


def test_a_shift_that_has_ended_for_good_is_no_working_time(cast: Cast) -> None:
    for shift in cast.ana.shifts.all():
        shift.valid_to = YESTERDAY
        shift.write()
    with pytest.raises(Refusal, match="not at work"):
        book(cast)


def test_someone_who_has_left_is_not_booked(cast: Cast) -> None:
    cast.ana.is_active = False
    cast.ana.write()
    with pytest.raises(Refusal, match="does not work in Austin"):
        book(cast)


def test_numbing_can_be_longer_or_shorter_than_the_services(cast: Cast) -> None:
    assert held(book(cast, numbing_min=60))["patient"] == (-60, 45)


@pytest.mark.rule("R48")
@pytest.mark.parametrize("minutes", [-1, 121])
def test_numbing_beyond_two_hours_is_refused(cast: Cast, minutes: int) -> None:
    with pytest.raises(Refusal, match="Numbing takes 0 to 120 minutes"):
        book(cast, numbing_min=minutes)


@pytest.mark.rule("P15")
@pytest.mark.parametrize("what", ["patient", "service", "room", "device"])
def test_what_belongs_to_the_other_clinic_is_not_known_here(cast: Cast, what: str) -> None:
    with pytest.raises(Refusal, match=f"This {what} is not known here") as no:
        book(cast, **{what: getattr(cast, f"other_{what}")})
    assert (no.value.rule, no.value.field) == ("P15", what)


@pytest.mark.rule("R54")
def test_a_patient_who_has_died_is_not_booked(cast: Cast) -> None:
    cast.mia.status = Patient.Status.DECEASED
    cast.mia.write()
    with pytest.raises(Refusal, match="is not an active patient"):
        book(cast)


@pytest.mark.rule("R54")
def test_only_the_desk_books(cast: Cast) -> None:
    for user in (cast.esthetician, cast.director, cast.auditor, cast.stranger, cast.nobody):
        with pytest.raises(NotAllowed):
            book(cast, by=user)
    assert Appointment.objects.count() == 0


def test_a_refused_booking_is_on_record_and_leaves_nothing_else(cast: Cast) -> None:
    with pytest.raises(Refusal):
        book(cast, practitioner=cast.lena, once="key-1")
    event = AuditEvent.objects.get(action="appointment.book")
    assert (event.outcome, event.rule) == ("refused", "R25")
    assert (Appointment.objects.count(), Hold.objects.count(), Message.objects.count()) == (0, 0, 0)
    assert IdempotencyKey.objects.count() == 0


@pytest.mark.rule("P3")
def test_the_second_press_makes_no_second_visit(cast: Cast) -> None:
    assert book(cast, once="key-1") == book(cast, once="key-1")
    assert Appointment.objects.count() == 1
    assert AuditEvent.objects.filter(action="appointment.book").count() == 1


@pytest.mark.rule("P26", "P28")
def test_a_patient_with_an_address_is_told_and_no_word_says_why_she_comes(cast: Cast) -> None:
    visit = book(cast, patient=cast.siobhan)
    letter = Message.objects.get()
    assert (letter.to, letter.about) == ("siobhan@example.org", visit.pk.hex)
    assert "Tue, Nov 24, 2026 at 11:35 AM (CST)" in letter.body
    assert letter.not_after == visit.comes_at
    words = f"{letter.subject} {letter.body}".lower()
    assert not [word for word in ("needl", "numb", "face", "skin", "treat") if word in words]


def test_a_patient_without_an_address_gets_no_letter(cast: Cast) -> None:
    book(cast)
    assert Message.objects.count() == 0


@pytest.mark.rule("P4")
def test_ten_oclock_is_ten_oclock_on_both_sides_of_a_clock_change(cast: Cast) -> None:
    before = dt.datetime(2027, 3, 12, 16, 0, tzinfo=dt.UTC)  # Friday, still standard time
    after = dt.datetime(2027, 3, 15, 15, 0, tzinfo=dt.UTC)  # Monday, an hour earlier in UTC
    visits = [book(cast, starts_at=before), book(cast, starts_at=after)]
    assert [cast.clinic.local(one.starts_at).hour for one in visits] == [10, 10]
