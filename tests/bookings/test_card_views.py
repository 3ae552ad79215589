"""A visit's card: what it tells whom, and the doors behind its buttons."""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bookings import operations
from bookings.models import Appointment
from bookings.rules.status import Status
from clinic.models import AuditEvent, User
from tests import factories
from tests.bookings.test_operations_move import bring_to
from tests.cast import NOW, TODAY, Cast

MINUTE = dt.timedelta(minutes=1)
NOON = NOW + 180 * MINUTE
DAY = dt.timedelta(days=1)
HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/day/2026-11-24/"}
Enter = Callable[[User], Client]
pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def visit(cast: Cast) -> Appointment:
    """Mia with Ana at noon, in Room 1; she comes at 11:35."""
    return booked(cast)


def booked(cast: Cast, **given: Any) -> Appointment:
    values: dict[str, Any] = {
        "patient": cast.mia,
        "practitioner": cast.ana,
        "service": cast.service,
        "room": cast.room,
        "device": cast.device,
        "starts_at": NOON,
        "by": cast.reception,
    }
    return factories.appointment(**values | given)


def words(answer: Any) -> str:
    """A page's text in one line."""
    bare = re.sub(r"<[^>]*>", " ", answer.content.decode())
    return " ".join(html.unescape(bare).split())


def door(visit: Appointment, act: str = "") -> str:
    return reverse(f"appointment-{act}" if act else "appointment", args=[visit.pk])


def press(client: Client, visit: Appointment, act: str, **given: Any) -> Any:
    headers = given.pop("headers", {})
    values = {"version": visit.version, **given}
    if act == "cancel":
        values = {"cancelled_as": "patient", **values}
    return client.post(door(visit, act), values, headers=headers)


def moved_to(day: dt.date, time: str, cast: Cast, **given: Any) -> dict[str, Any]:
    return {"date": day, "time": time, "practitioner": cast.ana.pk, **given}


def acts(answer: Any) -> list[str]:
    """The acts that the card has a form for."""
    return re.findall(r'action="/appointments/[0-9a-f-]{36}/([a-z-]+)/"', answer.content.decode())


def test_the_card_tells_who_when_where_and_with_whom(
    cast: Cast, enter: Enter, visit: Appointment
) -> None:
    text = words(enter(cast.reception).get(door(visit)))
    assert f"Mia Lee PT-000001 · {visit.code}" in text
    assert "When Tue, Nov 24, 2026 12:00–12:45 PM CST" in text
    assert "comes 11:35 AM for 25 min of numbing" in text
    assert "Phone (512) 555-0123 Service Face, 45 minutes, 45 min With Ana Ruiz LE Room Room 1" in (
        text
    )
    assert "Before No treatment here yet" in text
    assert "Booked Nov 24, 9:00 AM by Rosa Alvarez" in text


def test_the_phone_number_can_be_called(cast: Cast, enter: Enter, visit: Appointment) -> None:
    text = enter(cast.reception).get(door(visit)).content.decode()
    assert 'href="tel:+1-512-555-0123"' in text


def test_a_foreign_number_keeps_its_country(cast: Cast, enter: Enter, visit: Appointment) -> None:
    cast.mia.phone = "+442079460958"
    cast.mia.write(only=["phone"])
    assert ">+44 20 7946 0958</a>" in enter(cast.reception).get(door(visit)).content.decode()


def test_no_title_says_who_it_is(cast: Cast, enter: Enter, visit: Appointment) -> None:
    text = enter(cast.reception).get(door(visit)).content.decode()
    title = re.search(r"<title>(.*?)</title>", text)
    assert title
    assert title[1].startswith(f"Visit {visit.code}")


def test_what_happened_before_is_told_in_numbers(
    cast: Cast, enter: Enter, visit: Appointment
) -> None:
    for days, status in ((28, Status.COMPLETED), (21, Status.NO_SHOW), (14, Status.COMPLETED)):
        before = booked(cast, starts_at=NOON - days * DAY)
        shift(cast, before, status)
    text = words(enter(cast.reception).get(door(visit)))
    assert "Before 2 treatments, last Tue, Nov 10, 2026; 1 no-show" in text
    # What came after a visit did not come before it.
    first = Appointment.objects.order_by("starts_at")[0]
    assert "Before No treatment here yet" in words(enter(cast.reception).get(door(first)))


@pytest.mark.parametrize(("areas", "told"), [([], "No treatment here yet"), (["nose"], "1 treat")])
def test_a_visit_that_ended_before_any_needling_was_no_treatment(
    cast: Cast, enter: Enter, visit: Appointment, areas: list[str], told: str
) -> None:
    before = booked(cast, starts_at=NOON - 14 * DAY)
    at = before.starts_at
    operations.mark_arrived(appointment=before, by=cast.reception, at=at)
    room: dict[str, Any] = {"appointment": before, "by": cast.esthetician, "at": at}
    operations.note_chart_opened(**room)
    operations.note_started(**room)
    operations.note_ended(**room, early=True, areas=areas, performed_on=before.local_date)
    assert f"Before {told}" in words(enter(cast.reception).get(door(visit)))


def shift(cast: Cast, visit: Appointment, status: Status) -> None:
    """Bring a visit of another day to a state."""
    desk: dict[str, Any] = {"appointment": visit, "by": cast.reception, "at": visit.starts_at}
    if status == Status.NO_SHOW:
        operations.mark_no_show(**desk | {"at": visit.ends_at})
        return
    room = desk | {"by": cast.esthetician}
    operations.mark_arrived(**desk)
    operations.note_chart_opened(**room)
    operations.note_started(**room)
    operations.note_ended(**room, early=False, areas=[], performed_on=visit.local_date)


@pytest.mark.parametrize(
    ("status", "open_to"),
    [
        (Status.BOOKED, ["confirm", "arrive", "move", "cancel"]),
        (Status.CONFIRMED, ["arrive", "move", "cancel"]),
        (Status.ARRIVED, ["cancel"]),
        (Status.NUMBING, []),
        (Status.IN_TREATMENT, []),
        (Status.COMPLETED, []),
        (Status.CANCELLED, ["undo"]),
        (Status.NO_SHOW, []),
    ],
)
def test_the_card_has_a_button_for_each_act_that_stands_open(
    cast: Cast, enter: Enter, visit: Appointment, status: Status, open_to: list[str]
) -> None:
    if status != Status.BOOKED:
        bring_to(cast, visit, status)
    assert acts(enter(cast.reception).get(door(visit))) == open_to


def test_who_may_not_book_sees_no_act_and_no_phone(
    cast: Cast, enter: Enter, visit: Appointment
) -> None:
    answer = enter(cast.esthetician).get(door(visit))
    assert "Mia Lee" in words(answer)
    assert acts(answer) == []
    assert "555-0123" not in words(answer)


@pytest.mark.rule("R54")
@pytest.mark.parametrize("act", ["confirm", "arrive", "no-show", "cancel", "move"])
def test_who_may_not_book_is_turned_away_at_every_door(
    cast: Cast, enter: Enter, visit: Appointment, act: str
) -> None:
    for user in (cast.esthetician, cast.director, cast.auditor, cast.administrator, cast.nobody):
        assert press(enter(user), visit, act, reason="x").status_code == 403
    visit.refresh_from_db()
    assert visit.status == Status.BOOKED


@pytest.mark.rule("P15")
@pytest.mark.parametrize("act", ["", "confirm", "arrive", "no-show", "cancel", "move"])
def test_another_clinics_visit_is_not_there(
    cast: Cast, enter: Enter, visit: Appointment, act: str
) -> None:
    client = enter(cast.stranger)
    answer = press(client, visit, act, reason="x") if act else client.get(door(visit))
    assert answer.status_code == 404
    assert "Lee" not in words(answer)


def test_a_visit_that_never_was_is_not_there(cast: Cast, enter: Enter) -> None:
    unknown = "/appointments/00000000-0000-4000-8000-000000000000/"
    assert enter(cast.reception).get(unknown).status_code == 404
    assert enter(cast.reception).post(f"{unknown}confirm/").status_code == 404


@pytest.mark.parametrize("act", ["confirm", "arrive", "no-show", "cancel", "move"])
def test_reading_a_door_does_nothing(
    cast: Cast, enter: Enter, visit: Appointment, act: str
) -> None:
    assert enter(cast.reception).get(door(visit, act)).status_code == 405


def test_beside_the_board_the_card_comes_alone(
    cast: Cast, enter: Enter, visit: Appointment
) -> None:
    client = enter(cast.reception)
    part = client.get(door(visit), headers=HTMX)
    assert part.content.decode().lstrip().startswith("<article")
    assert "hx-post" in part.content.decode()
    whole = client.get(door(visit))
    assert "<!doctype html>" in whole.content.decode()
    assert "hx-post" not in whole.content.decode()
    assert "HX-Request" in part.headers["Vary"]


@pytest.mark.parametrize(
    ("act", "given", "status"),
    [
        ("confirm", {}, Status.CONFIRMED),
        ("arrive", {}, Status.ARRIVED),
        ("cancel", {"reason": "Has a cold"}, Status.CANCELLED),
    ],
)
def test_a_press_is_done_and_leads_back_to_where_it_was_made(
    cast: Cast, enter: Enter, visit: Appointment, act: str, given: dict[str, str], status: Status
) -> None:
    client = enter(cast.reception)
    answer = press(client, visit, act, **given)
    assert (answer.status_code, answer.headers["Location"]) == (302, door(visit))
    visit.refresh_from_db()
    assert visit.status == status


def test_a_press_beside_the_board_leads_back_to_the_board_with_the_card(
    cast: Cast, enter: Enter, visit: Appointment
) -> None:
    client = enter(cast.reception)
    answer = press(client, visit, "confirm", headers=HTMX)
    assert answer.status_code == 204
    assert answer.headers["HX-Redirect"] == f"/day/2026-11-24/?visit={visit.pk}"
    text = words(client.get(answer.headers["HX-Redirect"]))
    assert "Mia Lee is confirmed." in text


def test_no_show_waits_until_the_patient_was_due(
    cast: Cast, enter: Enter, visit: Appointment, clock: Any
) -> None:
    client = enter(cast.reception)
    early = press(client, visit, "no-show")
    assert early.status_code == 422
    assert (
        "The patient may still come: this is not a no-show before 11:45 AM. "
        "Cancel the visit if the patient called it off."
    ) in words(early)
    # She was due at 11:35; nobody is a no-show for being a few minutes late.
    clock.move_to(NOON - 16 * MINUTE)
    client = enter(cast.reception)
    assert acts(client.get(door(visit))) == ["confirm", "arrive", "move", "cancel"]
    clock.move_to(NOON - 15 * MINUTE)
    client = enter(cast.reception)
    page = client.get(door(visit))
    assert acts(page) == ["confirm", "arrive", "move", "cancel", "no-show"]
    assert press(client, visit, "no-show").status_code == 302


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ("", "Say why the visit is cancelled."),
        ("   ", "Say why the visit is cancelled."),
        ("x" * 201, "at most 200 characters"),
        ("x" * 100_000, "at most 200 characters"),
        ("half \x00 way", "The text has a NUL character in it."),
    ],
)
def test_a_reason_that_cannot_be_kept_is_refused_beside_its_field(
    cast: Cast, enter: Enter, visit: Appointment, reason: str, sentence: str
) -> None:
    answer = press(enter(cast.reception), visit, "cancel", reason=reason)
    assert answer.status_code in (422, 400)
    if "\x00" not in reason:
        assert sentence in words(answer)
        assert reason.strip() in html.unescape(answer.content.decode())
        assert '<details class="card-ask" open>' in answer.content.decode()
        assert "as late." in words(answer)  # as before the press
    visit.refresh_from_db()
    assert visit.status == Status.BOOKED


@pytest.mark.parametrize(
    "reason",
    [
        "<script>alert(1)</script>",
        "{{7*7}} '; DROP TABLE x; --",
        "שלום \u200f\u200b and é",
        "王小明 called, O'Brien-Łęcka too 🙂",
    ],
)
def test_a_reason_is_kept_and_shown_as_it_was_typed(
    cast: Cast, enter: Enter, visit: Appointment, reason: str
) -> None:
    client = enter(cast.reception)
    assert press(client, visit, "cancel", reason=reason).status_code == 302
    visit.refresh_from_db()
    assert visit.cancel_reason == reason
    assert html.escape(reason) in client.get(door(visit)).content.decode()


@pytest.mark.parametrize("version", ["", "x", "0", "-1", "99999999999", "1.5"])
def test_a_version_that_is_none_is_refused_in_words(
    cast: Cast, enter: Enter, visit: Appointment, version: str
) -> None:
    answer = press(enter(cast.reception), visit, "cancel", version=version, reason="Ill")
    assert answer.status_code == 422
    assert "Open the visit again, then do this once more." in words(answer)
    answer = press(enter(cast.reception), visit, "confirm", version=version)
    assert answer.status_code == 422
    assert "Open the visit again, then do this once more." in words(answer)


@pytest.mark.rule("R46")
def test_what_cannot_be_done_any_more_says_so_and_keeps_what_was_typed(
    cast: Cast, enter: Enter, visit: Appointment
) -> None:
    bring_to(cast, visit, Status.COMPLETED)
    visit.refresh_from_db()
    client = enter(cast.reception)
    answer = press(client, visit, "cancel", reason="Has a cold")
    assert answer.status_code == 422
    assert "A visit that is completed cannot be cancelled." in words(answer)
    assert "Has a cold" in words(answer)
    # A button that could only be refused again does not stand there.
    assert "Cancel the visit" not in words(answer)
    answer = press(client, visit, "move", **moved_to(TODAY, "15:00", cast))
    assert "Move the visit" not in words(answer)
    assert (answer.status_code, "cannot be moved" in words(answer)) == (422, True)
    assert press(client, visit, "no-show").status_code == 422


@pytest.mark.rule("P3")
def test_a_button_pressed_twice_has_the_effect_of_once(
    cast: Cast, enter: Enter, visit: Appointment
) -> None:
    client = enter(cast.reception)
    answers = [press(client, visit, "confirm", once="one-press") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert AuditEvent.objects.filter(action="appointment.confirm").count() == 1


@pytest.mark.rule("P16")
def test_a_field_that_the_card_did_not_show_changes_nothing(
    cast: Cast, enter: Enter, visit: Appointment
) -> None:
    press(
        enter(cast.reception),
        visit,
        "confirm",
        status="completed",
        patient=cast.wang.pk,
        by=cast.manager.pk,
        at="2020-01-01",
    )
    visit.refresh_from_db()
    assert (visit.status, visit.patient, visit.confirmed_by) == (
        Status.CONFIRMED,
        cast.mia,
        cast.reception,
    )
    assert visit.confirmed_at
    assert visit.confirmed_at - NOW < MINUTE


def test_a_form_without_its_token_is_refused(cast: Cast, enter: Any, visit: Appointment) -> None:
    client = enter(cast.reception, csrf=True)
    assert press(client, visit, "confirm").status_code == 403


def test_a_visit_is_moved_by_date_time_and_practitioner(
    cast: Cast, enter: Enter, visit: Appointment
) -> None:
    client = enter(cast.reception)
    given = moved_to(TODAY + DAY, "10:30", cast, practitioner=cast.priya.pk)
    answer = press(client, visit, "move", **given, headers=HTMX)
    assert answer.headers["HX-Redirect"] == f"/day/2026-11-25/?visit={visit.pk}"
    visit.refresh_from_db()
    assert cast.clinic.local(visit.starts_at).isoformat() == "2026-11-25T10:30:00-06:00"
    assert visit.practitioner == cast.priya
    text = words(client.get(answer.headers["HX-Redirect"]))
    assert "The visit of Mia Lee is moved to Wed, Nov 25, 2026, 10:30 AM, Priya Raman MD." in text


@pytest.mark.rule("P2", "R47")
def test_a_move_onto_taken_time_offers_the_nearest_free_times_and_they_work(
    cast: Cast, enter: Enter, visit: Appointment
) -> None:
    booked(
        cast,
        patient=cast.wang,
        service=cast.short_service,
        room=cast.second_room,
        device=cast.second_device,
        starts_at=NOON + 120 * MINUTE,
    )
    client = enter(cast.reception)
    answer = press(client, visit, "move", **moved_to(TODAY, "14:00", cast), headers=HTMX)
    assert answer.status_code == 409
    text = answer.content.decode()
    assert "Ana Ruiz is busy at 2:00 PM." in words(answer)
    assert 'value="2026-11-24"' in text
    assert 'value="14:00"' in text
    offers = re.findall(
        r'<input type="radio" name="choice" value="([^"]*)"[^>]*><span class="time">'
        r"<strong>([^<]*)</strong><small>([^<]*)</small>",
        text,
    )
    assert [(label, who) for _, label, who in offers] == [
        ("1:15 PM", "Tue, Nov 24 · Ana Ruiz LE"),
        ("2:30 PM", "Tue, Nov 24 · Ana Ruiz LE"),
        ("2:45 PM", "Tue, Nov 24 · Ana Ruiz LE"),
    ]
    chosen = moved_to(TODAY, "14:00", cast, choice=offers[1][0])
    assert press(client, visit, "move", **chosen).status_code == 302
    visit.refresh_from_db()
    assert visit.starts_at == NOON + 150 * MINUTE


@pytest.mark.rule("R25")
def test_a_move_past_the_license_says_so_beside_the_practitioner(
    cast: Cast, enter: Enter, visit: Appointment
) -> None:
    cast.ana_license.expires_on = TODAY
    cast.ana_license.write()
    given = moved_to(TODAY + DAY, "12:00", cast)
    answer = press(enter(cast.reception), visit, "move", **given)
    assert answer.status_code == 422
    assert "The TX license of Ana Ruiz expires on Tue, Nov 24, 2026." in words(answer)
    assert "These times are free" in words(answer)


@pytest.mark.parametrize(
    ("day", "time", "sentence"),
    [
        ("2026-02-30", "10:00", "Enter a date, for example Nov 24, 2026."),
        ("0001-01-01", "10:00", "Use a date between 1900 and 2200."),
        ("9999-12-31", "10:00", "Use a date between 1900 and 2200."),
        ("2026-11-24", "25:00", "Enter a time, for example 9:30."),
        ("2026-11-24", "noon", "Enter a time, for example 9:30."),
        ("2026-11-24", "08:00", "This time is in the past."),
        ("2030-11-24", "10:00", "This is more than two years ahead."),
        ("2026-11-24", "10:00:30", "A visit starts on a whole minute."),
        ("2026-11-29", "10:00", "Ana Ruiz is not at work from 10:00 AM to 10:45 AM that day."),
        (
            "2027-03-14",
            "02:30",
            "The clock is set forward on Sun, Mar 14, 2027: there is no 2:30 AM.",
        ),
    ],
)
def test_a_time_that_cannot_be_is_refused_beside_its_field_and_kept(
    cast: Cast, enter: Enter, visit: Appointment, day: str, time: str, sentence: str
) -> None:
    given = {"date": day, "time": time, "practitioner": cast.ana.pk}
    answer = press(enter(cast.reception), visit, "move", **given)
    assert answer.status_code == 422
    assert sentence in words(answer)
    text = answer.content.decode()
    assert f'name="date" value="{day}"' in text
    assert f'name="time" value="{time}"' in text
    visit.refresh_from_db()
    assert visit.starts_at == NOON


@pytest.mark.rule("P5")
def test_a_time_that_comes_twice_is_asked(cast: Cast, enter: Enter) -> None:
    factories.shifts(cast.ana, cast.clinic, weekdays=[6], starts=0, ends=8)
    visit = booked(cast, starts_at=NOON, service=cast.short_service)
    client = enter(cast.reception)
    given = moved_to(dt.date(2027, 11, 7), "01:30", cast)
    answer = press(client, visit, "move", **given)
    assert answer.status_code == 422
    assert "1:30 AM comes twice, in CDT and CST. Choose which." in words(answer)
    offers = re.findall(
        r'name="choice" value="([^"]*)"[^>]*><span class="time"><strong>([^<]*)',
        answer.content.decode(),
    )
    assert [label for _, label in offers] == [
        "1:30 AM CDT",
        "1:30 AM CST",
    ]
    assert press(client, visit, "move", **given, choice=offers[1][0]).status_code == 302
    visit.refresh_from_db()
    assert visit.starts_at == dt.datetime(2027, 11, 7, 7, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    "choice", ["nonsense", "@", "@2026-11-24T20:00Z", "x@2026-11-24T20:00Z", "x" * 200]
)
def test_a_choice_that_the_page_did_not_offer_is_refused(
    cast: Cast, enter: Enter, visit: Appointment, choice: str
) -> None:
    given = moved_to(TODAY, "14:00", cast, choice=choice)
    answer = press(enter(cast.reception), visit, "move", **given)
    assert answer.status_code == 422
    assert "Choose one of the times on the page." in words(answer)


@pytest.mark.rule("P15")
def test_a_visit_is_not_moved_to_the_other_clinics_practitioner(
    cast: Cast, enter: Enter, visit: Appointment
) -> None:
    given = moved_to(TODAY, "14:00", cast, practitioner=cast.nora.pk)
    answer = press(enter(cast.reception), visit, "move", **given)
    assert answer.status_code == 422
    assert "Choose someone who works in this clinic." in words(answer)


def test_the_booked_practitioner_opens_the_chart_from_the_card(
    cast: Cast, enter: Enter, visit: Appointment
) -> None:
    client = enter(cast.esthetician)
    assert "Open chart" not in words(client.get(door(visit)))
    operations.mark_arrived(appointment=visit, by=cast.reception, at=NOW)
    answer = client.get(door(visit))
    assert f'action="{reverse("treatment-open", args=[visit.pk])}"' in answer.content.decode()
    for user in (cast.reception, cast.lapsed, cast.director):
        assert "Open chart" not in words(enter(user).get(door(visit)))
    operations.note_chart_opened(appointment=visit, by=cast.esthetician, at=NOW)
    assert "Go to the charts" in words(client.get(door(visit)))
    assert "Go to the charts" not in words(enter(cast.reception).get(door(visit)))


def test_a_card_costs_the_same_however_long_the_history(
    cast: Cast, enter: Enter, visit: Appointment
) -> None:
    client = enter(cast.reception)
    client.get(door(visit))
    counts = []
    for days in range(1, 31):
        if days in (1, 3, 30):
            with CaptureQueriesContext(connection) as asked:
                client.get(door(visit))
            counts.append(len(asked))
        shift(cast, booked(cast, starts_at=NOON - days * DAY), Status.COMPLETED)
    assert len(set(counts)) == 1, counts
