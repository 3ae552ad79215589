"""The start page: each role's numbers, what is to do, and a way behind every number."""

from __future__ import annotations

import datetime as dt
import html
import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bookings import operations as desk
from clinic import constraints
from clinic.models import Message, User
from clinic.permissions import Role
from tests import factories, raw_sql
from tests.cast import NOW, PASSWORD, TODAY, Cast
from tests.house import world as worlds
from tests.house.world import World
from tests.treatments.pages import words
from tests.treatments.visits import chart_at, later
from treatments import operations
from treatments.queries.landing import records
from treatments.views.landing import greeting

HOME = reverse("landing")
TOMORROW = NOW + dt.timedelta(days=1)


@pytest.fixture
def world(cast: Cast, clock: Any) -> World:
    """A signed treatment yesterday, one under way, one visit to come; see tests/house/world.py."""
    return worlds.build(cast)


def numbers(answer: Any) -> dict[str, str]:
    """The numbers of the page by their label."""
    return {
        html.unescape(label): html.unescape(number)
        for label, number in re.findall(
            r'<span class="stat-label">(.*?)</span><span class="stat-number">(.*?)</span>',
            answer.content.decode(),
        )
    }


def to_do(answer: Any) -> list[str]:
    """What the page says is to do."""
    found = re.findall(
        r'<span class="count">(\d+)</span><a href="[^"]+">(.*?)</a>', answer.content.decode()
    )
    return [html.unescape(f"{count} {says}") for count, says in found]


def test_the_desk_sees_who_comes_who_waits_and_whom_to_call(world, enter) -> None:
    cast = world.cast
    desk.mark_arrived(appointment=world.booked, by=cast.reception, at=NOW)
    # Whoever was treated yesterday does not come again tomorrow (R35).
    siobhan = factories.patient(cast.clinic, "Siobhán", "O'Brien-Łęcka", by=cast.manager)
    later = worlds.book(cast, siobhan, TOMORROW, at=NOW)
    answer = enter(cast.reception).get(HOME)
    assert numbers(answer) == {
        "Visits today": "2",
        "Waiting now": "1",
        "Numbing or in treatment": "1",
        "Visits tomorrow": "1",
    }
    assert to_do(answer) == ["1 of tomorrow's visits is not confirmed"]
    told = words(answer)
    assert "here since 9:00 AM treatment" in told
    assert "comes 9:00 AM Siobhán" in told
    assert "王小明" in told
    assert "Siobhán O'Brien-Łęcka" in told
    desk.confirm(appointment=later, by=cast.reception, at=NOW)
    assert to_do(enter(cast.reception).get(HOME)) == []


def test_a_visit_that_nobody_closed_is_to_do(cast, enter, clock) -> None:
    monday = NOW - dt.timedelta(days=1)
    worlds.book(cast, cast.mia, monday, at=monday - dt.timedelta(hours=1))
    answer = enter(cast.reception).get(HOME)
    assert to_do(answer) == ["1 visit from an earlier day is neither completed nor closed"]
    assert 'href="/day/2026-11-23/"' in answer.content.decode()


@pytest.mark.rule("P28")
def test_whoever_got_no_mail_is_to_be_called(world, enter) -> None:
    cast = world.cast
    for key, about, until in (
        ("a", world.booked.pk.hex, world.booked.starts_at),
        ("b", "no key", TOMORROW),
        ("c", world.signed.appointment_id.hex, TOMORROW),
    ):
        Message(
            clinic=cast.clinic, key=key, about=about, to="wang@example.org", subject="S", body="B",
            due_at=NOW, not_after=until, status="failed", finished_at=NOW,
        ).write()  # fmt: skip
    said = "1 patient did not get our message and is to be called"
    answer = enter(cast.reception).get(HOME)
    assert to_do(answer) == [said]
    assert "To call: a message failed" in words(answer)
    assert said in to_do(enter(cast.manager).get(HOME))
    desk.cancel(appointment=world.booked, reason="Called off", by=cast.reception, at=NOW)
    assert to_do(enter(cast.reception).get(HOME)) == []


@pytest.mark.rule("P28")
def test_all_who_are_to_be_called_are_counted_and_the_first_few_are_shown(
    cast, enter, clock
) -> None:
    people = [
        factories.patient(cast.clinic, "Ada", f"Roe {n}", by=cast.reception) for n in "12345678"
    ]
    for days, patient in enumerate([*people, people[0]], start=2):
        visit = factories.appointment(
            patient=patient,
            practitioner=cast.ana,
            service=cast.service,
            room=cast.room,
            device=cast.device,
            starts_at=NOW + dt.timedelta(days=days),
            by=cast.reception,
        )
        Message(
            clinic=cast.clinic, key=f"{days}", about=visit.pk.hex, to="wang@example.org",
            subject="S", body="B", due_at=NOW, not_after=visit.starts_at, status="failed",
            finished_at=NOW,
        ).write()  # fmt: skip
    answer = enter(cast.reception).get(HOME)
    assert "8 patients did not get our message and are to be called" in to_do(answer)
    assert words(answer).count("Ada Roe") == 6


def test_an_esthetician_sees_the_next_patient_and_what_she_has_not_signed(world, enter) -> None:
    cast = world.cast
    answer = enter(cast.esthetician).get(HOME)
    assert numbers(answer) == {"My visits today": "2", "Unsigned records": "0"}
    assert to_do(answer) == []
    assert reverse("treatment", args=[world.under_way.pk]) in answer.content.decode()
    assert words(answer).index("Mia Lee") < words(answer).index("王小明")
    # Another esthetician has a day of her own, with nobody in it.
    assert numbers(enter(cast.lapsed).get(HOME))["My visits today"] == "0"


def test_an_esthetician_opens_the_chart_of_whoever_is_here_from_the_start_page(
    cast, enter, clock
) -> None:
    visit = factories.appointment(
        patient=cast.wang,
        practitioner=cast.ana,
        service=cast.service,
        room=cast.room,
        device=cast.device,
        starts_at=NOW + dt.timedelta(hours=1),
        by=cast.reception,
    )
    answer = enter(cast.esthetician).get(HOME)
    assert "My treatments" in words(answer)
    assert "10:00 AM treatment" in words(answer)
    assert "comes 9:35 AM" in words(answer)
    desk.mark_arrived(appointment=visit, by=cast.reception, at=NOW)
    client = enter(cast.esthetician)
    page = client.get(HOME)
    assert "here since 9:00 AM" in words(page)
    action = re.search(r'action="(/[^"]*open[^"]*)"', page.content.decode())
    assert action
    assert client.post(action[1]).status_code == 302
    assert "Continue" in words(client.get(HOME))


def test_who_treats_is_called_by_her_credential(cast, enter, clock) -> None:
    assert "Austin, TX · Esthetician" in words(enter(cast.esthetician).get(HOME))
    nurse = words(enter(cast.colleague).get(HOME))
    assert "Nurse practitioner" in nurse
    assert "Esthetician" not in nurse
    assert "Medical director" in words(enter(cast.director).get(HOME))


@pytest.mark.rule("P22")
def test_an_unsigned_record_of_an_earlier_day_is_pressing(world, enter, clock) -> None:
    worlds.room.finish(
        treatment=world.under_way,
        endpoint="erythema_uniform",
        aftercare_given=True,
        by=world.cast.esthetician,
        at=NOW,
    )
    today = enter(world.cast.esthetician).get(HOME)
    assert to_do(today) == ["1 of today's treatments is not signed"]
    clock.shift(dt.timedelta(days=1))
    assert to_do(enter(world.cast.esthetician).get(HOME)) == [
        "1 record from an earlier day is not signed"
    ]
    assert "1 treatment has ended and is not signed" in to_do(enter(world.cast.manager).get(HOME))
    assert "1 treatment of the clinic has ended and is not signed" in to_do(
        enter(world.cast.director).get(HOME)
    )


def test_a_manager_sees_stock_licenses_and_records(world, enter) -> None:
    cast = world.cast
    factories.license(
        cast.ana, "cosmetologist", "TX", by=cast.manager, expires_on=TODAY + dt.timedelta(days=12)
    )
    factories.lot(
        cast.clinic, cast.product, "SOON", units=2, by=cast.manager, expires_on=dt.date(2026, 12, 1)
    )
    answer = enter(cast.manager).get(HOME)
    assert numbers(answer) == {
        "Visits today": "2",
        "Waiting now": "0",
        "Numbing or in treatment": "1",
        "Visits tomorrow": "0",
        "Unsigned records": "0",
        "Cartridges ready": "5",
        "Ledger difference": "0",
        "May treat today": "3",
    }
    assert to_do(answer) == [
        "2 expired cartridges are still on hand",
        "2 cartridges expire within 30 days",
        "1 license is missing, expired or stopped",
        "1 license ends within 60 days",
    ]
    assert "Ana Ruiz LE 2 visits, 0 done, 1 here" in words(answer)


@pytest.mark.rule("R9")
def test_a_difference_in_the_ledger_is_the_first_thing_a_manager_sees(cast, enter, clock) -> None:
    constraints.drop(connection)
    raw_sql.run(*raw_sql.change(cast.lot.units.order_by("number")[0], status="lost"))
    answer = enter(cast.manager).get(HOME)
    assert numbers(answer)["Ledger difference"] == "1"
    assert "1 cartridge disagrees with the ledger" in to_do(answer)
    constraints.install(connection)


def test_a_director_an_auditor_and_an_administrator_see_what_is_theirs(world, enter) -> None:
    cast = world.cast
    assert {*numbers(enter(cast.director).get(HOME))} == {
        "My visits today", "Unsigned records", "Unsigned in the clinic", "Signed in 28 days",
        "May treat today",
    }  # fmt: skip
    assert {*numbers(enter(cast.auditor).get(HOME))} == {
        "Unsigned records", "Signed in 28 days", "Cartridges ready", "Ledger difference",
        "May treat today", "Audit events today", "Refused today", "Failed log-ins today",
    }  # fmt: skip
    assert {*numbers(enter(cast.administrator).get(HOME))} == {
        "Audit events today", "Refused today", "Failed log-ins today",
    }  # fmt: skip
    director = numbers(enter(cast.director).get(HOME))
    assert director["Signed in 28 days"] == "1"


def test_an_administrator_is_told_what_is_done_here(world, enter) -> None:
    cast = world.cast
    says = "everything else a clinic has are kept on the set-up pages"
    assert says in words(enter(cast.administrator).get(HOME))
    for other in (cast.auditor, cast.manager, cast.reception):
        assert says not in words(enter(other).get(HOME))


def test_the_number_of_failed_log_ins_leads_to_exactly_those(world, enter, client) -> None:
    for address in ("ana@demo.example", "nobody@demo.example"):
        client.post("/accounts/login/", {"login": address, "password": "not-it-at-all"})
    for person in (world.cast.auditor, world.cast.administrator):
        browser = enter(person)
        page = browser.get(HOME)
        assert numbers(page)["Failed log-ins today"] == "2"
        href = re.search(r'href="([^"]+user\.log_in[^"]+)"', page.content.decode())
        assert href
        told = browser.get(html.unescape(href[1])).content.decode()
        assert told.count('data-label="What">Logged in<') == 2


@pytest.mark.rule("R54")
def test_every_number_leads_to_a_page_that_the_person_may_open(world, enter) -> None:
    cast = world.cast
    desk.mark_arrived(appointment=world.booked, by=cast.reception, at=NOW)
    again = factories.patient(cast.clinic, "Siobhán", "O'Brien-Łęcka", by=cast.manager)
    worlds.book(cast, again, TOMORROW, at=NOW)
    people: dict[str, User] = {role.label: user for role, user in cast.staff.items()}
    people["stranger"] = cast.stranger
    for who, user in people.items():
        client = enter(user)
        page = client.get(HOME).content.decode()
        main = page[page.index('<main id="main"') :]
        links = {*re.findall(r'href="([^"]+)"', main)}
        assert page.count('<div class="stat') == 1, f"{who} has a number without a way"
        assert links, who
        for link in links:
            answer = client.get(html.unescape(link))
            assert answer.status_code == 200, (who, link)


def test_no_clinical_word_reaches_the_desk(world, enter) -> None:
    told = words(enter(world.cast.reception).get(HOME)).lower()
    for word in ("chin", "erythema", "not wanted", "unsigned", "c-0000", "ledger"):
        assert word not in told


@pytest.mark.rule("P15")
def test_another_clinics_numbers_are_its_own(world, enter) -> None:
    answer = enter(world.cast.stranger).get(HOME)
    assert numbers(answer)["Visits today"] == "0"
    assert "Mia Lee" not in words(answer)


@pytest.mark.parametrize("role", list(Role))
def test_the_start_page_costs_few_queries(world, enter, role) -> None:
    client = enter(world.cast.staff[role])
    client.get(HOME)
    with CaptureQueriesContext(connection) as asked:
        client.get(HOME)
    assert len(asked) <= 19


def test_the_greeting_follows_the_clinics_clock() -> None:
    assert [greeting(hour) for hour in (0, 4, 5, 11, 12, 17, 18, 23)] == [
        "Good evening", "Good evening", "Good morning", "Good morning", "Good afternoon",
        "Good afternoon", "Good evening", "Good evening",
    ]  # fmt: skip


def test_a_treatment_ended_before_its_start_counts_as_ended_early(cast: Cast) -> None:
    """It has no day of a start; the director hears of it all the same."""
    chart = chart_at(cast, "open")
    end: dict[str, Any] = {"treatment": chart, "by": cast.esthetician}
    operations.abort(**end, reason="Withdrew.", needle_contact=False, at=later(40))
    found = records(cast.clinic, today=cast.clinic.day_of(later(40)))
    assert (found.unsigned, found.ended_early, found.signed) == (1, 1, 0)
    operations.sign(**end, password=PASSWORD, at=later(50))
    found = records(cast.clinic, today=cast.clinic.day_of(later(50)))
    assert (found.unsigned, found.ended_early, found.signed) == (0, 1, 1)
    found = records(cast.clinic, today=cast.clinic.day_of(later(40)) + dt.timedelta(days=28))
    assert (found.ended_early, found.signed) == (0, 0)
