"""When someone works is kept on pages of its own, and counts wherever time is offered."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from bookings import operations, queries
from bookings.models import Shift, ShiftException
from clinic.models import AuditEvent, User
from clinic.refusals import Conflict, Refusal
from tests.bookings.test_free_times import booked, local, offered
from tests.bookings.test_new_appointment_views import text_of
from tests.cast import NOW, TODAY, Cast
from tests.raw_sql import change, refused, run

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
DAY = dt.timedelta(days=1)
NEXT_WEEK = TODAY + 7 * DAY
NINE_TO_NOON = [(540, 720)]
WEEK = [NINE_TO_NOON] * 5 + [[], []]


@pytest.fixture
def desk(cast: Cast, enter: Callable[[User], Client]) -> Client:
    """The manager's browser."""
    return enter(cast.manager)


def set_week(cast: Cast, week: Any = WEEK, starts_on: dt.date = NEXT_WEEK, **given: Any) -> None:
    values = {"clinic": cast.clinic, "practitioner": cast.ana, "by": cast.manager, "at": NOW}
    operations.set_week(week=week, starts_on=starts_on, **{**values, **given})


def set_day(cast: Cast, day: dt.date, hours: Any, **given: Any) -> None:
    values = {"clinic": cast.clinic, "practitioner": cast.ana, "by": cast.manager, "at": NOW}
    operations.set_day(day=day, hours=hours, **{**values, **given})


def book(cast: Cast, day: dt.date, hour: int, **given: Any) -> Any:
    values = {
        "clinic": cast.clinic,
        "patient": cast.mia,
        "practitioner": cast.ana,
        "service": cast.short_service,
        "starts_at": local(cast, day, hour),
        "by": cast.reception,
        "at": NOW,
    }
    return operations.book(**{**values, **given})


def typed(cast: Cast, week: dict[str, str], starts_on: str = "2026-12-01") -> dict[str, str]:
    return {"starts_on": starts_on, "once": f"press {week}"[:64], **week}


def test_a_new_week_counts_from_its_date_on(cast: Cast):
    set_week(cast)
    before, after = NEXT_WEEK - 7 * DAY, NEXT_WEEK
    assert offered(cast, before)["Ana Ruiz"][-1] == "4:30 PM"
    assert offered(cast, after)["Ana Ruiz"][-1] == "11:30 AM"
    old = Shift.objects.filter(practitioner=cast.ana, valid_to__isnull=False)
    assert {shift.valid_to for shift in old} == {NEXT_WEEK - DAY}
    detail = json.loads(AuditEvent.objects.get(action="shift.set_week").detail)
    assert detail["week"] == [[[540, 720]]] * 5 + [[], []]
    assert detail["before_week"] == [[[540, 1020]]] * 5 + [[], []]


def test_what_was_planned_for_later_is_replaced_and_never_begins(cast: Cast):
    set_week(cast)
    late = [[(780, 1020)]] * 5 + [[], []]
    set_week(cast, late, starts_on=TODAY + DAY)
    for day in (TODAY + DAY, NEXT_WEEK, NEXT_WEEK + 30 * DAY):
        if day.weekday() < 5:
            assert offered(cast, day)["Ana Ruiz"][0] == "1:00 PM", day
    plan = queries.plan_of(cast.ana, cast.clinic, on=TODAY)
    assert [day for day, _says in plan.later] == [TODAY + DAY]
    # Ended and set anew on one day: the first of the two never was.
    set_week(cast, WEEK, starts_on=TODAY + DAY)
    assert offered(cast, TODAY + DAY)["Ana Ruiz"][-1] == "11:30 AM"


def test_one_clinic_s_week_leaves_the_other_s_alone(cast: Cast):
    set_week(cast, practitioner=cast.bo)
    there = Shift.objects.filter(practitioner=cast.bo, clinic=cast.other_clinic)
    assert all(shift.valid_to is None for shift in there)


@pytest.mark.rule("T1")
@pytest.mark.parametrize(
    ("week", "says"),
    [
        ({"d0_0_from": "09:00", "d0_0_to": "12:00", "d0_1_from": "11:00", "d0_1_to": "17:00"},
         "11:00 AM–5:00 PM overlaps with 9:00 AM–12:00 PM."),
        ({"d0_0_from": "17:00", "d0_0_to": "09:00"}, "before it begins at 5:00 PM."),
        ({"d0_0_from": "22:00", "d0_0_to": "02:00"}, "This crosses midnight."),
        ({"d0_0_from": "09:00", "d0_0_to": "09:00"}, "begins and ends at the same time."),
        ({"d0_0_from": "09:00", "d0_0_to": ""}, "Enter both times, or leave both empty."),
        ({"d0_0_from": "25:00", "d0_0_to": "26:00"}, "Enter a time, for example 9:30."),
    ],
)  # fmt: skip
def test_hours_that_cannot_be_are_said_beside_their_field(
    cast: Cast, desk: Client, week: dict[str, str], says: str
):
    answer = desk.post(reverse("setup-shift-week", args=[cast.ana.pk]), typed(cast, week))
    assert answer.status_code == 422
    assert says in text_of(answer)
    assert not answer.context["form"].non_field_errors()
    for name, value in week.items():
        assert f'name="{name}" value="{value}"' in answer.content.decode() or not value
    assert Shift.objects.filter(practitioner=cast.ana).count() == 5


@pytest.mark.rule("T1")
@pytest.mark.parametrize(
    ("starts_on", "says"),
    [
        ("2026-11-23", "This date is past."),
        ("2029-01-01", "This is more than two years ahead."),
        ("2026-02-30", "Enter a date"),
        ("9999-12-31", "Use a date between 1900 and 2200."),
        ("", "Enter a date"),
    ],
)
def test_a_date_that_cannot_be_planned_for(cast: Cast, desk: Client, starts_on: str, says: str):
    week = {"d0_0_from": "09:00", "d0_0_to": "12:00"}
    answer = desk.post(
        reverse("setup-shift-week", args=[cast.ana.pk]), typed(cast, week, starts_on)
    )
    assert answer.status_code == 422
    assert says in text_of(answer)


def test_the_form_shows_the_week_and_saves_it(cast: Cast, desk: Client):
    page = reverse("setup-shift-week", args=[cast.ana.pk])
    shown = desk.get(page)
    assert 'name="d4_0_to" value="17:00"' in shown.content.decode()
    seen = shown.context["form"]["seen"].value()
    sent = typed(cast, {"seen": seen, "d6_0_from": "02:30", "d6_0_to": "12 AM", "once": "one"})
    answer = desk.post(page, sent, follow=True)
    said = text_of(answer)
    assert "From Tue, Dec 1, 2026 Ana Ruiz LE works: Sun 2:30 AM–12:00 AM." in said
    assert "On Sun, Mar 14, 2027 the clock skips 2:30 AM: these hours begin at 3:00 AM." in said
    assert "From Tue, Dec 1, 2026 Sun 2:30 AM–12:00 AM" in said
    # The second press does nothing more, one from the older page is refused.
    assert desk.post(page, sent).status_code == 302
    stale = desk.post(page, {**sent, "once": "two"})
    assert stale.status_code == 409
    assert "Someone changed these hours after you opened the page." in text_of(stale)


def test_a_day_is_copied_to_others_without_saving(cast: Cast, desk: Client):
    page = reverse("setup-shift-week", args=[cast.ana.pk])
    sent = typed(
        cast,
        {
            "d0_0_from": "10:00",
            "d0_0_to": "14:00",
            "copy": "1",
            "copy_day": "0",
            "copy_to": ["2", "6", "9", "x"],  # type: ignore[dict-item]
        },
    )
    answer = desk.post(page, sent)
    assert answer.status_code == 200
    for name in ("d0_0_from", "d2_0_from", "d6_0_from"):
        assert f'name="{name}" value="10:00"' in answer.content.decode()
    assert Shift.objects.filter(practitioner=cast.ana).count() == 5


@pytest.mark.parametrize("where", ["week", "opening"])
def test_enter_saves_and_a_copy_says_what_it_did(cast: Cast, enter: Any, where: str):
    desk = enter(cast.manager)
    page = reverse("setup-hours")
    if where == "week":
        page = reverse("setup-shift-week", args=[cast.ana.pk])
    form = desk.get(page).content.decode().split("<main")[1].split("<form")[1]
    first = re.search(r"<button[^>]*>([^<]*)<", form)
    assert first
    assert first[1].startswith("Save the ")
    assert 'name="copy"' not in first[0]
    sent = {"copy": "1", "copy_day": "0", "d0_0_from": "10:00", "d0_0_to": "14:00"}
    answer = desk.post(page, sent)
    assert answer.status_code == 200
    assert "Tick the days that get the same hours" in text_of(answer)
    answer = desk.post(page, sent | {"copy_to": ["2"]})
    assert "Copied. The hours count once you save them." in text_of(answer)


def test_the_same_week_is_no_change(cast: Cast):
    with pytest.raises(Refusal, match="count then already"):
        set_week(cast, [[(540, 1020)]] * 5 + [[], []])


def test_other_hours_on_one_day_count_everywhere(cast: Cast, desk: Client):
    day = TODAY + DAY
    page = reverse("setup-shift-day", args=[cast.ana.pk])
    sent = {"day": day, "hours_0_from": "18:00", "hours_0_to": "20:00", "once": "one"}
    answer = desk.post(page, sent, follow=True)
    assert "On Wed, Nov 25, 2026 Ana Ruiz LE works 6:00 PM–8:00 PM." in text_of(answer)
    assert offered(cast, day)["Ana Ruiz"] == [
        "6:00 PM", "6:15 PM", "6:30 PM", "6:45 PM", "7:00 PM", "7:15 PM", "7:30 PM",
    ]  # fmt: skip
    assert book(cast, day, 18).practitioner == cast.ana
    says = "On Wed, Nov 25, 2026 Ana Ruiz works 6:00 PM–8:00 PM, not as in other weeks."
    with pytest.raises(Refusal, match=says) as no:
        book(cast, day, 10, patient=cast.wang)
    assert (no.value.rule, no.value.field) == ("T1", "starts_at")
    assert (
        queries.doubts_about(
            local(cast, day, 10),
            clinic=cast.clinic,
            need=cast.short_service,
            at=NOW,
            practitioner=cast.ana,
        )
        == says
    )
    board = queries.day_board(clinic=cast.clinic, day=day, at=NOW)
    (column,) = [one for one in board.columns if one.key == cast.ana.pk]
    assert column.works == [(local(cast, day, 18), local(cast, day, 20))]


def test_a_day_off_is_replaced_and_taken_back(cast: Cast, desk: Client):
    day = TODAY + DAY
    set_day(cast, day, [], note="Course")
    assert offered(cast, day)["Ana Ruiz"] == []
    set_day(cast, day, [(600, 720)])
    assert offered(cast, day)["Ana Ruiz"][0] == "10:00 AM"
    hers = reverse("setup-shift", args=[cast.ana.pk])
    assert "Wed, Nov 25, 2026 : 10:00 AM–12:00 PM" in text_of(desk.get(hers))
    sent = {"day": day.isoformat(), "once": "x"}
    assert desk.post(hers, sent).status_code == 302
    assert offered(cast, day)["Ana Ruiz"][0] == "9:00 AM"
    again = desk.post(hers, {**sent, "once": "y"})
    assert again.status_code == 422
    assert "the week's hours count already" in text_of(again)
    assert ShiftException.objects.standing().count() == 0
    assert ShiftException.objects.count() == 2


def test_visits_outside_the_hours_are_listed_with_their_cards(cast: Cast, desk: Client):
    inside = booked(cast, cast.ana, local(cast, NEXT_WEEK, 10))
    outside = booked(cast, cast.ana, local(cast, NEXT_WEEK, 14), patient=cast.wang)
    hers = reverse("setup-shift", args=[cast.ana.pk])
    assert "outside of these hours" not in text_of(desk.get(hers))
    set_week(cast)
    page = desk.get(hers)
    assert "1 visit is booked outside of these hours." in text_of(page)
    assert reverse("appointment", args=[outside.pk]) in page.content.decode()
    assert reverse("appointment", args=[inside.pk]) not in page.content.decode()


def test_who_may_not_see_the_day_is_told_how_many(cast: Cast, enter: Callable[[User], Client]):
    booked(cast, cast.ana, local(cast, NEXT_WEEK, 14))
    set_week(cast)
    said = text_of(enter(cast.administrator).get(reverse("setup-shift", args=[cast.ana.pk])))
    assert "1 visit is booked outside of these hours." in said
    assert "Mia" not in said


@pytest.mark.rule("P15")
@pytest.mark.parametrize("name", ["setup-shift", "setup-shift-week", "setup-shift-day"])
def test_who_does_not_work_here_is_not_there(cast: Cast, desk: Client, name: str):
    assert desk.get(reverse(name, args=[cast.nora.pk])).status_code == 404


@pytest.mark.rule("P15")
def test_who_does_not_work_here_gets_no_hours(cast: Cast):
    with pytest.raises(Refusal, match="does not work in Austin") as no:
        set_week(cast, practitioner=cast.nora)
    assert no.value.rule == "P15"
    with pytest.raises(Refusal, match="does not work in Austin"):
        set_day(cast, TODAY, [], practitioner=cast.nora)


@pytest.mark.parametrize("query", ["?from=2026-13-01", "?from=9999-12-31", "?from=2000-01-01"])
def test_a_date_in_the_address_that_is_none_is_today(cast: Cast, desk: Client, query: str):
    page = reverse("setup-shift-week", args=[cast.ana.pk])
    assert desk.get(page + query).context["form"]["starts_on"].value() == TODAY
    assert desk.get(reverse("setup-shift-day", args=[cast.ana.pk]) + query.replace("from", "day"))


# --- Past the operations


@pytest.mark.rule("T1")
def test_the_database_keeps_shifts_apart(cast: Cast):
    monday, tuesday = Shift.objects.filter(practitioner=cast.ana).order_by("weekday")[:2]
    assert refused(*change(tuesday, weekday=0)) == "shift_no_overlap"
    assert refused(*change(monday, starts_min=1020)) == "shift_starts_before_end"
    run(*change(tuesday, weekday=0, starts_min=1020, ends_min=1080))
    assert refused(*change(tuesday, starts_min=1019)) == "shift_no_overlap"
    run(*change(monday, valid_to=TODAY))
    run(*change(tuesday, starts_min=540, valid_from=TODAY + DAY))
    assert refused(*change(monday, valid_to=None)) == "shift_no_overlap"
    assert refused("DELETE FROM bookings_shift WHERE id = %s", monday).endswith("never_deleted")


@pytest.mark.rule("T1")
def test_the_database_keeps_other_hours_apart(cast: Cast):
    set_day(cast, TODAY, [(540, 600), (660, 720)])
    first, second = ShiftException.objects.order_by("starts_min")
    assert refused(*change(second, starts_min=599)) == "exception_no_overlap"
    assert refused(*change(second, starts_min=None, ends_min=None)) == "exception_no_overlap"
    assert refused(*change(second, ends_min=600)) == "exception_starts_before_end"
    assert refused(*change(first, withdrawn_at=NOW)) == "exception_withdrawn_by"
    run(*change(first, withdrawn_at=NOW, withdrawn_by_id=cast.manager.pk))
    assert refused(*change(first, withdrawn_at=None, withdrawn_by_id=None)) == (
        "bookings_shiftexception_frozen"
    )
    gone = refused("DELETE FROM bookings_shiftexception WHERE id = %s", second)
    assert gone == "bookings_shiftexception_never_deleted"


def test_a_race_for_one_week_ends_in_words(cast: Cast):
    set_week(cast, seen=queries.mark_of(Shift.objects.filter(practitioner=cast.ana)))
    with pytest.raises(Conflict):
        set_week(cast, [[]] * 7, seen="0" * 16)


def test_hours_outside_the_opening_hours_are_told_as_they_are_saved(cast: Cast, desk: Client):
    cast.clinic.hours = [[[540, 1080]]] * 6 + [[]]
    cast.clinic.write()
    week = reverse("setup-shift-week", args=[cast.ana.pk])
    answer = desk.post(week, typed(cast, {"d6_0_from": "08:00", "d6_0_to": "12:00"}), follow=True)
    assert "outside the opening hours: Sunday." in text_of(answer)
    day = {"day": "2026-12-06", "hours_0_from": "08:00", "hours_0_to": "12:00", "once": "d"}
    answer = desk.post(reverse("setup-shift-day", args=[cast.ana.pk]), day, follow=True)
    assert "the times are offered all the same" in text_of(answer)
