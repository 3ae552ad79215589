"""Every page writes dates and times in its clinic's way, and none in its own."""

from __future__ import annotations

import datetime as dt
import html
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client

from bookings import operations as desk
from clinic.models import AuditEvent, Message, User
from clinic.rules import say_time
from tests import factories
from tests.bookings.importing import csv_of, reasons
from tests.bookings.importing import given as checked
from tests.bookings.waiting import SECRET, offer, someone, wait
from tests.cast import NOW, Cast
from tests.house import doors, world
from tests.house.sources import ROOT, modules, place, room_of, templates
from tests.tokens import Program

MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
# 2:30 PM, 8 AM, and Nov 24: nobody writes those where the day comes first, on 24 hours.
AMERICAN = re.compile(rf"\b\d{{1,2}}(?::\d\d)? ?[AP]M\b|(?<!\d ){MONTH} \d{{1,2}}\b(?!:)")
HIDDEN = re.compile(r"<script.*?</script>|<style.*?</style>|<option value=\"en-.*?</option>", re.S)
# What a guide or a help text gives as an example is the product's own, like its spelling.
EXAMPLES = ("for example Nov 24, 2026", "for example Mar 14, 1991", "unless AM is typed")
FREE = "?from=2026-11-25&days=14"
# The gallery and the guides show examples.
APART = {"gallery", "guide", "guide-of"}
# Who says a date or time in the way in use, or reads one that was typed; no rule that decides.
ASKS_THE_WAY = {
    "bookings/forms/when.py",
    "bookings/queries/free_times/search.py",
    "bookings/views/set_up/hours.py",
    "clinic/forms/house.py",
    "clinic/rules/days.py",
    "clinic/rules/people.py",
    "clinic/views/doors.py",
}
# Why a file has a form of its own.
OWN = {
    "clinic/models/patients.py": "who was treated, as every record says it for good",
    "treatments/forms/chart.py": "reads both clocks",
    "treatments/rules/weeks.py": "months alone",
    "treatments/views/goods_in.py": "a month and its year alone",
}


def words_of(page: str) -> str:
    text = html.unescape(re.sub(r"<[^>]+>", " ", HIDDEN.sub(" ", page)))
    for one in EXAMPLES:
        text = text.replace(one, "")
    return " ".join(text.split())


def choose(cast: Cast, way: str) -> None:
    cast.clinic.refresh_from_db()
    cast.clinic.locale = way
    cast.clinic.write(only=["locale"])


def change_hours(cast: Cast) -> None:
    """What is on record of hours, from before; far from every visit."""
    act: dict[str, Any] = {"clinic": cast.clinic, "by": cast.manager, "at": NOW}
    week: list[list[tuple[int, int]]] = [[(8 * 60, 20 * 60)]] * 7
    desk.set_opening_hours(week=week, **act)
    july = (NOW + dt.timedelta(days=250)).date()
    desk.set_week(practitioner=cast.lena, week=week, starts_on=july, **act)
    desk.set_day(practitioner=cast.lena, day=july, hours=[(600, 900)], **act)
    desk.add_holidays(days=[dt.date(2027, 12, 25)], **act)


@pytest.fixture
def abroad(cast: Cast, clock: time_machine.Traveller, enter: Any) -> world.World:
    """The whole of Austin, after it chose to write the day first, on 24 hours."""
    made = world.build(cast)
    change_hours(cast)
    # What was written in another way before must not come again.
    free = enter(cast.manager).get(f"/appointments/free-times/{FREE}&service={cast.service.pk}")
    assert " AM<" in free.content.decode()
    choose(cast, "en-GB")
    return made


def texts(world: world.World, client: Any) -> Iterator[tuple[str, str]]:
    """Every page and file that someone may open, by its address, without its markup."""
    free = f"/appointments/free-times/{FREE}&service={world.cast.service.pk}"
    addresses = [(one.name, one.address(world)) for one in doors.doors() if one.name not in APART]
    for name, address in [*addresses, ("free times", free)]:
        given = client.get(address)
        kind = given.headers.get("Content-Type", "").partition(";")[0]
        if given.status_code == 200 and kind in ("text/html", "text/csv"):
            yield name, words_of(given.getvalue().decode())


@pytest.mark.rule("P4")
def test_no_page_and_no_file_writes_in_another_way(abroad: world.World, enter: Any) -> None:
    cast = abroad.cast
    identity = abroad.signed.patient.identity
    seen, standing = set(), []
    for who in (cast.manager, cast.esthetician):
        for name, text in texts(abroad, enter(User.objects.get(pk=who.pk))):
            seen.add(name)
            text = text.replace(identity, "")
            standing += [
                f"{name}: …{text[max(0, found.start() - 40) : found.end() + 10]}"
                for found in AMERICAN.finditer(text)
            ]
    assert not standing, "\n".join(standing)
    assert {"day", "audit-export", "cartridge-audit-export", "free times"} <= seen
    assert len(seen) > 60


def test_a_message_is_written_in_the_way_of_its_clinic(abroad: world.World) -> None:
    before = set(Message.objects.values_list("pk", flat=True))
    cast = abroad.cast
    cast.clinic.refresh_from_db()
    new = factories.patient(cast.clinic, "Ada", "Okafor", by=cast.manager, email="a@example.org")
    world.book(cast, new, NOW + dt.timedelta(days=1, hours=5), at=NOW)
    said = [one.body for one in Message.objects.exclude(pk__in=before)]
    assert any("Wed, 25 Nov 2026 at " in one for one in said)
    assert not [one for one in said if AMERICAN.search(one)]


@pytest.mark.parametrize("where", [None, "austin"])
def test_a_program_is_answered_in_the_way_of_the_clinic(
    where: str | None, abroad: world.World
) -> None:
    cast = abroad.cast
    body = {
        "clinic": where,
        "patient": str(cast.wang.pk),
        "service": str(cast.service.pk),
        "practitioner": str(cast.lena.pk),
        "starts_at": "2026-12-24T14:00:00-06:00",
    }
    no = Program(cast.reception).send("appointments", body)
    assert no.status_code == 422
    assert re.search(r"\d{1,2} [A-Z][a-z]{2} \d{4}", no.json()["error"]["message"])
    assert not AMERICAN.search(no.json()["error"]["message"])
    assert say_time(NOW).endswith("PM"), "the way ends with the answer"


@pytest.mark.parametrize(
    ("path", "body", "says"),
    [
        ("move", {"starts_at": "2026-11-25T14:10:00-06:00"}, "Ana Ruiz is busy at 14:10."),
        ("arrive", None, "This visit is on Wed, 25 Nov 2026."),
        ("no-show", None, "not a no-show before 13:10 on Wed, 25 Nov 2026"),
    ],
)
def test_an_act_on_a_visit_is_refused_and_recorded_in_the_way_of_its_clinic(
    path: str, body: dict[str, str] | None, says: str, abroad: world.World
) -> None:
    cast = abroad.cast
    tomorrow = NOW + dt.timedelta(days=1)
    visit = world.book(cast, cast.wang, tomorrow + dt.timedelta(hours=4), at=NOW)
    world.book(cast, someone(cast, 1), tomorrow + dt.timedelta(hours=5), at=NOW)
    no = Program(cast.reception).send(f"appointments/{visit.pk}/{path}", body)
    message = no.json()["error"]["message"]
    assert says in message
    assert not AMERICAN.search(message)
    kept = AuditEvent.objects.filter(outcome="refused").latest("seq")
    assert json.loads(kept.detail)["sentence"] in message
    assert say_time(NOW).endswith("PM"), "the way ends with the answer"


NOON = NOW + dt.timedelta(days=1, hours=3)


def test_an_offer_tells_and_refuses_in_the_way_of_its_clinic(abroad: world.World) -> None:
    cast = abroad.cast
    made = offer(cast, wait(cast, someone(cast, 1)), starts_at=NOON)
    mail = Message.objects.get(about=made.pk.hex)
    assert "until 09:30" in mail.body
    assert not AMERICAN.search(mail.body)
    link = f"/offer/{SECRET}/"
    page = words_of(Client().get(link).content.decode())
    assert "Wed, 25 Nov 2026" in page
    assert "09:30" in page
    assert not AMERICAN.search(page)
    desk.set_day(
        clinic=cast.clinic,
        practitioner=cast.ana,
        day=NOON.date(),
        hours=[(540, 600)],
        by=cast.manager,
        at=NOW,
    )
    assert Client().post(link, {"answer": "take"}).status_code == 422
    kept = AuditEvent.objects.get(action="waitlist.take", outcome="refused")
    assert "09:00–10:00" in kept.detail
    assert not AMERICAN.search(kept.detail)
    assert say_time(NOW).endswith("PM"), "the way ends with the answer"


def test_a_course_is_told_in_the_way_of_its_clinic(abroad: world.World) -> None:
    cast = abroad.cast
    before = set(Message.objects.values_list("pk", flat=True))
    cast.clinic.refresh_from_db()
    new = factories.patient(cast.clinic, "Ada", "Okafor", by=cast.manager, email="a@example.org")
    starts = [NOW + dt.timedelta(days=days, hours=5) for days in (1, 29)]
    desk.book_course(
        clinic=cast.clinic,
        patient=new,
        service=cast.short_service,
        planned=2,
        interval_days=28,
        starts_min=14 * 60,
        visits=[desk.CourseVisit(no, at, cast.ana) for no, at in enumerate(starts, 1)],
        by=cast.reception,
        at=NOW,
    )
    mail = Message.objects.exclude(pk__in=before).get(attachment__contains="VEVENT")
    assert "Wed, 25 Nov 2026 at 14:00 (CST)\nWed, 23 Dec 2026 at 14:00 (CST)" in mail.body
    assert not AMERICAN.search(mail.subject + mail.body)


def test_what_the_worker_says_of_a_row_is_in_the_way_of_its_clinic(abroad: world.World) -> None:
    cast = abroad.cast
    rows = csv_of(f"{cast.wang.code},12/1/2026,20:30,face-30,Ana", heads="Number,D,T,S,P")
    columns = ["number", "day", "time", "service", "practitioner"]
    morning = csv_of(f"{cast.wang.code},12/1/2026,1:30,face-30,Ana", heads="Number,D,T,S,P")
    run = checked(cast, morning, kind="appointments", columns=columns)
    assert [one[1] for one in reasons(run)] == ["ready"], "a file's clock is its own"
    run = checked(cast, rows, kind="appointments", columns=columns)
    ((_line, verdict, reason),) = reasons(run)
    assert verdict == "rejected"
    assert "from 20:30 to 21:00" in reason
    assert not AMERICAN.search(reason)


def test_no_decision_asks_how_a_clinic_writes() -> None:
    asked = {
        str(path.relative_to(ROOT))
        for path in modules()
        for text in [path.read_text()]
        if re.search(r"(?<!def )\b(?:locale|read_date)\(", text)
    }
    assert asked == ASKS_THE_WAY


def test_no_template_and_no_code_has_a_way_of_its_own() -> None:
    own = re.compile(r"\|\s*(?:date|time):[\"'](?![cU]|Y-m-d|H:i)|%p|%-?I|%b\b|%B\b|date_format")
    standing = [
        place(path, text.count("\n", 0, found.start()) + 1)
        for path in (*templates(), *modules())
        if path.name not in ("days.py", "written.py")
        and str(path.relative_to(ROOT)) not in OWN
        and room_of(path) != "management"
        for text in [path.read_text()]
        for found in own.finditer(text)
    ]
    assert not standing, "\n".join(standing)
