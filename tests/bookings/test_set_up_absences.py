"""Time off and closures: nobody is booked then, and what is booked is told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from bookings import operations, queries
from bookings.models import Closure, TimeOff
from bookings.rules.closing import off_span, public_holidays
from clinic.models import AuditEvent, User
from clinic.refusals import Conflict, Refusal
from tests.bookings.test_free_times import booked, local, offered
from tests.bookings.test_new_appointment_views import text_of
from tests.bookings.test_set_up_hours import book
from tests.cast import NOW, TODAY, Cast
from tests.raw_sql import change, refused, run

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
DAY = dt.timedelta(days=1)
TOMORROW = TODAY + DAY
THANKSGIVING = dt.date(2026, 11, 26)


@pytest.fixture
def desk(cast: Cast, enter: Callable[[User], Client]) -> Client:
    """The manager's browser."""
    return enter(cast.manager)


def give(cast: Cast, starts_at: dt.datetime, ends_at: dt.datetime, **given: Any) -> TimeOff:
    values = {"clinic": cast.clinic, "practitioner": cast.ana, "by": cast.manager, "at": NOW}
    return operations.give_time_off(starts_at=starts_at, ends_at=ends_at, **{**values, **given})


def close(cast: Cast, first_on: dt.date, last_on: dt.date | None = None, **given: Any) -> Closure:
    values = {"clinic": cast.clinic, "name": "Move", "by": cast.manager, "at": NOW}
    return operations.close_clinic(
        first_on=first_on, last_on=last_on or first_on, **{**values, **given}
    )


def doubt(cast: Cast, day: dt.date, hour: int, who: Any) -> str:
    return queries.doubts_about(
        local(cast, day, hour),
        clinic=cast.clinic,
        need=cast.short_service,
        at=NOW,
        practitioner=who,
    )


# --- Time off


@pytest.mark.rule("T1")
def test_nobody_is_booked_in_her_time_off(cast: Cast):
    give(cast, local(cast, TOMORROW, 12), local(cast, TOMORROW, 14))
    free = offered(cast, TOMORROW)["Ana Ruiz"]
    assert "11:30 AM" in free
    assert not {"11:45 AM", "12:00 PM", "1:45 PM"} & {*free}
    assert "2:00 PM" in free
    says = "Ana Ruiz has time off until Wed, Nov 25, 2026, 2:00 PM."
    with pytest.raises(Refusal, match=says) as no:
        book(cast, TOMORROW, 13)
    assert (no.value.rule, no.value.field) == ("T1", "starts_at")
    assert doubt(cast, TOMORROW, 13, cast.ana) == says
    assert book(cast, TOMORROW, 13, practitioner=None).practitioner != cast.ana
    assert book(cast, TOMORROW, 14, patient=cast.wang).practitioner == cast.ana


@pytest.mark.rule("T1")
def test_time_off_holds_in_every_clinic(cast: Cast):
    thursday = dt.date(2026, 12, 3)
    give(cast, local(cast, thursday, 0), local(cast, thursday + DAY, 0), practitioner=cast.bo)
    with pytest.raises(Refusal, match="Bo Chen has time off"):
        operations.book(
            clinic=cast.other_clinic,
            patient=cast.other_patient,
            practitioner=cast.bo,
            service=cast.other_service,
            starts_at=local(cast, thursday, 14),
            by=cast.stranger,
            at=NOW,
        )


def test_time_off_taken_back_is_free_again(cast: Cast):
    off = give(cast, local(cast, TOMORROW, 0), local(cast, TOMORROW + DAY, 0))
    assert offered(cast, TOMORROW)["Ana Ruiz"] == []
    operations.withdraw_time_off(clinic=cast.clinic, time_off=off, by=cast.manager, at=NOW)
    assert offered(cast, TOMORROW)["Ana Ruiz"]
    with pytest.raises(Refusal, match="over already"):
        operations.withdraw_time_off(clinic=cast.clinic, time_off=off, by=cast.manager, at=NOW)
    assert AuditEvent.objects.filter(action="time_off.withdraw", outcome="done").count() == 1


@pytest.mark.rule("T1")
@pytest.mark.parametrize(
    ("starts", "ends", "says"),
    [
        (2, 1, "ends before it begins"),
        (1, 1, "ends before it begins"),
        (-2, -1, "is over"),
        (1, 400, "longer than a year"),
        (700, 740, "more than two years ahead"),
    ],
)
def test_time_off_that_cannot_be(cast: Cast, starts: int, ends: int, says: str):
    with pytest.raises(Refusal, match=says) as no:
        give(cast, NOW + starts * DAY, NOW + ends * DAY)
    assert no.value.rule == "T1"


def test_the_same_time_off_twice_is_one(cast: Cast):
    give(cast, NOW + DAY, NOW + 3 * DAY)
    with pytest.raises(Conflict, match="off for all of this time already"):
        give(cast, NOW + DAY, NOW + 2 * DAY)


@pytest.mark.rule("P15")
def test_who_does_not_work_here_gets_no_time_off(cast: Cast):
    with pytest.raises(Refusal, match="does not work in Austin"):
        give(cast, NOW + DAY, NOW + 2 * DAY, practitioner=cast.nora)


def test_what_it_hits_is_shown_before_and_after_it_is_saved(cast: Cast, desk: Client):
    visit = booked(cast, cast.ana, local(cast, TOMORROW, 12))
    card = reverse("appointment", args=[visit.pk])
    page = reverse("setup-shift-off", args=[cast.ana.pk])
    sent = {"first_on": TOMORROW, "last_on": TOMORROW + DAY, "note": "Surgery", "once": "one"}
    looked = desk.post(page, sent)
    assert looked.status_code == 200
    assert "1 visit is booked then; nothing is saved yet." in text_of(looked)
    assert card in looked.content.decode()
    assert not TimeOff.objects.exists()
    again = {**sent, "looked": looked.context["form"]["looked"].value()}
    saved = desk.post(page, again, follow=True)
    said = text_of(saved)
    assert "Wed, Nov 25, 2026, through Thu, Nov 26, 2026" in said
    assert "1 visit is booked in this time." in said
    assert card in saved.content.decode()
    off = TimeOff.objects.get()
    assert (off.starts_at, off.ends_at) == (
        local(cast, TOMORROW, 0),
        local(cast, TOMORROW + 2 * DAY, 0),
    )
    hers = text_of(desk.get(reverse("setup-shift", args=[cast.ana.pk])))
    assert "Surgery" in hers
    assert "1 visit is booked outside of these hours." in hers
    # The reason is for those who set up the clinic.
    assert "Surgery" not in doubt(cast, TOMORROW, 13, cast.ana)
    back = reverse("setup-time-off", args=[off.pk])
    assert desk.post(back, {"version": 1, "once": "x"}).status_code == 302
    assert desk.get(back).status_code == 404


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"last_on": "2026-11-24"}, "This ends before it begins."),
        ({"starts": "14:00", "ends": "13:00"}, "This ends before it begins."),
        ({"starts": "quarter past"}, "Enter a time, for example 9:30."),
        ({"first_on": ""}, "Enter a date"),
        ({"last_on": "2027-02-30"}, "Enter a date"),
    ],
)
def test_what_is_typed_wrong_is_said(cast: Cast, desk: Client, given: dict[str, str], says: str):
    sent = {"first_on": "2026-11-25", "last_on": "2026-11-25", "once": "x", **given}
    answer = desk.post(reverse("setup-shift-off", args=[cast.ana.pk]), sent)
    assert answer.status_code == 422
    assert says in text_of(answer)


def test_time_off_entered_elsewhere_is_taken_back_here_and_its_note_stays_there(
    cast: Cast, enter: Callable[[User], Client]
):
    off = give(
        cast,
        NOW + DAY,
        NOW + 2 * DAY,
        practitioner=cast.bo,
        clinic=cast.other_clinic,
        by=cast.stranger,
        note="Sick",
    )
    desk = enter(cast.manager)
    said = text_of(desk.get(reverse("setup-shift", args=[cast.bo.pk])))
    assert "entered in Pasadena" in said
    page = reverse("setup-time-off", args=[off.pk])
    assert "Sick" not in said + text_of(desk.get(page))
    answer = desk.post(page, {"version": off.version, "once": "key-1"}, follow=True)
    assert "can be booked at that time again" in text_of(answer)


def test_visits_of_another_clinic_are_counted_and_not_named(cast: Cast, desk: Client):
    from_ten = local(cast, TOMORROW, 10)
    booked(
        cast,
        cast.bo,
        from_ten,
        patient=cast.other_patient,
        service=cast.other_service,
        room=cast.other_room,
        device=cast.other_device,
        by=cast.stranger,
    )
    off = give(cast, from_ten - DAY, from_ten + DAY, practitioner=cast.bo)
    said = text_of(desk.get(reverse("setup-time-off", args=[off.pk])))
    assert "1 visit is booked in this time." in said
    assert "1 of them in another clinic; its desk sees which." in said
    assert "Santos" not in said


@pytest.mark.rule("T1")
def test_time_off_at_both_clock_changes(cast: Cast):
    zone = cast.clinic.zone
    spring, fall = dt.date(2027, 3, 14), dt.date(2026, 11, 1)
    begin, end = off_span(spring, spring, starts_min=150, ends_min=1440, zone=zone)
    assert (begin, end) == (local(cast, spring, 3), local(cast, spring + DAY, 0))
    begin, end = off_span(fall, fall, starts_min=0, ends_min=1440, zone=zone)
    assert end - begin == dt.timedelta(hours=25)
    begin, end = off_span(fall, fall, starts_min=90, ends_min=90, zone=zone)
    assert end - begin == dt.timedelta(hours=1)


# --- Closures


@pytest.mark.rule("T1")
def test_nobody_is_booked_while_the_clinic_is_closed(cast: Cast):
    close(cast, THANKSGIVING, name="Thanksgiving Day")
    assert not any(offered(cast, THANKSGIVING).values())
    says = "The clinic is closed on Thu, Nov 26, 2026: Thanksgiving Day."
    for who in (cast.ana, None):
        with pytest.raises(Refusal, match=says) as no:
            book(cast, THANKSGIVING, 12, practitioner=who)
        assert no.value.rule == "T1"
        assert doubt(cast, THANKSGIVING, 12, who) == says
    # The other clinic is open.
    assert (
        queries.rosters_of(cast.other_clinic, first=THANKSGIVING, last=THANKSGIVING).closures == []
    )


def test_the_board_names_the_closure(cast: Cast, enter: Callable[[User], Client]):
    close(cast, THANKSGIVING, name="Thanksgiving Day")
    desk = enter(cast.reception)
    said = text_of(desk.get(reverse("day-on", args=[THANKSGIVING])))
    assert "The clinic is closed Thanksgiving Day" in said
    visit = booked(cast, cast.ana, local(cast, THANKSGIVING, 12))
    page = desk.get(reverse("day-on", args=[THANKSGIVING])).content.decode()
    assert "The clinic is closed: Thanksgiving Day." in page
    assert str(visit.pk) in page
    assert 'class="slot"' not in page
    assert "<small>Closed</small>" in page


def test_the_board_hatches_time_off_and_names_who_is_away(
    cast: Cast, enter: Callable[[User], Client]
):
    give(cast, local(cast, TOMORROW, 13), local(cast, TOMORROW + DAY, 0))
    give(cast, local(cast, TOMORROW, 0), local(cast, TOMORROW + DAY, 0), practitioner=cast.bo)
    desk = enter(cast.reception)
    page = desk.get(reverse("day-on", args=[TOMORROW])).content.decode()
    assert '<td rowspan="16" class="closed off"><span>Time off</span></td>' in page
    assert "Time off all day: Bo Chen." in page
    assert page.count('<th scope="col">Bo Chen') == 0
    booked(cast, cast.bo, local(cast, TOMORROW, 10))
    page = desk.get(reverse("day-on", args=[TOMORROW])).content.decode()
    assert "Time off all day" not in page
    assert "<small>Time off</small>" in page


@pytest.mark.rule("T1")
@pytest.mark.parametrize(
    ("first", "last", "given", "says"),
    [
        (-1, 1, {}, "This date is past."),
        (800, 801, {}, "more than two years ahead"),
        (5, 4, {}, "ends before it begins"),
        (1, 400, {}, "longer than a year"),
        (1, 1, {"name": "  "}, "Say what it is closed for."),
    ],
)
def test_a_closure_that_cannot_be(
    cast: Cast, first: int, last: int, given: dict[str, str], says: str
):
    with pytest.raises(Refusal, match=says):
        close(cast, TODAY + first * DAY, TODAY + last * DAY, **given)


def test_what_a_closure_hits_is_shown_before_and_after(cast: Cast, desk: Client):
    booked(cast, cast.ana, local(cast, TOMORROW, 12))
    page = reverse("setup-closure-add")
    sent = {"name": "Move", "first_on": TOMORROW, "last_on": TOMORROW, "once": "one"}
    looked = desk.post(page, sent)
    assert "1 visit is booked then; nothing is saved yet." in text_of(looked)
    assert not Closure.objects.exists()
    again = {**sent, "looked": looked.context["form"]["looked"].value()}
    saved = desk.post(page, again, follow=True)
    assert "1 visit is booked on these days." in text_of(saved)
    assert "Move or cancel" in text_of(saved)
    closure = Closure.objects.get()
    twice = desk.post(page, {**sent, "once": "two", "looked": again["looked"]})
    assert twice.status_code == 409
    assert "It is closed then already: Move." in text_of(twice)
    there = text_of(desk.get(reverse("setup-closures")))
    assert "Move Wed, Nov 25, 2026 Closure" in there
    back = reverse("setup-closure", args=[closure.pk])
    assert desk.post(back, {"version": 1, "once": "x"}).status_code == 302
    assert offered(cast, TOMORROW)["Priya Raman"]
    assert desk.get(back).status_code == 404


@pytest.mark.rule("P15")
def test_another_clinic_s_closure_is_not_there(cast: Cast, desk: Client):
    other = close(cast, TOMORROW, clinic=cast.other_clinic, by=cast.stranger)
    assert desk.get(reverse("setup-closure", args=[other.pk])).status_code == 404


# --- Public holidays


def test_each_state_has_its_holidays():
    texas, california = public_holidays("TX", 2027), public_holidays("CA", 2027)
    assert texas[dt.date(2027, 11, 25)] == "Thanksgiving Day"
    assert "Texas Independence Day" in texas.values()
    assert "Texas Independence Day" not in california.values()
    assert all(day.year == 2027 for day in texas)
    assert public_holidays("ZZ", 2027)[dt.date(2027, 12, 25)] == "Christmas Day"


def test_holidays_are_ticked_for_a_year(cast: Cast, desk: Client):
    booked(cast, cast.ana, local(cast, THANKSGIVING, 12))
    page = reverse("setup-closure-holidays")
    said = text_of(desk.get(page))
    assert "Thu, Nov 26, 2026: Thanksgiving Day, 1 visit booked" in said
    assert "New Year's Day" not in said
    assert "Labor Day" not in said  # over
    assert "Fri, Jan 1, 2027: New Year's Day" in text_of(desk.get(f"{page}?year=2027"))
    sent = {"days": ["2026-11-26", "2026-12-25"], "once": "one"}
    for _ in range(2):
        assert desk.post(page, sent).status_code == 302
    rows = Closure.objects.order_by("first_on")
    assert [(row.name, row.is_holiday) for row in rows] == [
        ("Thanksgiving Day", True),
        ("Christmas Day", True),
    ]
    assert "Thanksgiving Day" not in text_of(desk.get(page)).replace(
        "Friday After Thanksgiving", ""
    )
    assert not any(offered(cast, THANKSGIVING).values())


@pytest.mark.parametrize(
    ("query", "days", "says"),
    [
        ("", [], "Tick at least one holiday."),
        ("", ["2026-11-24"], "Choose one from the list."),
        ("", ["2026-01-01"], "Choose one from the list."),
        ("?year=1e9", ["x"], "Choose one from the list."),
    ],
)
def test_what_is_no_holiday_is_refused(
    cast: Cast, desk: Client, query: str, days: list[str], says: str
):
    answer = desk.post(reverse("setup-closure-holidays") + query, {"days": days, "once": "x"})
    assert answer.status_code == 422
    assert says in text_of(answer)


def test_the_operation_knows_the_holidays_itself(cast: Cast):
    for day, says in ((TODAY, "is no public holiday"), (dt.date(2026, 9, 7), "past")):
        with pytest.raises(Refusal, match=says):
            operations.add_holidays(clinic=cast.clinic, days=[day], by=cast.manager, at=NOW)


# --- Past the operations


@pytest.mark.rule("T1")
def test_the_database_keeps_time_off_and_closures(cast: Cast):
    off = give(cast, NOW + DAY, NOW + 2 * DAY)
    assert refused(*change(off, ends_at=NOW)) in {
        "time_off_only_withdrawn",
        "time_off_starts_before_end",
    }
    assert refused(*change(off, practitioner_id=cast.bo.pk)) == "time_off_only_withdrawn"
    assert refused(*change(off, withdrawn_at=NOW)) == "time_off_withdrawn_by"
    run(*change(off, withdrawn_at=NOW, withdrawn_by_id=cast.manager.pk))
    assert refused(*change(off, withdrawn_at=None, withdrawn_by_id=None)) == (
        "time_off_only_withdrawn"
    )
    assert refused("DELETE FROM bookings_timeoff WHERE id = %s", off) == (
        "bookings_timeoff_never_deleted"
    )
    closure = close(cast, TOMORROW)
    assert refused(*change(closure, last_on=TODAY)) in {
        "closure_only_withdrawn",
        "closure_first_before_last",
    }
    assert refused(*change(closure, first_on=TODAY)) == "closure_only_withdrawn"
    run(*change(closure, withdrawn_at=NOW, withdrawn_by_id=cast.manager.pk))
    assert refused(*change(closure, withdrawn_at=None, withdrawn_by_id=None)) == (
        "closure_only_withdrawn"
    )
    assert refused("DELETE FROM bookings_closure WHERE id = %s", closure) == (
        "bookings_closure_never_deleted"
    )
