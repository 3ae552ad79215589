"""The treatment page: step by step, each act through its form, and the signed record."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.db import OperationalError
from django.test import Client

from clinic.models import AuditEvent, User
from tests.cast import PASSWORD, Cast
from tests.treatments.pages import HTMX, address, send, value, words
from tests.treatments.visits import TIME_OUT, arrived, chart_at, fit_unit, later
from treatments import operations
from treatments.models import Treatment
from treatments.rules.status import Status
from treatments.rules.steps import Step

Enter = Callable[[User], Client]
pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def ana(cast: Cast, enter: Enter) -> Client:
    """Ana's tablet."""
    return enter(cast.esthetician)


def cream_fields(cast: Cast, **given: Any) -> dict[str, Any]:
    return {
        "product": cast.cream.pk,
        "lot": "TUBE-7",
        "expires_on": "2027-08-31",
        "amount": "1.5",
        "areas": ["forehead", "chin"],
        "applied_at": "09:02",
        **given,
    }


TICKED = {"confirmed": "on", "screened": "on"}
PASS = {"area": "chin", "depth": "0.50", "passes": "2", "endpoint": "erythema_uniform"}


def test_the_whole_treatment_through_its_forms(
    cast: Cast, enter: Enter, clock: time_machine.Traveller
) -> None:
    """Without JavaScript: every form is sent and leads back to the page, at the next step."""
    chart = chart_at(cast, "open")
    page = address(chart)
    for minute, act, fields, then in (
        (2, "numb", cream_fields(cast), "of 20 minutes due 9:22 AM"),
        (27, "numb-off", {"removed_at": "09:27"}, "Ask the patient to say name"),
        (30, "start", {"confirmed": "on", "screened": "on"}, "The maker's code on the pouch"),
        (31, "claim", {"cartridge": "C-000001", "pack_intact": "on"}, "Add pass"),
        (32, "pass", PASS, "This treatment Chin 0.50 mm × 2"),
        (
            60,
            "finish",
            {"endpoint": "erythema_uniform", "aftercare_given": "on", "note_text": "Went well."},
            "Nothing is missing. Ready to sign.",
        ),
    ):
        clock.move_to(later(minute))
        client = enter(cast.esthetician)
        answer = send(client, chart, act, **fields)
        assert (act, answer.status_code, answer.headers.get("Location")) == (act, 302, page)
        assert then in words(client.get(page))
    clock.move_to(later(62))
    client = enter(cast.esthetician)
    version = value(client.get(page), "version")
    send(client, chart, "sign", version=version, password=PASSWORD)
    record = words(client.get(page))
    assert "Ana Ruiz LE Esthetician TX LE-100200" in record
    assert "“I performed this treatment and this record is complete and correct.”" in record
    assert "Signed Tue, Nov 24, 2026, 10:02 AM CST" in record
    assert "Contents unchanged since signing" in record
    assert "C-000001 Lot LOT42A, expires Fri, Jun 30, 2028" in record
    assert "Went well." in record


@pytest.mark.parametrize(
    ("step", "shown"),
    [
        ("open", "Cream is on"),
        ("numbing", "Cream is off"),
        ("numbed", "Start treatment"),
        ("started", "Check"),
        ("claimed", "Add pass"),
        ("needled", "Continue to finish"),
        ("finished", "Sign the record"),
    ],
)
def test_the_step_at_hand_is_the_page_and_says_what_is_missing(
    cast: Cast, ana: Client, step: str, shown: str
) -> None:
    page = words(ana.get(address(chart_at(cast, step))))
    assert shown in page
    assert "Mia Lee born Mar 3, 1991 · PT-000001" in page
    assert ("Missing before signing" in page) is (step != "finished")
    assert "This is the first treatment here." in page


@pytest.mark.parametrize(
    ("step", "wanted", "shown", "not_shown"),
    [
        ("needled", "finish", "Finish treatment", "Add pass"),
        ("needled", "cartridge", "Waste this unit and take another", "Add pass"),
        ("needled", "numb", "25 min, within 20 to 60 min.", "Add pass"),
        ("needled", "sign", "Add pass", "Sign the record"),
        ("numbed", "abort", "Did the needle touch the patient?", "Start treatment"),
        ("numbed", "passes", "Start treatment", "Add pass"),
        ("finished", "finish", "Save correction", "Sign the record"),
        ("finished", "abort", "Sign the record", "Did the needle"),
        ("open", "nonsense", "Cream is on", "Check"),
        ("started", "start", "Started at 9:30 AM by Ana Ruiz", "Start treatment"),
    ],
)
def test_another_step_is_one_tap_away_where_it_is_open(
    cast: Cast, ana: Client, step: str, wanted: str, shown: str, not_shown: str
) -> None:
    page = words(ana.get(address(chart_at(cast, step)), {"step": wanted}))
    assert shown in page
    assert not_shown not in page


# Each view is noted, and only then shown


@pytest.mark.rule("R53", "P22")
def test_each_opening_of_the_page_is_one_event_and_its_fragments_none(
    cast: Cast, enter: Enter, clock: time_machine.Traveller
) -> None:
    chart = chart_at(cast, "numbed")
    clock.move_to(later(30))
    ana = enter(cast.esthetician)
    reads = AuditEvent.objects.filter(action="chart.read")
    ana.get(address(chart))
    assert reads.count() == 1
    fragment = ana.get(address(chart), {"step": "numb"}, headers=HTMX)
    assert b"<html" not in fragment.content
    assert b'id="chart"' in fragment.content
    answer = ana.post(address(chart, "start"), TICKED, headers=HTMX)
    assert (answer.status_code, answer.headers["HX-Replace-Url"]) == (
        200,
        f"{address(chart)}?step=cartridge",
    )
    assert reads.count() == 1
    ana.get(address(chart))
    assert (
        list(reads.values_list("actor_name", "subject", "outcome"))
        == [("Ana Ruiz", str(chart.pk), "done")] * 2
    )


@pytest.mark.rule("R53", "P22")
def test_a_fragment_of_a_chart_that_was_not_opened_is_noted_itself(
    cast: Cast, enter: Enter
) -> None:
    chart = chart_at(cast, "numbed")
    other = chart_at(cast, "open", arrived(cast, patient=cast.wang, minutes=120))
    director = enter(cast.director)
    reads = AuditEvent.objects.filter(action="chart.read")
    director.get(address(chart), headers=HTMX)
    director.get(address(chart), headers=HTMX)
    director.get(address(other), headers=HTMX)
    assert set(reads.values_list("subject", flat=True)) == {str(chart.pk), str(other.pk)}
    assert reads.count() == 2


@pytest.mark.rule("R53", "P22")
def test_a_form_that_fails_shows_the_chart_only_once_that_is_noted(cast: Cast, ana: Client) -> None:
    chart = chart_at(cast, "numbed")
    reads = AuditEvent.objects.filter(action="chart.read")
    assert send(ana, chart, "start").status_code == 422
    assert reads.count() == 1


@pytest.mark.rule("P22")
def test_what_cannot_be_noted_is_not_shown(
    cast: Cast, ana: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("database or disk is full")

    chart = chart_at(cast, "signed")
    monkeypatch.setattr("treatments.operations.charting.note", full)
    answer = ana.get(address(chart))
    assert (answer.status_code, "Mia" in answer.content.decode()) == (409, False)


TIMED_OUT = (
    "Identity, area and device confirmed; screening done and consent signed, on paper. "
    "Started at 9:30 AM by Ana Ruiz, Esthetician TX LE-100200."
)


@pytest.mark.rule("P6", "R30")
@pytest.mark.parametrize("step", ["started", "claimed", "needled", "finished", "signed"])
def test_what_the_time_out_confirmed_is_told_from_the_start_on(
    cast: Cast, ana: Client, step: str
) -> None:
    assert TIMED_OUT in words(ana.get(address(chart_at(cast, step))))


def test_before_the_start_no_time_out_is_told(
    cast: Cast, enter: Enter, clock: time_machine.Traveller
) -> None:
    chart = chart_at(cast, "open")
    clock.move_to(later(5))
    ana = enter(cast.esthetician)
    assert "device confirmed" not in words(ana.get(address(chart)))
    send(ana, chart, "abort", reason="Felt unwell", needle_contact="no")
    chart.refresh_from_db()
    send(ana, chart, "sign", version=chart.version, password=PASSWORD)
    record = words(ana.get(address(chart)))
    assert "Contents unchanged since signing" in record
    assert "device confirmed" not in record


def test_a_treatment_of_another_day_says_its_day_above_all_and_where_it_is_signed(
    cast: Cast, enter: Enter, clock: time_machine.Traveller
) -> None:
    chart = chart_at(cast, "finished")
    day = "You sign the treatment of Tue, Nov 24, 2026 , as Ana Ruiz LE"
    page = words(enter(cast.esthetician).get(address(chart)))
    assert "Treatment of Tue, Nov 24 " not in page
    assert day in page
    clock.move_to(later(24 * 60))
    page = words(enter(cast.esthetician).get(address(chart)))
    assert "PT-000001 Treatment of Tue, Nov 24 " in page
    assert day in page


# Others


@pytest.mark.rule("R52")
@pytest.mark.parametrize(
    "step", ["open", "numbing", "numbed", "started", "claimed", "needled", "finished"]
)
def test_a_director_reads_anothers_chart_without_any_form(
    cast: Cast, enter: Enter, step: str
) -> None:
    chart, director = chart_at(cast, step), enter(cast.director)
    for wanted in ("", *Step, "abort"):
        page = director.get(address(chart), {"step": wanted})
        assert "Only Ana Ruiz LE writes in this chart." in words(page)
        assert re.findall(rb'action="(/treatments/[^"]+)"', page.content) == []
    assert send(director, chart, "numb-none", reason="Declined").status_code == 403
    assert send(director, chart, "numb-none").status_code == 403
    refused = AuditEvent.objects.filter(action="numbing.decline", outcome="refused", rule="R52")
    assert refused.count() == 1
    # The second press never came as far as the act; it is on record too.
    assert AuditEvent.objects.filter(action="page.open", outcome="refused").count() == 1


def test_another_clinics_doors_answer_like_missing_ones(cast: Cast, enter: Enter) -> None:
    chart = chart_at(cast, "needled")
    for someone in (cast.other_nurse, cast.lapsed):
        client = enter(someone)
        for act in ("numb", "start", "scan", "claim", "waste", "pass", "finish", "sign", "abort"):
            assert send(client, chart, act).status_code == 404
    for act in ("numb", "sign"):
        assert enter(cast.esthetician).get(address(chart, act)).status_code == 405


@pytest.mark.rule("R20")
def test_a_pass_deeper_than_its_areas_rule_is_taken_with_a_warning(
    cast: Cast, ana: Client, clock: time_machine.Traveller
) -> None:
    operations.load_catalog(at=later(0))
    chart = chart_at(cast, "claimed")
    clock.move_to(later(33))
    ana.post(address(chart, "pass"), PASS | {"area": "cheek_l", "depth": "1.50"})
    assert "more than the most on file" not in words(ana.get(address(chart)))
    ana.post(address(chart, "pass"), PASS | {"area": "cheek_l", "depth": "1.75"})
    warning = "1.75 mm is more than the most on file without an order, 1.50 mm."
    assert warning in words(ana.get(address(chart)))


# The record


@pytest.mark.rule("R51")
def test_a_record_that_was_changed_past_the_guards_is_visibly_invalid(
    cast: Cast, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    chart = chart_at(cast, "signed")
    monkeypatch.setattr("treatments.queries.chart.is_what_was_signed", lambda *_: False)
    page = words(enter(cast.auditor).get(address(chart)))
    assert "The contents are not those that were signed." in page
    assert "unchanged" not in page


@pytest.mark.rule("R50")
def test_a_record_says_who_signed_it_whatever_the_file_says_today(
    cast: Cast, enter: Enter, ana: Client
) -> None:
    chart = chart_at(cast, "signed")
    treated = "Treated by Ana Ruiz LE, Esthetician TX LE-100200"
    before = words(ana.get(address(chart)))
    assert f"{treated} Room, device" in before
    assert "On file today:" not in before
    manager, person, device = enter(cast.manager), cast.ana, chart.device
    renamed = manager.post(
        f"/setup/practitioners/{person.pk}/",
        {"version": person.version, "name": "Somebody Else", "credential": "MD", "npi": ""},
    )
    coded = manager.post(
        f"/setup/devices/{device.pk}/",
        {"version": device.version, "code": "D-9", "serial": "ANOTHER"},
    )
    assert (renamed.status_code, coded.status_code) == (302, 302)
    record = words(ana.get(address(chart)))
    assert f"{treated} On file today: Somebody Else MD. Room, device" in record
    assert "Contents unchanged since signing" in record
    # What the signature does not hold is told apart from what was signed.
    told = record.partition("serial ANOTHER")[2]
    assert "Room, device, products and whoever acted at a time are named as on file today" in told


@pytest.mark.rule("R50")
def test_an_addendum_is_written_on_the_record_and_stays_when_refused(
    cast: Cast, clock: time_machine.Traveller, enter: Enter
) -> None:
    chart = chart_at(cast, "signed")
    clock.move_to(later(90))
    ana = enter(cast.esthetician)
    kept = send(ana, chart, "addendum", kind="addendum", text="Long words\nin two lines")
    assert kept.status_code == 422
    assert value(kept, "text").splitlines() == ["Long words", "in two lines"]
    assert "Say why." in words(kept)
    done = send(ana, chart, "addendum", kind="late_entry", text="<b>More</b>", reason="Asked")
    assert (done.status_code, done.headers["Location"]) == (302, address(chart) + "#addenda")
    record = ana.get(address(chart))
    assert "Late entry Tue, Nov 24, 2026, 10:30 AM <b>More</b> Ana Ruiz: Asked" in words(record)
    assert b"<b>More</b>" not in record.content
    for reader, may in ((cast.director, True), (cast.auditor, False)):
        page = enter(reader).get(address(chart))
        assert (address(chart, "addendum") in page.content.decode()) is may


@pytest.mark.rule("R50")
@pytest.mark.parametrize("act", ["numb-none", "finish", "sign", "amend", "pass", "abort"])
def test_a_form_from_before_the_signature_changes_nothing_after_it(
    cast: Cast, ana: Client, act: str
) -> None:
    chart = chart_at(cast, "signed")
    forms: dict[str, dict[str, Any]] = {
        "numb-none": {"reason": "Declined"},
        "finish": {"endpoint": "none", "aftercare_given": "on"},
        "sign": {"version": chart.version, "password": PASSWORD},
        "amend": {"version": chart.version, "endpoint": "none"},
        "pass": PASS,
        "abort": {"reason": "Ill", "needle_contact": "yes"},
    }
    answer = send(ana, chart, act, **forms[act])
    assert answer.status_code == 422
    assert "This record is signed and never changes. Write an addendum." in words(answer)
    assert Treatment.objects.get().version == chart.version


def test_an_early_end_is_told_on_the_record(
    cast: Cast, enter: Enter, clock: time_machine.Traveller
) -> None:
    chart = chart_at(cast, "started")
    clock.move_to(later(31))
    ana = enter(cast.esthetician)
    send(ana, chart, "abort", reason="Felt unwell", needle_contact="no")
    page = words(ana.get(address(chart)))
    assert "Ended early Felt unwell Needle contact No" in page
    chart.refresh_from_db()
    assert chart.status == Status.ABORTED
    send(ana, chart, "sign", version=chart.version, password=PASSWORD)
    record = words(ana.get(address(chart)))
    assert "No cartridge was used." in record
    assert "No passes were needled." in record


def test_the_last_visits_depths_stand_beside_this_one(
    cast: Cast, enter: Enter, clock: time_machine.Traveller
) -> None:
    before = arrived(cast, minutes=30)
    chart_at(cast, "signed", before)
    rested = 28 * 24 * 60
    clock.move_to(later(rested))
    visit = arrived(cast, minutes=rested + 30, arrived_at=later(rested))
    author: dict[str, Any] = {"by": cast.esthetician, "at": later(rested)}
    chart = operations.open_chart(appointment=visit, **author)
    operations.decline_numbing(treatment=chart, reason="Declined", **author)
    operations.start(treatment=chart, **TIME_OUT, **author)
    operations.claim_unit(
        treatment=chart, unit_code=fit_unit(cast).unit_code, pack_intact=True, **author
    )
    page = words(enter(cast.esthetician).get(address(chart)))
    assert "Last visit Tue, Nov 24, 2026 Chin 0.50 mm × 2 Uniform redness. Ana Ruiz LE" in page
    assert "Last visit: 0.50 mm, 2 passes, uniform redness" in page
