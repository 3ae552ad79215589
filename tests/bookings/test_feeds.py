"""A practitioner's visits in her own calendar program: the link, what is behind it, and its end."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import icalendar
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bookings import operations
from bookings.models import Appointment, CalendarLink
from clinic.models import AuditEvent, RoleAssignment, User
from clinic.permissions import Role
from clinic.refusals import Refusal
from clinic.rules import link_digest
from tests.cast import NOW, Cast
from tests.raw_sql import change, refused, run

Enter = Callable[[User], Client]
pytestmark = pytest.mark.usefixtures("clock")
HOUR = dt.timedelta(hours=1)


def book(cast: Cast, hours: int, **given: Any) -> Appointment:
    values = {
        "clinic": cast.clinic,
        "practitioner": cast.ana,
        "patient": cast.mia,
        "service": cast.service,
        "starts_at": NOW + hours * HOUR,
    }
    return operations.book(**(values | given), by=cast.reception, at=NOW)


def link(cast: Cast) -> CalendarLink:
    return operations.make_calendar_link(by=cast.esthetician, at=NOW)


def ask(secret: str, **headers: str) -> Any:
    return Client(headers=headers).get(reverse("calendar-feed", args=[secret]))


def entries(answer: Any) -> list[Any]:
    return list(icalendar.Calendar.from_ical(answer.content).walk("VEVENT"))


@pytest.mark.rule("P26")
def test_a_calendar_program_is_told_when_and_where_and_never_who_or_why(cast: Cast) -> None:
    visit = book(cast, 3, note="scars")
    book(cast, 3, practitioner=cast.bo, patient=cast.wang)
    answer = ask(link(cast).secret)
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    (event,) = entries(answer)
    assert (event.start, event.end) == (visit.starts_at, visit.ends_at)
    assert str(event["location"]) == f"{visit.room.name}, Austin"
    assert str(event["summary"]) == f"Visit {visit.code}"
    text = answer.content.decode().lower()
    for word in ("lee", "mia", "face", "scars", "needl", "numb", "treatment"):
        assert word not in text


def test_what_is_moved_is_newer_and_what_is_cancelled_is_gone(cast: Cast) -> None:
    secret, visit = link(cast).secret, book(cast, 3)
    (before,) = entries(ask(secret))
    visit = operations.move(
        appointment=visit, starts_at=NOW + 4 * HOUR, by=cast.reception, at=NOW + HOUR / 60
    )
    (after,) = entries(ask(secret))
    assert (after["uid"], after.start) == (before["uid"], visit.starts_at)
    assert int(after["sequence"]) > int(before["sequence"])
    operations.cancel(
        appointment=visit, reason="ill", cancelled_as="patient", by=cast.reception, at=NOW + HOUR
    )
    assert entries(ask(secret)) == []


def test_a_program_that_has_it_all_is_told_so(cast: Cast) -> None:
    secret = link(cast).secret
    first = ask(secret)
    again = ask(secret, **{"if-none-match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    book(cast, 3)
    assert ask(secret, **{"if-none-match": first["ETag"]}).status_code == 200


def test_a_link_ends_with_the_next_one_with_a_press_and_with_the_account(cast: Cast) -> None:
    first = link(cast)
    second = link(cast)
    assert [ask(one.secret).status_code for one in (first, second)] == [404, 200]
    operations.withdraw_calendar_link(by=cast.esthetician, at=NOW)
    assert ask(second.secret).status_code == 404
    third = link(cast)
    User.objects.filter(pk=cast.esthetician.pk).update(is_active=False)
    assert ask(third.secret).status_code == 404
    assert ask("x" * 5000).status_code == 404


@pytest.mark.rule("P17")
def test_a_link_shows_the_visits_of_the_clinics_in_which_its_owner_treats_now(cast: Cast) -> None:
    link_of = operations.make_calendar_link(by=cast.colleague, at=NOW)
    book(cast, 3, practitioner=cast.bo)
    assert len(entries(ask(link_of.secret))) == 1
    here = RoleAssignment.objects.get(user=cast.colleague, clinic=cast.clinic)
    run(*change(here, role=Role.RECEPTIONIST))
    assert entries(ask(link_of.secret)) == []
    run("DELETE FROM clinic_roleassignment WHERE user_id = %s", cast.colleague)
    assert ask(link_of.secret).status_code == 404


def test_the_feed_needs_and_opens_no_session(cast: Cast) -> None:
    client = Client()
    answer = client.get(reverse("calendar-feed", args=[link(cast).secret]))
    assert answer.cookies == {}
    secret = link(cast).secret
    with CaptureQueriesContext(connection) as caught:
        ask(secret)
    few = len(caught)
    for hours in (3, 5, 7):
        book(cast, hours, patient=cast.mia)
    with CaptureQueriesContext(connection) as caught:
        assert len(entries(ask(secret))) == 3
    assert len(caught) == few


def test_the_page_shows_the_link_once_and_the_audit_who_made_it(cast: Cast, enter: Enter) -> None:
    client, page = enter(cast.esthetician), reverse("own-calendar")
    assert "There is none yet." in client.get(page).content.decode()
    made = client.post(page, {"once": "key-1"})
    (secret,) = re.findall(r"/calendar/([\w-]+)\.ics", made.content.decode())
    assert ask(secret).status_code == 200
    assert CalendarLink.objects.get().digest == link_digest(secret)
    assert secret not in client.get(page).content.decode()
    assert client.post(page, {"once": "key-1"}).status_code == 302
    assert CalendarLink.objects.count() == 1
    assert client.post(reverse("own-calendar-end"), {"once": "key-2"}).status_code == 302
    assert ask(secret).status_code == 404
    told = AuditEvent.objects.filter(action__startswith="calendar.").values_list(
        "action", flat=True
    )
    assert sorted(told) == ["calendar.make_link", "calendar.withdraw_link"]


def test_who_treats_nobody_has_no_calendar(cast: Cast, enter: Enter) -> None:
    # Tess directs the other clinic and treats nobody; Maya has no right to treat.
    client = enter(cast.stranger)
    assert "No calendar of your own" in client.get(reverse("own-calendar")).content.decode()
    assert client.post(reverse("own-calendar"), {"once": "key"}).status_code == 422
    assert enter(cast.manager).get(reverse("own-calendar")).status_code == 403
    with pytest.raises(Refusal, match="Only those who treat"):
        operations.make_calendar_link(by=cast.manager, at=NOW)


def test_the_database_keeps_links_as_they_were_made(cast: Cast) -> None:
    made = link(cast)
    assert refused(*change(made, digest="0" * 64)) == "calendar_link_only_withdrawn"
    operations.withdraw_calendar_link(by=cast.esthetician, at=NOW)
    assert refused(*change(made, withdrawn_at=None)) == "calendar_link_only_withdrawn"
    with pytest.raises(Exception, match="withdrawn, never deleted"):
        connection.cursor().execute("DELETE FROM bookings_calendarlink")
