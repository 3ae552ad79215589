"""The audit page: who, what, when, newest first; looking at it is on record too."""

from __future__ import annotations

import ast
import csv
import datetime as dt
import io
import re
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import resolve, reverse

from clinic import audit
from clinic.models import AuditEvent, User
from clinic.permissions import Permission
from clinic.queries import audit_log as queries
from clinic.rules import chain_of
from clinic.views import audit_log as views
from tests import factories
from tests.cast import NOW, Cast
from tests.house import world as worlds
from treatments.models import Treatment

ROOT = Path(__file__).resolve().parents[2]
DAY = dt.timedelta(days=1)


def note(cast: Cast, action: str = "patient.register", **given: Any) -> AuditEvent:
    values = {"by": cast.reception, "at": NOW, "clinic_id": cast.clinic.pk, "on": cast.mia}
    with transaction.atomic():
        return audit.record(action, **{**values, **given})


def shown(answer: Any) -> list[tuple[str, str]]:
    """Who and what, from the top of the page's table."""
    page = answer.content.decode()
    cells = re.findall(r'data-label="(Who|What)">([^<]*)<', page)
    who = [text for label, text in cells if label == "Who"]
    what = [text for label, text in cells if label == "What"]
    return list(zip(who, what, strict=True))


def searches() -> list[tuple[str, str, str]]:
    rows = AuditEvent.objects.filter(action__startswith="audit.").order_by("chain", "seq")
    return list(rows.values_list("action", "outcome", "detail"))


def test_the_log_shows_the_newest_first_in_words(cast: Cast, clock: Any, enter: Any) -> None:
    note(cast, at=NOW - 2 * DAY)
    note(cast, "license.add", by=cast.manager, at=NOW - DAY, on=cast.ana_license)
    note(cast, "x.not_in_the_table", at=NOW - DAY)
    answer = enter(cast.manager).get("/audit/")
    assert shown(answer) == [
        ("Maya Okoye", "Searched the audit log"),
        ("Rosa Alvarez", "x.not_in_the_table"),
        ("Maya Okoye", "Put a license on file"),
        ("Rosa Alvarez", "Registered a patient"),
    ]
    page = answer.content.decode()
    assert "TX LE-100200" in page
    assert "PT-000001" in page
    assert "Mon, Nov 23, 2026" in page
    assert "9:00:00 AM" in page
    assert cast.mia.last_name not in page


def test_a_refusal_shows_its_sentence_and_rule(cast: Cast, clock: Any, enter: Any) -> None:
    note(
        cast, outcome="refused", rule="R47", detail={"sentence": "The room is taken.", "field": ""}
    )
    page = enter(cast.manager).get("/audit/").content.decode()
    assert "The room is taken." in page
    assert "Rule R47" in page
    assert ">Refused<" in page


@pytest.mark.parametrize(
    ("asked", "left"),
    [
        ("", ["a", "b", "c", "d"]),
        ("who={reception}", ["a", "b"]),
        ("what=patient.change", ["b", "c"]),
        ("outcome=refused", ["d"]),
        ("since=2026-11-23", ["c", "d"]),
        ("until=2026-11-22", ["a", "b"]),
        ("since=2026-11-22&until=2026-11-22", ["b"]),
        ("who={reception}&what=patient.change", ["b"]),
        ("who={manager}&outcome=done&since=2026-11-23&until=2026-11-23", ["c"]),
        ("who={reception}&outcome=refused", []),
    ],
)
def test_the_filters_narrow_by_who_what_when_and_outcome(
    cast: Cast, clock: Any, enter: Any, asked: str, left: list[str]
) -> None:
    rosa, maya = cast.reception, cast.manager
    note(cast, "patient.register", detail={"n": "a"}, by=rosa, at=NOW - 3 * DAY)
    note(cast, "patient.change", detail={"n": "b"}, by=rosa, at=NOW - 2 * DAY)
    note(cast, "patient.change", detail={"n": "c"}, by=maya, at=NOW - DAY)
    note(cast, "patient.register", detail={"n": "d"}, by=maya, at=NOW - DAY, outcome="refused")
    query = asked.format(reception=rosa.pk, manager=maya.pk)
    page = enter(cast.auditor).get(f"/audit/?{query}").content.decode()
    assert sorted(re.findall(r">N: (\w)", page)) == left
    assert ("Nothing found" in page) is (left == [])


def test_a_day_is_the_clinics_day(cast: Cast, clock: Any, enter: Any) -> None:
    # 11:30 pm on Nov 22 in Austin is Nov 23 in UTC and still Nov 22 in Pasadena.
    note(cast, at=dt.datetime(2026, 11, 23, 5, 30, tzinfo=dt.UTC))
    browser = enter(cast.auditor)
    here = browser.get("/audit/?since=2026-11-22&until=2026-11-22").content.decode()
    assert "Sun, Nov 22, 2026" in here
    assert "11:30:00 PM" in here
    assert "PT-000001" not in browser.get("/audit/?since=2026-11-23").content.decode()


def test_a_day_with_a_clock_change_is_whole(cast: Cast, clock: Any) -> None:
    first = dt.datetime(2026, 11, 1, 5, 0, tzinfo=dt.UTC)
    last = dt.datetime(2026, 11, 2, 5, 59, 59, tzinfo=dt.UTC)
    for at in (first - dt.timedelta(seconds=1), first, last, last + dt.timedelta(seconds=1)):
        note(cast, at=at)
    day = dt.date(2026, 11, 1)
    found = queries.find(queries.Search(cast.clinic, since=day, until=day))
    assert [entry.at for entry in found.entries] == [last, first]


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("since=2026-11-24&until=2026-11-23", "Choose a day on or after the first."),
        ("since=2026-02-30", "Enter a date"),
        ("since=0001-01-01", "Use a date between 1900 and 2200."),
        ("until=9999-12-31", "Use a date between 1900 and 2200."),
        ("who=x", "Choose one from the list."),
        ("what=x", "Choose one from the list."),
        ("outcome=maybe", "Choose one from the list."),
    ],
)
def test_a_filter_that_cannot_be_read_is_refused_and_finds_nothing(
    cast: Cast, clock: Any, enter: Any, query: str, says: str
) -> None:
    note(cast)
    for path in ("/audit/", "/audit/export/"):
        answer = enter(cast.manager).get(f"{path}?{query}")
        assert answer.status_code == 422
        assert says in answer.content.decode()
        assert "PT-000001" not in answer.content.decode()
    assert searches() == []


@pytest.mark.parametrize(
    "query", ["log=system", "log=x", "before=-1", "before=x", "after=99999999999999999999"]
)
def test_a_link_that_is_none_of_ours_leads_nowhere(
    cast: Cast, clock: Any, enter: Any, query: str
) -> None:
    """A manager may not read the log of log-ins, and to her there is none."""
    for path in ("/audit/", "/audit/export/"):
        assert enter(cast.manager).get(f"{path}?{query}").status_code == 404
    assert searches() == []


@pytest.mark.rule("P22")
def test_a_search_is_noted_once_and_its_pages_are_not(cast: Cast, clock: Any, enter: Any) -> None:
    for _ in range(120):
        note(cast)
    browser = enter(cast.manager)
    answer = browser.get(f"/audit/?who={cast.reception.pk}&since=2026-11-01")
    pages = [shown(answer)]
    while older := re.search(r'rel="next" href="([^"]+)"', answer.content.decode()):
        answer = browser.get("/audit/" + older.group(1).replace("&amp;", "&"))
        pages.append(shown(answer))
    assert [len(page) for page in pages] == [50, 50, 20]
    assert searches() == [
        ("audit.search", "done", f'{{"since":"2026-11-01","who":"{cast.reception.pk}"}}')
    ]


@pytest.mark.rule("P22")
@pytest.mark.parametrize("mark", ["after=1", "before=999999", "after=1&before=999999"])
def test_no_search_goes_unnoted_by_asking_for_a_later_page_of_it(
    cast: Cast, clock: Any, enter: Any, mark: str
) -> None:
    for _ in range(3):
        note(cast)
    browser, about = enter(cast.manager), cast.mia.code
    noted = ("audit.search", "done", f'{{"about":"{about}"}}')
    for _ in range(2):
        assert browser.get(f"/audit/?about={about}&{mark}").status_code == 200
        assert searches() == [noted]
    browser.get(f"/audit/?who={cast.reception.pk}&{mark}")
    browser.get(f"/audit/?about={about}&{mark}")
    assert [row[2] for row in searches()][-2:] == [f'{{"who":"{cast.reception.pk}"}}', noted[2]]
    assert len(searches()) == 3


@pytest.mark.rule("P22")
def test_a_search_that_cannot_be_noted_shows_nothing(
    cast: Cast, clock: Any, enter: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    note(cast)
    browser = enter(cast.manager)

    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("no audit today")

    monkeypatch.setattr(audit, "record", broken)
    browser.raise_request_exception = False
    answer = browser.get("/audit/")
    assert answer.status_code == 500
    assert "PT-000001" not in answer.content.decode()


def test_turning_pages_forth_and_back_shows_each_event_once(cast: Cast) -> None:
    # Many events share one instant, as when an act records several.
    for number in range(130):
        note(cast, at=NOW + dt.timedelta(seconds=number // 7))
    first = queries.find(queries.Search(cast.clinic))
    second = queries.find(queries.Search(cast.clinic, before=first.older))
    third = queries.find(queries.Search(cast.clinic, before=second.older))
    pages = [[entry.seq for entry in page.entries] for page in (first, second, third)]
    assert [seq for page in pages for seq in page] == list(range(130, 0, -1))
    assert (first.newer, third.older) == (None, None)
    assert second.newer is not None
    back = queries.find(queries.Search(cast.clinic, after=third.newer))
    assert [entry.seq for entry in back.entries] == pages[1]
    assert queries.find(queries.Search(cast.clinic, after=back.newer)).newer is None


def test_a_place_that_is_not_in_the_log_finds_nothing(cast: Cast) -> None:
    note(cast)
    assert queries.find(queries.Search(cast.clinic, before=999)).entries == []


def test_the_page_costs_the_same_however_long_the_log(cast: Cast, clock: Any, enter: Any) -> None:
    browser = enter(cast.auditor)
    browser.get("/audit/")

    def spent() -> int:
        with CaptureQueriesContext(connection) as found:
            browser.get("/audit/")
        return len(found)

    few = spent()
    for _ in range(300):
        note(cast)
    assert spent() == few <= 15


@pytest.mark.rule("P31")
@pytest.mark.parametrize("detail", ["", "{", "[1,2]", '"word"', "null", '{"a":{"b":[1]}}'])
def test_a_row_that_cannot_be_read_does_not_break_the_page(
    cast: Cast, clock: Any, enter: Any, detail: str
) -> None:
    AuditEvent(
        chain=cast.clinic.pk.hex,
        seq=1,
        at=NOW,
        actor="x",
        actor_name="<b>Odd</b>",
        action="x",
        outcome="done",
        detail=detail,
    ).save(force_insert=True)
    answer = enter(cast.auditor).get("/audit/")
    assert answer.status_code == 200
    assert "&lt;b&gt;Odd" in answer.content.decode()


# Whose log


@pytest.mark.rule("P15")
def test_only_the_clinic_at_work_is_shown(cast: Cast, clock: Any, enter: Any) -> None:
    note(cast, clinic_id=cast.other_clinic.pk, on=cast.other_patient, by=cast.stranger)
    browser = enter(cast.administrator)
    assert "Tess Quinn" not in str(shown(browser.get("/audit/")))
    browser.post("/switch-clinic/", {"clinic": str(cast.other_clinic.pk)})
    assert ("Tess Quinn", "Registered a patient") in shown(browser.get("/audit/"))


@pytest.mark.parametrize("who", ["reception", "esthetician", "director"])
def test_the_log_is_no_business_of(cast: Cast, clock: Any, enter: Any, who: str) -> None:
    for path in ("/audit/", "/audit/export/"):
        assert enter(getattr(cast, who)).get(path).status_code == 403


@pytest.mark.rule("R54")
@pytest.mark.parametrize(
    ("who", "may"), [("auditor", True), ("administrator", False), ("manager", False)]
)
def test_why_an_act_on_a_chart_was_refused_is_for_readers_of_charts(
    cast: Cast, clock: Any, enter: Any, who: str, may: bool
) -> None:
    told = "Eyelids inside the orbital rim are never needled."
    refused = {"outcome": "refused", "rule": "R34", "detail": {"sentence": told}, "at": NOW - DAY}
    chart = Treatment(clinic=cast.clinic)
    note(cast, "treatment.add_pass", by=cast.esthetician, on=chart, **refused)
    browser = enter(getattr(cast, who))
    page = browser.get("/audit/").content.decode()
    file = b"".join(browser.get("/audit/export/").streaming_content).decode()
    for text in (page, file):
        assert "Added a needling pass" in text
        assert "R34" in text
        assert (told in text) is may
        assert ("This area is never needled." in text) is not may


def test_what_is_not_clinical_is_told_to_everyone_who_may_read_the_log(
    cast: Cast, clock: Any, enter: Any
) -> None:
    told = "C-000123 was used on Mon, Nov 23, 2026. A cartridge is used once."
    chart = Treatment(clinic=cast.clinic)
    refused = {"outcome": "refused", "rule": "R2", "detail": {"sentence": told}}
    note(cast, "cartridge.claim", by=cast.esthetician, on=chart, **refused)
    page = enter(cast.manager).get("/audit/").content.decode()
    assert told in page
    assert "Rule R2" in page


@pytest.mark.parametrize(
    ("detail", "says"),
    [
        ({"late": True, "seq": 4}, "Entered late: Yes; Pass: 4"),
        ({"late": False}, "Entered late: No"),
        ({"units": 3, "second_person": ""}, "Units: 3"),
        ({"reason": "pack_damaged", "patient_contact": False}, "Reason: Pack damaged"),
        ({"page": "audit", "method": "GET"}, ">Page: Audit log<"),
        ({"page": "treatment-sign", "method": "POST"}, "Page: Treatment sign"),
        ({"clinic": "austin"}, "Clinic: Austin"),
        ({"kind": "aprn_np", "expires_on": "2028-06-30"}, "Kind: Nurse practitioner"),
        ({"expires_on": "2028-06-30"}, "Expires: Fri, Jun 30, 2028"),
        ({"starts_at": "2026-11-24T17:00:00+00:00"}, "Starts: Tue, Nov 24, 2026, 11:00 AM"),
        ({"before": {"starts_at": "2026-11-24T17:00:00+00:00"}}, "Before: Starts: Tue, Nov 24"),
        ({"fields": ["last_name", "phone"]}, "Changed: last name, phone"),
        ({"what": "user.log_in"}, "What: Logged in"),
        ({"room": "3f0b7a52-3c1c-4d3e-9d0c-0d7a3f6f1c11"}, ">–<"),
        ({"why": "idle"}, "Why: After a pause"),
    ],
)
def test_details_are_said_in_words(
    cast: Cast, clock: Any, enter: Any, detail: dict[str, Any], says: str
) -> None:
    note(cast, detail=detail)
    assert says in enter(cast.manager).get("/audit/").content.decode()


def test_who_and_where_a_detail_names_is_told_by_name(cast: Cast, clock: Any, enter: Any) -> None:
    note(cast, "appointment.book", detail={"practitioner": cast.ana.pk, "room": cast.room.pk})
    page = enter(cast.manager).get("/audit/").content.decode()
    assert f"Practitioner: {cast.ana.name}; Room: {cast.room.name}" in page


def test_an_act_about_the_whole_clinic_names_it(cast: Cast, clock: Any, enter: Any) -> None:
    note(cast, outcome="refused", rule="input", on=cast.clinic, detail={"sentence": "No."})
    page = enter(cast.manager).get("/audit/").content.decode()
    assert f'data-label="About" class="nowrap">{cast.clinic.name}<' in page


# About whom


def test_what_concerns_a_patient_is_found_by_the_code(cast: Cast, clock: Any, enter: Any) -> None:
    world = worlds.build(cast)
    patient = world.signed.patient
    for typed in (patient.code, f"pt-{patient.number}", str(patient.number)):
        page = enter(cast.auditor).get("/audit/", {"about": typed}).content.decode()
        assert "Signed a record" in page
        assert "Booked a visit" in page
        assert world.under_way.code not in page
    found = enter(cast.auditor).get("/audit/", {"about": world.signed.code.lower()})
    assert {who for who, _what in shown(found)} == {"Ana Ruiz"}
    assert "Nothing found" in enter(cast.auditor).get("/audit/?about=PT-99").content.decode()
    assert '"about":"PT-000099"' in searches()[-1][2]


@pytest.mark.parametrize("typed", ["TX LE-100200", "tx le100200", "LOT42A"])
def test_what_concerns_a_license_or_a_lot_is_found_by_its_number(
    cast: Cast, clock: Any, enter: Any, typed: str
) -> None:
    subject = cast.lot if "LOT" in typed else cast.ana_license
    note(cast, on=subject, by=cast.director)
    found = enter(cast.auditor).get("/audit/", {"about": typed})
    assert {who for who, _what in shown(found)} == {cast.director.name}
    assert f'"about":"{subject.code}"' in searches()[-1][2]


def test_a_lot_or_license_of_another_clinic_is_not_known_here(
    cast: Cast, clock: Any, enter: Any
) -> None:
    for typed in (cast.other_lot.lot, "lot42a", "LE-100200"):
        assert enter(cast.auditor).get("/audit/", {"about": typed}).status_code == 422


def test_a_patient_past_the_first_million_is_found(cast: Cast, clock: Any, enter: Any) -> None:
    patient = factories.patient(cast.clinic, "Ada", "Roe", by=cast.reception, number=1_000_000)
    note(cast, on=patient, by=cast.director)
    found = enter(cast.auditor).get("/audit/", {"about": patient.code})
    assert {who for who, _what in shown(found)} == {cast.director.name}


def test_a_code_of_another_clinic_finds_nothing(cast: Cast, clock: Any, enter: Any) -> None:
    note(cast, clinic_id=cast.other_clinic.pk, on=cast.other_patient, by=cast.stranger)
    page = enter(cast.auditor).get("/audit/", {"about": "PT-000001"}).content.decode()
    assert "Tess Quinn" not in page


def test_what_an_entry_is_about_is_a_way_where_the_reader_may_go(
    cast: Cast, clock: Any, enter: Any
) -> None:
    world = worlds.build(cast)
    addresses = {
        "patient": reverse("patient", args=[world.signed.patient.pk]),
        "appointment": reverse("appointment", args=[world.signed.appointment.pk]),
        "signed": reverse("treatment", args=[world.signed.pk]),
        "open": reverse("treatment", args=[world.under_way.pk]),
        "lot": reverse("cartridge-lot", args=[cast.lot.pk]),
    }
    note(cast, "patient.open", on=world.signed.patient)
    note(cast, "cartridge.receive", on=cast.lot)
    for who, may in (
        (cast.auditor, {"signed", "lot"}),
        (cast.manager, {"patient", "appointment", "lot"}),
        (cast.administrator, set()),
    ):
        browser = enter(who)
        pages = browser.get("/audit/").content.decode()
        pages += browser.get("/audit/?before=51").content.decode()
        linked = {name for name, url in addresses.items() if f'href="{url}"' in pages}
        assert linked == may, who.name
        for name in may:
            assert browser.get(addresses[name]).status_code == 200


def test_the_ways_ask_what_their_doors_ask() -> None:
    for kind, name in views.ABOUT.items():
        opens: Any = resolve(reverse(name, args=[uuid.uuid4()])).func
        door = opens.view_class
        if kind == "treatment":
            assert Permission.SEE_ALL_CHARTS in door.may
        else:
            assert door.may == views.MAY_OPEN[kind]


# The file


@pytest.mark.rule("P37")
def test_the_file_holds_all_rows_and_runs_no_formula(cast: Cast, clock: Any, enter: Any) -> None:
    for number in range(60):
        note(cast, detail={"reason": f"=1+{number}"}, at=NOW - DAY)
    evil = User(name='=HYPERLINK("http://evil")', email="e@demo.example")
    note(cast, by=evil, outcome="refused", rule="R1", detail={"sentence": "@SUM(1)"})
    answer = enter(cast.auditor).get("/audit/export/?since=2026-11-23")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="audit-austin-2026-11-24.csv"'
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    heads, *rows = csv.reader(io.StringIO(text))
    assert heads == [
        "When",
        "Who",
        "What",
        "Action",
        "Outcome",
        "About",
        "Rule",
        "Detail",
        "Number",
    ]
    assert len(rows) == 62
    assert rows[0][:5] == [
        "2026-11-24T09:00:00-06:00",
        "Iris Novak",
        "Exported the audit log",
        "audit.export",
        "done",
    ]
    refused = rows[1]
    assert (refused[1], refused[4], refused[7]) == (
        '\'=HYPERLINK("http://evil")',
        "refused",
        "'@SUM(1)",
    )
    assert not [cell for row in rows for cell in row if cell[:1] in {"=", "+", "-", "@"}]
    assert searches() == [("audit.export", "done", '{"since":"2026-11-23"}')]


def test_every_action_of_the_house_has_its_words() -> None:
    """An operation's name is the first argument of `act`, `record` or `note`."""
    names = {"act", "own_act", "record", "note", "_note", "make_offer"}
    named = set()
    for app in ("clinic", "bookings", "treatments"):
        for path in (ROOT / app).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if not isinstance(node, ast.Call) or not node.args:
                    continue
                called = getattr(node.func, "attr", getattr(node.func, "id", ""))
                first = node.args[0]
                if called in names and isinstance(first, ast.Constant):
                    named.add(str(first.value))
    assert {"patient.register", "user.lock", "chart.sign"} <= named
    assert named - set(queries.ACTIONS) == set()
    assert set(queries.ACTIONS) - named == set()


@pytest.mark.parametrize("typed", ["Mia O'Brien", "5125550123", "PT-", "T-12", "Yıldız"])
def test_a_name_never_gets_into_the_log_by_searching_it(
    cast: Cast, clock: Any, enter: Any, typed: str
) -> None:
    answer = enter(cast.auditor).get("/audit/", {"about": typed})
    assert answer.status_code == 422
    assert "Enter a code, such as PT-000152" in answer.content.decode()
    assert not AuditEvent.objects.filter(detail__contains=typed).exists()


@pytest.mark.rule("P31")
def test_a_row_that_was_tampered_with_is_shown_and_leads_nowhere(
    cast: Cast, clock: Any, enter: Any
) -> None:
    browser = enter(cast.auditor)
    browser.get("/audit/")
    last = AuditEvent.objects.filter(chain=chain_of(cast.clinic.pk)).latest("seq")
    last.pk, last.seq = None, last.seq + 1
    last.subject_kind, last.subject, last.subject_code = "patient", "no key", "PT-000001"
    last.save(force_insert=True)
    page = browser.get("/audit/")
    assert page.status_code == 200
    assert "PT-000001" in page.content.decode()


@pytest.mark.parametrize(
    ("first", "last", "mask", "says"),
    [
        (0, 1440, 127, "Weekdays: any day; Time of day: at any time"),
        (540, 1440, 3, "Weekdays: Monday, Tuesday; Time of day: from 9:00 AM"),
        (0, 1020, 64, "Weekdays: Sunday; Time of day: until 5:00 PM"),
        (540, 810, 31, "Time of day: 9:00 AM to 1:30 PM"),
    ],
)
def test_what_someone_waits_for_stands_in_words(
    cast: Cast, clock: Any, enter: Any, first: int, last: int, mask: int, says: str
) -> None:
    note(cast, "waitlist.add", detail={"weekdays": mask, "from_min": first, "to_min": last})
    page = enter(cast.manager).get("/audit/").content.decode()
    assert says in page
    assert "min:" not in page


def test_how_dates_are_written_is_shown_as_it_looks(cast: Cast, clock: Any, enter: Any) -> None:
    change = {"before": {"locale": "en-US"}, "after": {"locale": "en-GB"}}
    note(cast, "clinic.change", by=cast.manager, on=cast.clinic, detail=change)
    page = enter(cast.manager).get("/audit/").content.decode()
    assert (
        "After: Dates and times are written: Tue, 24 Nov 2026, 14:30; "
        "Before: Dates and times are written: Tue, Nov 24, 2026, 2:30 PM"
    ) in page
