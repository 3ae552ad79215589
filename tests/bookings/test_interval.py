"""The interval between two treatments of an area, at every desk; and who passes over it."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from bookings import operations, queries
from bookings.models import Appointment, Override
from bookings.queries.intervals import needled_of
from clinic.models import AuditEvent, User
from clinic.refusals import Refusal
from tests import factories
from tests.bookings.test_new_appointment_views import text_of
from tests.cast import NOW, TODAY, Cast

DAY = dt.timedelta(days=1)
MINUTE = dt.timedelta(minutes=1)
NOON = NOW + 180 * MINUTE
Enter = Callable[[User], Client]


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


@pytest.mark.django_db
@pytest.mark.rule("R35")
@pytest.mark.parametrize("days", [1, 13])
def test_under_fourteen_days_nobody_books_whatever_the_reason(cast: Cast, days: int) -> None:
    factories.performed(cast, TODAY - days * DAY)
    for by in (cast.reception, cast.manager):
        with pytest.raises(Refusal) as no:
            book(cast, by=by, override_reason="She insists")
        assert (no.value.rule, no.value.field, no.value.status) == ("R35", "starts_at", 422)
        assert no.value.way_out.startswith("It works from ")
        assert "reason" not in no.value.way_out
    assert not Override.objects.exists()


@pytest.mark.django_db
@pytest.mark.rule("R35")
def test_after_fourteen_days_the_desk_is_refused_and_told_who_may(cast: Cast) -> None:
    factories.performed(cast, TODAY - 20 * DAY)
    with pytest.raises(Refusal) as no:
        book(cast, override_reason="She insists")
    assert no.value.text == (
        "The last treatment of the same area was on Wed, Nov 4, 2026, 20 days before; at least "
        "28 days lie between two. It works from Wed, Dec 2, 2026 on. A manager can book it "
        "sooner, with a reason."
    )
    refused = AuditEvent.objects.get(action="appointment.book")
    assert (refused.outcome, refused.rule) == ("refused", "R35")


@pytest.mark.django_db
@pytest.mark.rule("R35")
def test_a_manager_books_it_sooner_with_a_reason_that_is_kept(cast: Cast) -> None:
    factories.performed(cast, TODAY - 20 * DAY)
    with pytest.raises(Refusal) as no:
        book(cast, by=cast.manager, override_reason="  ")
    assert (no.value.rule, no.value.field) == ("R35", "override_reason")
    visit = book(cast, by=cast.manager, override_reason=" Wedding on Saturday ")
    made = Override.objects.get()
    assert (made.appointment, made.kind, made.reason, made.made_by, made.made_at) == (
        visit,
        "interval",
        "Wedding on Saturday",
        cast.manager,
        NOW,
    )
    assert made.detail == {"last_on": "2026-11-04", "from_on": "2026-12-02", "days": 20}
    event = AuditEvent.objects.get(action="appointment.book", outcome="done")
    assert '"override":"Wedding on Saturday"' in event.detail.replace(": ", ":")


@pytest.mark.django_db
@pytest.mark.rule("R35")
def test_from_the_day_it_names_it_works_and_leaves_no_override(cast: Cast) -> None:
    factories.performed(cast, TODAY - 28 * DAY)
    book(cast, by=cast.manager, override_reason="Needless")
    assert not Override.objects.exists()


@pytest.mark.django_db
@pytest.mark.rule("R35")
@pytest.mark.parametrize(
    ("areas", "refused"), [(["chin"], False), (["cheek_l", "chin"], True), ([], True)]
)
def test_only_the_same_area_counts_and_a_service_without_areas_meets_all(
    cast: Cast, areas: list[str], refused: bool
) -> None:
    factories.performed(cast, TODAY - 20 * DAY, "cheek_l")
    service = factories.service(cast.clinic, code="some", name="Some", areas=areas)
    if refused:
        with pytest.raises(Refusal, match="same area"):
            book(cast, service=service)
    else:
        book(cast, service=service)


@pytest.mark.django_db
@pytest.mark.rule("R35")
def test_what_is_only_planned_or_someone_elses_does_not_count(cast: Cast) -> None:
    factories.performed(cast, TODAY - 3 * DAY, patient=cast.wang)
    book(cast, starts_at=NOON + 2 * DAY)
    book(cast)


@pytest.mark.django_db
@pytest.mark.rule("R35")
def test_a_move_keeps_the_interval_and_needs_no_second_reason(cast: Cast) -> None:
    visit = book(cast, starts_at=NOON + 13 * DAY)
    factories.performed(cast, TODAY - 15 * DAY)
    move: dict[str, Any] = {"appointment": visit, "at": NOW}
    with pytest.raises(Refusal, match="same area"):
        operations.move(**move, starts_at=NOON + DAY, by=cast.reception)
    why = {"override_reason": "Holiday"}
    operations.move(**move, starts_at=NOON + 2 * DAY, by=cast.manager, **why)
    assert Override.objects.count() == 1
    operations.move(**move, starts_at=NOON + 3 * DAY, by=cast.reception)
    assert Override.objects.count() == 1
    with pytest.raises(Refusal, match="same area"):
        operations.move(**move, starts_at=NOON + DAY, by=cast.reception)


@pytest.mark.django_db
@pytest.mark.rule("R35")
def test_no_time_is_offered_before_the_skin_has_rested(cast: Cast) -> None:
    factories.performed(cast, TODAY - 20 * DAY)
    asked: dict[str, Any] = {
        "clinic": cast.clinic,
        "need": cast.service,
        "at": NOW,
        "patient": cast.mia,
    }
    found = queries.FreeSearch(**asked, first=TODAY, days=14)
    assert {line.day for line in found.lines() if line.times} == {
        dt.date(2026, 12, day) for day in (2, 3, 4, 7)
    }
    assert found.misfit(NOON).startswith("The last treatment of the same area was on")
    near = queries.nearest_free_times(**asked, around=NOON)
    assert {one.day for one in near} == {dt.date(2026, 12, 2)}
    assert not [one for one in near if one.starts_at < NOON]


@pytest.mark.django_db
@pytest.mark.rule("R35")
def test_the_nearest_times_are_found_though_they_lie_far_beyond_two_weeks(cast: Cast) -> None:
    cast.clinic.interval_days = 90
    cast.clinic.write()
    factories.performed(cast, TODAY - 6 * DAY)
    asked: dict[str, Any] = {
        "clinic": cast.clinic,
        "need": cast.service,
        "at": NOW,
        "patient": cast.mia,
    }
    near = queries.nearest_free_times(**asked, around=NOON)
    assert {one.day for one in near} == {TODAY + 84 * DAY}


@pytest.mark.django_db
def test_a_nearer_planned_visit_is_told(cast: Cast) -> None:
    asked: dict[str, Any] = {"clinic": cast.clinic, "patient": cast.mia, "service": cast.service}
    assert queries.planned_near(TODAY, **asked) is None
    book(cast, starts_at=NOON + 21 * DAY)
    near = book(cast, starts_at=NOON + 7 * DAY)
    assert queries.planned_near(TODAY, **asked) == near
    later = queries.planned_near(TODAY, **asked, but=near)
    assert later is not None
    assert later.local_date == TODAY + 21 * DAY
    assert queries.planned_near(TODAY - 30 * DAY, **asked) is None


@pytest.mark.django_db
def test_a_visit_that_was_called_off_is_not_planned(cast: Cast) -> None:
    visit = book(cast, starts_at=NOON + 7 * DAY)
    operations.cancel(
        appointment=visit, reason="Ill", cancelled_as="patient", by=cast.reception, at=NOW
    )
    asked: dict[str, Any] = {"clinic": cast.clinic, "patient": cast.mia, "service": cast.service}
    assert queries.planned_near(TODAY, **asked) is None
    assert queries.planned_next(**asked, after=NOW) is None


def typed(cast: Cast, **given: Any) -> dict[str, Any]:
    return {
        "chosen": cast.mia.pk,
        "patient": cast.mia.name,
        "service": cast.service.pk,
        "practitioner": cast.ana.pk,
        "date": TODAY.isoformat(),
        "time": "12:00 PM",
        **given,
    }


@pytest.mark.django_db
@pytest.mark.rule("R35")
def test_the_desk_sees_no_reason_and_the_manager_gives_it(
    cast: Cast, enter: Enter, clock: Any
) -> None:
    factories.performed(cast, TODAY - 20 * DAY)
    page = reverse("appointment-new")
    desk = enter(cast.reception).post(page, typed(cast, override_reason="Mine"))
    assert desk.status_code == 422
    assert "It works from Wed, Dec 2, 2026 on." in text_of(desk)
    assert 'name="override_reason"' not in desk.content.decode()
    manager = enter(cast.manager)
    asked = manager.post(page, typed(cast))
    assert asked.status_code == 422
    assert "To book it sooner, give a reason." in text_of(asked)
    assert 'name="override_reason"' in asked.content.decode()
    assert manager.post(page, typed(cast, override_reason="Wedding")).status_code == 302
    listed = text_of(manager.get(reverse("overrides")))
    assert "Mia Lee" in listed
    assert "Sooner than the interval 20 days after Wed, Nov 4, 2026" in listed
    assert "Wedding" in listed
    assert "rule was passed over this week" in text_of(manager.get("/"))


@pytest.mark.django_db
@pytest.mark.rule("R35")
def test_the_card_asks_the_manager_for_a_reason_when_a_move_comes_too_soon(
    cast: Cast, enter: Enter, clock: Any
) -> None:
    visit = book(cast, starts_at=NOON + 13 * DAY)
    factories.performed(cast, TODAY - 20 * DAY)
    sent = {
        "date": (TODAY + DAY).isoformat(),
        "time": "1 pm",
        "practitioner": cast.ana.pk,
        "version": visit.version,
    }
    manager, page = enter(cast.manager), reverse("appointment-move", args=[visit.pk])
    refused = manager.post(page, sent)
    assert refused.status_code == 422
    assert 'name="override_reason"' in refused.content.decode()
    assert manager.post(page, {**sent, "override_reason": "Trip"}).status_code == 302
    assert Override.objects.get().reason == "Trip"


@pytest.mark.django_db
def test_the_weekly_list_turns_its_pages(cast: Cast, enter: Enter, clock: Any) -> None:
    manager, page = enter(cast.manager), reverse("overrides")
    this = text_of(manager.get(page))
    assert "Mon, Nov 23, 2026, through Sun, Nov 29, 2026" in this
    assert "Nothing was passed over this week" in this
    assert "Week after" not in this
    before = text_of(manager.get(page, {"week": "2026-11-18"}))
    assert "Mon, Nov 16, 2026, through Sun, Nov 22, 2026" in before
    assert "Week after" in before
    for wrong in ("x", "0001-01-01", "9999-12-31", "2026-13-01"):
        assert manager.get(page, {"week": wrong}).status_code == 404


@pytest.mark.django_db
@pytest.mark.rule("R35")
def test_the_desk_is_told_of_a_planned_visit_that_is_too_near_and_may_book(
    cast: Cast, enter: Enter, clock: Any
) -> None:
    book(cast, starts_at=NOON + 7 * DAY)
    desk = enter(cast.reception)
    words = text_of(desk.get(reverse("appointment-words"), typed(cast)))
    assert (
        "Another visit for the same area is booked for Tue, Dec 1, 2026, 7 days apart; at least "
        "28 days are to lie between two treatments." in words
    )
    assert desk.post(reverse("appointment-new"), typed(cast)).status_code == 302


@pytest.mark.django_db
@pytest.mark.rule("R35")
@pytest.mark.parametrize("others", [0, 45])
def test_what_was_done_under_a_merged_number_counts_for_many_at_once(
    cast: Cast, others: int
) -> None:
    double = factories.patient(cast.clinic, "Maya", "Lee", by=cast.manager)
    factories.performed(cast, TODAY - 20 * DAY, "cheek_l", patient=double)
    factories.performed(cast, TODAY - 10 * DAY, "forehead", hour=18)
    factories.performed(cast, TODAY - 40 * DAY, "nose", hour=20)
    operations.merge_patients(kept=cast.mia, merged=double, by=cast.manager, at=NOW)
    asked = {cast.mia.pk, *(uuid.uuid4() for _ in range(others))}
    found = needled_of(cast.clinic, TODAY, asked)
    assert {key: {(one.area, one.on) for one in many} for key, many in found.items()} == {
        cast.mia.pk: {("cheek_l", TODAY - 20 * DAY), ("forehead", TODAY - 10 * DAY)}
    }
    assert needled_of(cast.clinic, TODAY, set()) == {}
