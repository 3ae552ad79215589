"""The waitlist: who waits, what is offered, and what becomes of an offer (T3, T4)."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bookings import operations, queries
from bookings.models import Appointment, Hold, Offer, WaitlistEntry
from bookings.queries.holds import offers_without_holds
from bookings.rules.waiting import ClosedAs, OfferState
from clinic.models import AuditEvent, Message
from clinic.refusals import Conflict, NotAllowed, Refusal
from tests import factories
from tests.bookings.waiting import MINUTE, NOON, offer, someone, wait
from tests.cast import NOW, TODAY, Cast
from tests.raw_sql import change, copy, refused, run

DAY = dt.timedelta(days=1)


def events(action: str) -> int:
    return AuditEvent.objects.filter(action=action, outcome=AuditEvent.Outcome.DONE).count()


@pytest.mark.rule("T3")
def test_someone_waits_once_for_a_service(cast: Cast) -> None:
    entry = wait(cast, note=" mornings ")
    assert (entry.note, entry.closed_as, events("waitlist.add")) == ("mornings", "", 1)
    with pytest.raises(Conflict, match=r"waits for .* already"):
        wait(cast)
    assert wait(cast, service=cast.short_service) != entry


@pytest.mark.rule("T3")
@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"weekdays": 0}, "weekdays"),
        ({"weekdays": 128}, "weekdays"),
        ({"from_min": 600, "to_min": 600}, "to_min"),
        ({"from_min": 600, "to_min": 640}, "to_min"),
        ({"last_on": TODAY - DAY}, "last_on"),
        ({"first_on": TODAY + 2 * DAY, "last_on": TODAY + DAY}, "last_on"),
    ],
)
def test_a_wish_that_no_time_fits_is_refused(cast: Cast, given: dict[str, Any], field: str) -> None:
    with pytest.raises(Refusal) as no:
        wait(cast, **given)
    assert no.value.field == field


@pytest.mark.rule("P15")
def test_another_clinics_patient_and_service_are_not_known(cast: Cast) -> None:
    for given in ({"patient": cast.other_patient}, {"service": cast.other_service}):
        with pytest.raises(Refusal, match="not known here"):
            wait(cast, **given)
    with pytest.raises(NotAllowed):
        wait(cast, by=cast.auditor)


@pytest.mark.rule("T3")
def test_a_wish_changes_and_keeps_its_place(cast: Cast) -> None:
    entry = wait(cast)
    changed = operations.change_wait(
        entry=entry,
        first_on=TODAY,
        weekdays=1,
        practitioners=[cast.ana],
        version=entry.version,
        by=cast.reception,
        at=NOW + MINUTE,
    )
    assert (changed.created_at, changed.weekdays) == (NOW, 1)
    assert list(changed.practitioners.all()) == [cast.ana]
    with pytest.raises(Conflict):
        operations.change_wait(
            entry=entry, first_on=TODAY, version=entry.version, by=cast.reception, at=NOW
        )


@pytest.mark.rule("T3")
def test_whoever_is_off_the_waitlist_stays_off(cast: Cast) -> None:
    entry = operations.withdraw_wait(entry=wait(cast), by=cast.reception, at=NOW)
    assert (entry.closed_as, entry.closed_by) == (ClosedAs.WITHDRAWN, cast.reception)
    with pytest.raises(Conflict, match="does not wait any more: withdrawn"):
        operations.withdraw_wait(entry=entry, by=cast.reception, at=NOW)
    assert refused(*change(entry, note="x")) == "bookings_waitlistentry_frozen"
    wait(cast)


@pytest.mark.rule("T3")
def test_a_wait_ends_after_its_last_day_in_the_clinic(cast: Cast) -> None:
    entry = wait(cast, last_on=TODAY)
    assert operations.close_waits_over(at=NOW + 12 * 60 * MINUTE) == 0
    assert operations.close_waits_over(at=NOW + DAY) == 1
    entry.refresh_from_db()
    assert (entry.closed_as, entry.closed_by, events("waitlist.over")) == ("expired", None, 1)
    assert operations.close_waits_over(at=NOW + DAY) == 0


@pytest.mark.rule("T3")
def test_the_desk_books_for_who_waits_in_one_press(cast: Cast) -> None:
    entry = wait(cast)
    visit = operations.book_from_waitlist(
        entry=entry, practitioner=cast.ana, starts_at=NOON, by=cast.reception, at=NOW
    )
    entry.refresh_from_db()
    assert (entry.closed_as, entry.appointment, entry.closed_by) == (
        "booked",
        visit,
        cast.reception,
    )
    with pytest.raises(Refusal):
        operations.book_from_waitlist(
            entry=entry, practitioner=cast.ana, starts_at=NOON, by=cast.reception, at=NOW
        )
    assert Appointment.objects.count() == 1


# --- offers


@pytest.mark.rule("T4")
def test_an_offer_holds_its_time_and_sends_a_link(cast: Cast) -> None:
    made = offer(cast, wait(cast))
    assert made.expires_at == NOW + 30 * MINUTE
    assert made.holds.count() == 4
    assert offers_without_holds(NOW) == []
    (message,) = Message.objects.filter(about=made.pk.hex)
    assert f"/offer/{made.secret}/" in message.body
    assert "12:00" not in message.body  # she comes for check-in and numbing
    assert cast.service.name not in message.subject + message.body
    assert message.not_after == made.expires_at
    assert made.secret not in made.digest
    with pytest.raises(Conflict, match="busy"):
        operations.book(
            clinic=cast.clinic,
            patient=cast.mia,
            practitioner=cast.ana,
            service=cast.service,
            starts_at=NOON,
            by=cast.reception,
            at=NOW,
        )


@pytest.mark.rule("T4")
def test_a_time_is_offered_to_one_at_once(cast: Cast) -> None:
    made = offer(cast, wait(cast))
    with pytest.raises(Conflict, match="busy"):
        offer(cast, wait(cast, someone(cast, 1)), secret="another")
    with pytest.raises(Conflict, match="offered to"):
        offer(cast, made.entry, starts_at=NOON + 120 * MINUTE, secret="another")
    with pytest.raises(Conflict, match="offered to"):
        operations.withdraw_wait(entry=made.entry, by=cast.reception, at=NOW)
    with pytest.raises(Conflict, match="offered to"):
        operations.book_from_waitlist(
            entry=made.entry,
            practitioner=cast.ana,
            starts_at=NOON + 120 * MINUTE,
            by=cast.reception,
            at=NOW,
        )


@pytest.mark.rule("T4")
@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"starts_at": NOW - DAY}, "in the past"),
        ({"starts_at": NOW + 25 * MINUTE}, "no time left to answer"),
        ({"starts_at": NOON + 2 * MINUTE}, "five-minute mark"),
        ({"starts_at": NOON + 12 * 60 * MINUTE}, "not at work"),
    ],
)
def test_a_time_that_cannot_be_had_is_not_offered(
    cast: Cast, given: dict[str, Any], says: str
) -> None:
    with pytest.raises(Refusal, match=says):
        offer(cast, wait(cast), **given)
    assert Offer.objects.count() == 0


@pytest.mark.rule("T4")
def test_who_cannot_be_written_to_is_called(cast: Cast) -> None:
    with pytest.raises(Refusal, match="cannot be written to") as no:
        offer(cast, wait(cast, cast.wang))
    assert "Call the patient" in no.value.way_out


@pytest.mark.rule("R35")
def test_an_offer_keeps_the_interval(cast: Cast) -> None:
    factories.performed(cast, TODAY - 20 * DAY, patient=cast.siobhan)
    with pytest.raises(Refusal, match="last treatment of the same area"):
        offer(cast, wait(cast))


@pytest.mark.rule("T4")
def test_the_patient_takes_it_and_what_was_held_is_hers(cast: Cast) -> None:
    made = offer(cast, wait(cast))
    held = set(made.holds.values_list("pk", flat=True))
    visit = operations.take_offer(offer=made, at=NOW + MINUTE)
    assert set(visit.holds.values_list("pk", flat=True)) == held
    made.refresh_from_db()
    entry = made.entry
    entry.refresh_from_db()
    assert (made.state, made.appointment, made.settled_by) == (OfferState.TAKEN, visit, None)
    assert (entry.closed_as, entry.appointment) == ("booked", visit)
    (event,) = AuditEvent.objects.filter(action="waitlist.take")
    assert event.actor == "system"
    assert Message.objects.filter(key__startswith="booked", about=visit.pk.hex).count() == 1
    with pytest.raises(Conflict, match="not held for you any more"):
        operations.take_offer(offer=made, at=NOW + MINUTE)
    assert Appointment.objects.count() == 1


@pytest.mark.rule("T4")
def test_too_late_is_told_with_the_clinics_phone(cast: Cast) -> None:
    made = offer(cast, wait(cast))
    for act in (operations.take_offer, operations.decline_offer):
        with pytest.raises(Conflict) as no:
            act(offer=made, at=made.expires_at)
        assert cast.clinic.phone_text in no.value.way_out
    assert Appointment.objects.count() == 0


@pytest.mark.rule("R17")
def test_a_license_that_is_suspended_meanwhile_takes_no_offer(cast: Cast) -> None:
    made = offer(cast, wait(cast))
    run("UPDATE clinic_license SET status = 'suspended' WHERE id = %s", cast.ana_license)
    with pytest.raises(Refusal) as no:
        operations.take_offer(offer=made, at=NOW + MINUTE)
    assert no.value.rule in {"R17", "R26"}
    made.refresh_from_db()
    assert (made.state, made.holds.count()) == ("open", 4)


@pytest.mark.rule("T4")
def test_what_is_declined_or_taken_back_is_free_and_she_still_waits(cast: Cast) -> None:
    made = operations.decline_offer(offer=offer(cast, wait(cast)), at=NOW + MINUTE)
    assert (made.state, Hold.objects.count()) == ("declined", 0)
    again = offer(cast, made.entry, secret="again")
    back = operations.take_back_offer(offer=again, by=cast.reception, at=NOW + MINUTE)
    assert (back.state, back.settled_by, Hold.objects.count()) == (
        "withdrawn",
        cast.reception,
        0,
    )
    assert WaitlistEntry.objects.waiting().count() == 1
    assert Message.objects.filter(withdrawn=True).count() == 2
    with pytest.raises(Conflict, match="not open any more"):
        operations.take_back_offer(offer=again, by=cast.reception, at=NOW + MINUTE)


@pytest.mark.rule("T4")
@pytest.mark.parametrize("then_next", [True, False])
def test_an_offer_that_is_over_moves_on_only_where_the_desk_wants_so(
    cast: Cast, then_next: bool
) -> None:
    first = wait(cast)
    wait(cast, someone(cast, 2), at=NOW + 2 * MINUTE)
    second = wait(cast, someone(cast, 1), at=NOW + MINUTE)
    made = offer(cast, first, then_next=then_next)
    assert operations.end_offers_over(at=made.expires_at - MINUTE) == 0
    assert operations.end_offers_over(at=made.expires_at) == 1
    made.refresh_from_db()
    assert (made.state, events("waitlist.offer_over")) == ("expired", 1)
    now = list(Offer.objects.still_open())
    assert [one.entry for one in now] == ([second] if then_next else [])
    assert Hold.objects.count() == (4 if then_next else 0)
    assert Appointment.objects.count() == 0
    assert operations.end_offers_over(at=made.expires_at) == 0


@pytest.mark.rule("T4")
def test_nobody_is_asked_twice_for_the_same_time(cast: Cast) -> None:
    wait(cast, someone(cast, 1), weekdays=0b1000000)
    made = offer(cast, wait(cast), then_next=True)
    operations.decline_offer(offer=made, at=NOW + MINUTE)
    assert Offer.objects.still_open().count() == 0


@pytest.mark.rule("T4")
def test_declining_asks_the_next_at_once(cast: Cast) -> None:
    made = offer(cast, wait(cast), then_next=True)
    second = wait(cast, someone(cast, 1), at=NOW + MINUTE)
    operations.decline_offer(offer=made, at=NOW + 2 * MINUTE)
    (now,) = Offer.objects.still_open()
    assert (now.entry, now.made_by, now.then_next) == (second, cast.reception, True)


@pytest.mark.rule("T4")
def test_whoever_left_offers_nothing_more(cast: Cast) -> None:
    made = offer(cast, wait(cast), then_next=True)
    wait(cast, someone(cast, 1))
    cast.reception.is_active = False
    cast.reception.write(only=["is_active"])
    operations.end_offers_over(at=made.expires_at)
    assert Offer.objects.still_open().count() == 0


@pytest.mark.rule("R47")
def test_an_undo_of_what_is_offered_meanwhile_says_so(cast: Cast) -> None:
    visit = factories.appointment(
        patient=cast.mia,
        practitioner=cast.ana,
        service=cast.service,
        room=cast.room,
        device=cast.device,
        starts_at=NOON,
        by=cast.reception,
    )
    visit = operations.cancel(appointment=visit, reason="Ill", by=cast.reception, at=NOW)
    assert Offer.objects.count() == Appointment.objects.filter(status="booked").count() == 0
    offer(cast, wait(cast))
    says = rf"offered to {cast.siobhan.code}, .*until 9:30 AM"
    with pytest.raises(Conflict, match=says):
        operations.undo(appointment=visit, by=cast.reception, at=NOW + MINUTE)


# --- who fits


@pytest.mark.rule("T3")
def test_the_line_is_first_come_first_and_says_why_the_others_do_not_fit(cast: Cast) -> None:
    late = wait(cast, someone(cast, 1), at=NOW + 2 * MINUTE)
    first = wait(cast, someone(cast, 2))
    other = wait(cast, cast.mia, practitioners=[cast.bo], at=NOW + MINUTE)
    line = queries.line_for(cast.clinic, cast.ana, NOON, at=NOW)
    assert line.fits == [first, late]
    assert line.others == [(other, "Waits for someone else.")]
    made = offer(cast, first)
    taken = queries.line_for(cast.clinic, cast.ana, NOON, at=NOW)
    assert (taken.fits, taken.offer) == ([], made)


@pytest.mark.rule("T3")
def test_nobody_waits_for_a_past_blocked_or_retaken_time(cast: Cast) -> None:
    wait(cast)
    assert queries.line_for(cast.clinic, cast.ana, NOW - DAY, at=NOW).fits == []
    operations.block_time(
        clinic=cast.clinic,
        practitioner=cast.ana,
        starts_at=NOON,
        ends_at=NOON + 30 * MINUTE,
        by=cast.reception,
        at=NOW,
    )
    assert queries.line_for(cast.clinic, cast.ana, NOON, at=NOW).fits == []
    assert len(queries.line_for(cast.clinic, cast.priya, NOON, at=NOW).fits) == 1
    factories.appointment(
        patient=cast.mia,
        practitioner=cast.priya,
        service=cast.service,
        room=cast.room,
        device=cast.device,
        starts_at=NOON + 15 * MINUTE,
        by=cast.reception,
    )
    line = queries.line_for(cast.clinic, cast.priya, NOON, at=NOW)
    assert line.fits == []
    assert "next visit" in line.others[0][1]


# --- past the forms, on both engines


@pytest.fixture
def made(cast: Cast) -> Offer:
    """Noon with Ana, offered to Siobhán."""
    return offer(cast, wait(cast))


@pytest.mark.rule("R47")
def test_a_hold_is_of_one_visit_or_one_offer(cast: Cast, made: Offer) -> None:
    hold = made.holds.get(practitioner=cast.ana)
    visit = factories.appointment(
        patient=cast.mia,
        practitioner=cast.ana,
        service=cast.service,
        room=cast.second_room,
        device=cast.second_device,
        starts_at=NOON + 120 * MINUTE,
        by=cast.reception,
    )
    assert refused(*change(hold, appointment_id=visit)) in {
        "hold_for_exactly_one",
        "hold_practitioner_once_per_visit",
    }
    assert refused(*change(hold, offer_id=None)) == "hold_for_exactly_one"
    later = {"starts_at": NOON + DAY, "ends_at": NOON + DAY + MINUTE}
    assert refused(*copy(hold, **later)) == "hold_practitioner_once_per_offer"
    other = visit.holds.get(practitioner=cast.ana)
    over = {"starts_at": NOON, "ends_at": NOON + MINUTE}
    assert refused(*change(other, **over)) in {
        "hold_no_overlap_practitioner",
        "bookings_hold_no_overlap_practitioner",
    }
    Hold.objects.release(made)
    assert offers_without_holds(NOW) == ["Offers that do not hold their time: 1."]
    operations.take_back_offer(offer=made, by=cast.reception, at=NOW)
    assert offers_without_holds(NOW) == []
    assert refused(*copy(other, appointment_id=None, offer_id=made)) == "hold_of_an_open_offer"


@pytest.mark.rule("T4")
@pytest.mark.parametrize(
    ("columns", "name"),
    [
        ({"state": "gone", "settled_at": NOW}, "offer_state_known"),
        ({"state": "expired"}, "offer_settled_is_dated"),
        ({"state": "withdrawn", "settled_at": NOW}, "offer_withdrawn_by_someone"),
        ({"state": "taken", "settled_at": NOW}, "offer_taken_has_its_visit"),
        ({"starts_at": NOON + MINUTE}, "offer_stays_as_made"),
        ({"expires_at": NOON}, "offer_stays_as_made"),
        ({"digest": "0" * 64}, "offer_stays_as_made"),
        ({"clean_down_min": 30}, "offer_stays_as_made"),
        ({"check_in_min": 5}, "offer_stays_as_made"),
        ({"then_next": True}, "offer_stays_as_made"),
    ],
    ids=str,
)
def test_the_database_keeps_an_offer_as_it_was_made(
    made: Offer, columns: dict[str, Any], name: str
) -> None:
    assert refused(*change(made, **columns)) == name


@pytest.mark.rule("T4")
def test_an_offer_stays_in_the_name_of_who_made_it(cast: Cast, made: Offer) -> None:
    assert refused(*change(made, made_by_id=cast.manager)) == "offer_stays_as_made"


@pytest.mark.rule("T4", "P15")
@pytest.mark.parametrize("lane", ["practitioner", "room", "device", "patient"])
def test_an_offer_holds_only_what_it_is_of(cast: Cast, made: Offer, lane: str) -> None:
    others = {
        "practitioner": cast.bo,
        "room": cast.second_room if made.room == cast.room else cast.room,
        "device": cast.second_device if made.device == cast.device else cast.device,
        "patient": cast.other_patient,
    }
    hold = made.holds.get(**{f"{lane}__isnull": False})
    assert refused(*change(hold, **{f"{lane}_id": others[lane]})) == "hold_of_an_open_offer"


@pytest.mark.rule("T4")
def test_what_an_offer_holds_goes_to_no_other_offer(cast: Cast, made: Offer) -> None:
    entry = wait(cast, service=cast.short_service)
    later = offer(cast, entry, starts_at=NOON + 120 * MINUTE, secret="later")
    mine = made.holds.get(practitioner=cast.ana)
    Hold.objects.release(later)
    assert refused(*change(mine, offer_id=later)) == "hold_stays_where_it_is"


@pytest.mark.rule("T3")
def test_a_place_in_the_line_stays_where_it_is(cast: Cast) -> None:
    entry = wait(cast)
    for columns in (
        {"created_at": NOW - DAY},
        {"created_by_id": cast.manager},
        {"service_id": cast.short_service},
    ):
        assert refused(*change(entry, **columns)) == "waitlist_stays_as_added"
    moved = change(
        entry,
        clinic_id=cast.other_patient.clinic,
        patient_id=cast.other_patient,
        service_id=cast.other_service,
    )
    # Since numbers are handed over only by a merge, either guard may speak first.
    assert refused(*moved).startswith("waitlist_")


@pytest.mark.rule("T4")
@pytest.mark.parametrize(
    ("columns", "name"),
    [
        ({}, "offer_once_open_per_entry"),
        ({"state": "declined", "settled_at": NOW}, "offer_begins_open"),
        ({"expires_at": NOW}, "offer_lasts_up_to_four_hours"),
        ({"starts_at": NOW}, "offer_ends_before_its_time"),
        ({"numbing_min": 121}, "offer_minutes_as_of_a_visit"),
    ],
    ids=str,
)
def test_the_database_refuses_an_offer_that_could_not_be(
    made: Offer, columns: dict[str, Any], name: str
) -> None:
    given = {"digest": "1" * 64, **columns}
    assert refused(*copy(made, **given)) == name


@pytest.mark.rule("T4")
def test_the_database_keeps_offers_within_license_clinic_and_file(cast: Cast, made: Offer) -> None:
    digest = {"digest": "1" * 64}
    assert refused(*copy(made, **digest, license_id=cast.lapsed_license)) == "offer_licensed"
    assert refused(*copy(made, **digest, room_id=cast.other_room)) == "offer_one_clinic"
    assert refused("DELETE FROM bookings_offer WHERE id = %s", made).startswith(
        "bookings_offer_never_deleted"
    )
    mias = factories.appointment(
        patient=cast.mia,
        practitioner=cast.bo,
        service=cast.service,
        room=cast.second_room,
        device=cast.second_device,
        starts_at=NOON + 120 * MINUTE,
        by=cast.reception,
    )
    taken = {"state": "taken", "settled_at": NOW, "appointment_id": mias}
    assert refused(*change(made, **taken)) == "offer_taken_by_who_waits"
    operations.decline_offer(offer=made, at=NOW)
    assert refused(*change(made, state="expired")) == "bookings_offer_frozen"


@pytest.mark.rule("T3")
@pytest.mark.parametrize(
    ("columns", "name"),
    [
        ({"weekdays": 0}, "waitlist_some_weekday"),
        ({"from_min": 600, "to_min": 600}, "waitlist_times_in_order"),
        ({"last_on": TODAY - DAY}, "waitlist_dates_in_order"),
        ({"closed_as": "lost", "closed_at": NOW}, "waitlist_closed_as_known"),
        ({"closed_as": "expired"}, "waitlist_closed_as_dated"),
        ({"closed_as": "booked", "closed_at": NOW}, "waitlist_booked_has_its_visit"),
        ({"closed_as": "withdrawn", "closed_at": NOW}, "waitlist_withdrawn_by_someone"),
    ],
    ids=str,
)
def test_the_database_keeps_who_waits(cast: Cast, columns: dict[str, Any], name: str) -> None:
    assert refused(*change(wait(cast), **columns)) == name


@pytest.mark.rule("T3")
def test_the_database_keeps_the_waitlist_within_its_clinic_and_on_file(cast: Cast) -> None:
    entry = wait(cast)
    assert refused(*copy(entry)) == "waitlist_once_per_service"
    assert refused(*change(entry, service_id=cast.other_service)) in {
        "waitlist_one_clinic",
        "waitlist_stays_as_added",
    }
    assert refused(*copy(entry, service_id=cast.other_service)) == "waitlist_one_clinic"
    gone = refused("DELETE FROM bookings_waitlistentry WHERE id = %s", entry)
    assert gone == "bookings_waitlistentry_never_deleted"
    mias = factories.appointment(
        patient=cast.mia,
        practitioner=cast.bo,
        service=cast.service,
        room=cast.second_room,
        device=cast.second_device,
        starts_at=NOON + 120 * MINUTE,
        by=cast.reception,
    )
    hers = {"closed_as": "booked", "closed_at": NOW, "appointment_id": mias}
    assert refused(*change(entry, **hers)) == "waitlist_visit_is_hers"
    offer(cast, entry)
    over = {"closed_as": "expired", "closed_at": NOW}
    assert refused(*change(entry, **over)) == "waitlist_closed_without_offer"
