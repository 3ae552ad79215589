"""What is typed into the treatment page: understood, or refused beside its field and kept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.test import Client

from clinic.models import AuditEvent, User
from tests import factories
from tests.cast import PASSWORD, Cast
from tests.treatments.pages import HTMX, address, send, value, words
from tests.treatments.test_chart_views import PASS, cream_fields
from tests.treatments.visits import chart_at, later
from treatments import operations
from treatments.models import NumbingApplication, Treatment

Enter = Callable[[User], Client]
pytestmark = pytest.mark.usefixtures("clock")
HOSTILE = [
    "",
    " ",
    "\x00",
    "a\x00b",
    "\u202eevil\u200b",
    "<script>alert(1)</script>",
    "{{7*7}}{% debug %}",
    "'; DROP TABLE treatments_treatment; --",
    "-1",
    "1e9",
    "NaN",
    "1,5",
    "0001-01-01",
    "9999-12-31",
    "王小明 O'Brien-Łęcka \U0001f600",
    "e\u0301" * 50,
    "x" * 100_000,
]
DOORS = {
    "numb": ("product", "lot", "expires_on", "amount", "areas", "applied_at", "which", "once"),
    "numb-off": ("removed_at", "which"),
    "numb-none": ("reason",),
    "start": ("confirmed", "screened"),
    "scan": ("cartridge",),
    "claim": ("cartridge", "pack_intact"),
    "waste": ("cartridge", "reason", "note_text", "patient_contact"),
    "pass": ("area", "depth", "passes", "endpoint"),
    "pass-remove": ("seq",),
    "finish": ("endpoint", "reaction", "note_text", "aftercare_given"),
    "abort": ("reason", "needle_contact"),
    "amend": ("version", "endpoint", "reaction", "note_text"),
    "sign": ("version", "password"),
    "addendum": ("kind", "text", "reason"),
}


@pytest.mark.rule("P33")
@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda text: repr(text[:12]))
def test_no_input_of_any_form_breaks_a_page(cast: Cast, enter: Enter, hostile: str) -> None:
    chart = chart_at(cast, "open")
    ana = enter(cast.esthetician)
    for act, fields in DOORS.items():
        answer = send(ana, chart, act, **dict.fromkeys(fields, hostile))
        assert (act, answer.status_code) in {(act, code) for code in (302, 409, 422)}
        if answer.status_code != 302:
            assert "<script>alert(1)</script>" not in answer.content.decode()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"product": ""}, "Choose the cream, or say below why there is no numbing."),
        ({"product": "no-such"}, "Choose a cream from the list."),
        ({"lot": ""}, "Enter the lot on the tube."),
        ({"lot": "x" * 21}, "at most 20 characters"),
        ({"expires_on": ""}, "Enter the expiry on the tube."),
        ({"expires_on": "2026-11-23"}, "This tube expired on Mon, Nov 23, 2026. Use another tube."),
        ({"expires_on": "9999-12-31"}, "Use a date between 1900 and 2200."),
        ({"expires_on": "31/12/2027"}, "Enter a date, for example Nov 24, 2026."),
        ({"amount": ""}, "Enter how many grams went on."),
        ({"amount": "1,5"}, "Write it with a point, such as 1.5."),
        ({"amount": "1.55"}, "Use at most one decimal, such as 1.5."),
        ({"amount": "0.05"}, "Use at most one decimal, such as 1.5."),
        ({"amount": "9" * 30}, "Enter a smaller number, such as 1.5."),
        ({"amount": "٣"}, "Enter a number, such as 1.5."),
        ({"amount": "a lot"}, "Enter a number, such as 1.5."),
        ({"amount": "60.1"}, "Use between 0.1 and 60 grams."),
        ({"amount": "0"}, "Use between 0.1 and 60 grams."),
        ({"areas": []}, "Choose where the cream went."),
        ({"areas": ["eyelid"]}, "Choose areas from the list."),
        ({"applied_at": ""}, "Enter the time."),
        ({"applied_at": "25:00"}, "Enter a time of day, such as 14:05."),
        ({"applied_at": "09:30"}, "This time is in the future."),
        ({"applied_at": "08:30"}, "The patient arrived at 9:00 AM, after this time."),
    ],
)
def test_a_fault_is_said_beside_its_field_and_the_rest_stays(
    cast: Cast, enter: Enter, given: dict[str, Any], says: str
) -> None:
    chart = chart_at(cast, "open")
    answer = send(enter(cast.esthetician), chart, "numb", **cream_fields(cast, **given))
    assert answer.status_code == 422
    assert says in words(answer)
    ((field, typed),) = given.items()
    if field != "lot":
        assert value(answer, "lot") == "TUBE-7"
    if field in ("lot", "amount", "applied_at") and typed:
        assert value(answer, field) == typed
    assert NumbingApplication.objects.count() == 0


def test_cream_is_read_in_the_smallest_units(cast: Cast, enter: Enter) -> None:
    chart = chart_at(cast, "open")
    send(enter(cast.esthetician), chart, "numb", **cream_fields(cast, applied_at="9:01 AM"))
    cream = NumbingApplication.objects.get()
    assert (cream.amount, cream.areas, cream.applied_at) == (15, "forehead,chin", later(1))


def test_a_time_typed_late_shows_as_a_late_entry(
    cast: Cast, enter: Enter, clock: time_machine.Traveller
) -> None:
    chart = chart_at(cast, "open")
    clock.move_to(later(20))
    ana = enter(cast.esthetician)
    send(ana, chart, "numb", **cream_fields(cast))
    page = words(ana.get(address(chart)))
    assert "On at 9:02 AM by Ana Ruiz. Late entry" in page
    assert "18 of 20 minutes" in page


@pytest.mark.rule("R40")
@pytest.mark.parametrize(
    ("off", "word"), [("09:20", "Too short. 18 of at least 20 min."), ("10:30", "Too long. 88 min")]
)
def test_dwell_is_judged_in_words(
    cast: Cast, enter: Enter, clock: time_machine.Traveller, off: str, word: str
) -> None:
    chart = chart_at(cast, "numbing")
    clock.move_to(later(95))
    ana = enter(cast.esthetician)
    assert "over the limit, take it off now" in words(ana.get(address(chart)))
    send(ana, chart, "numb-off", removed_at=off)
    page = words(ana.get(address(chart), {"step": "numb"}))
    assert word in page


@pytest.mark.rule("P4", "P5")
def test_a_time_that_the_clock_showed_twice_is_asked_about(
    cast: Cast, enter: Enter, clock: time_machine.Traveller
) -> None:
    """Nov 1, 2026 in Austin: 1 to 2 am comes twice."""
    start = dt.datetime(2026, 11, 1, 5, 30, tzinfo=dt.UTC)  # 12:30 am
    visit = factories.appointment(
        patient=cast.mia,
        practitioner=cast.ana,
        service=cast.short_service,
        room=cast.room,
        device=cast.device,
        starts_at=start + dt.timedelta(hours=1),
        by=cast.reception,
        status="arrived",
        arrived_at=start,
        arrived_by=cast.reception,
    )
    chart = operations.open_chart(appointment=visit, by=cast.esthetician, at=start)
    clock.move_to(start + dt.timedelta(hours=2, minutes=45))  # 2:15 am, for the only time
    ana = enter(cast.esthetician)
    fields = cream_fields(cast, applied_at="01:30")
    asked = send(ana, chart, "numb", **fields)
    assert asked.status_code == 422
    assert "The clocks were set back: it was 1:30 AM twice. Choose which one." in words(asked)
    assert "1:30 AM CDT 1:30 AM CST" in words(asked)
    send(ana, chart, "numb", **fields, which="second")
    assert NumbingApplication.objects.get().applied_at == dt.datetime(
        2026, 11, 1, 7, 30, tzinfo=dt.UTC
    )


# Passes, the end, the signature


@pytest.mark.rule("R20")
@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"depth": "0.3"}, "The dial has steps of 0.25 mm: choose 0.25 or 0.50."),
        ({"depth": "1,5"}, "Write it with a point, such as 1.50."),
        ({"depth": "2.75"}, "This device goes to 2.50 mm."),
        ({"depth": "-1"}, "Enter a number above 0, such as 1.50."),
        ({"depth": "0.500001"}, "Use at most 2 decimals, such as 1.50."),
        ({"depth": "1e1"}, "Enter a number, such as 1.50."),
        ({"depth": ""}, "Enter the depth in millimeters."),
        ({"passes": "0"}, "Use 1 to 6 passes."),
        ({"passes": "2.5"}, "Use 1 to 6 passes."),
        ({"passes": ""}, "Enter how many passes."),
        ({"area": "eyelid"}, "Choose an area from the list."),
        ({"endpoint": ""}, "Choose what the skin showed."),
    ],
)
def test_a_pass_that_cannot_be_is_refused_and_kept(
    cast: Cast, enter: Enter, clock: Any, given: dict[str, str], says: str
) -> None:
    chart = chart_at(cast, "claimed")
    clock.move_to(later(33))
    answer = send(enter(cast.esthetician), chart, "pass", **PASS | given)
    assert answer.status_code == 422
    assert says in words(answer)
    assert value(answer, "depth") == (PASS | given)["depth"]
    assert chart.passes.count() == 0


@pytest.mark.parametrize(
    "field", [{"area": ["chin", "nose"]}, {"depth": ["0.50", "1.00"]}, {"once": ["a", "b"]}]
)
def test_two_values_for_a_field_of_one_are_refused_in_words(
    cast: Cast, enter: Enter, clock: Any, field: dict[str, list[str]]
) -> None:
    chart = chart_at(cast, "claimed")
    clock.move_to(later(33))
    ana = enter(cast.esthetician)
    answer = send(ana, chart, "pass", **PASS | field)
    assert answer.status_code == 422
    assert "This form is not as the page made it. Nothing was changed." in words(answer)
    assert chart.passes.count() == 0
    twice = {name: [given, given] for name, given in PASS.items()}
    assert send(ana, chart, "pass", **twice).status_code == 302


def test_a_pass_is_taken_back_from_the_list(cast: Cast, enter: Enter, clock: Any) -> None:
    chart = chart_at(cast, "needled")
    clock.move_to(later(33))
    ana = enter(cast.esthetician)
    assert send(ana, chart, "pass-remove", seq="1").status_code == 302
    gone = send(ana, chart, "pass-remove", seq="1")
    assert (gone.status_code, "This pass is not in the chart." in words(gone)) == (409, True)


def test_a_long_note_outlives_a_refused_finish(cast: Cast, enter: Enter, clock: Any) -> None:
    chart = chart_at(cast, "needled")
    clock.move_to(later(60))
    note = "Line one\nLine two " + "é" * 4000
    answer = send(enter(cast.esthetician), chart, "finish", note_text=note, reaction="Calm")
    assert answer.status_code == 422
    page = answer.content.decode()
    for field, fault in (("endpoint", "the end point"), ("aftercare_given", "aftercare")):
        beside = page.index(f'id="finish-{field}_error"')
        assert page.index(f"Still missing: {fault}", beside) - beside < 200
    assert value(answer, "note_text").replace("\r\n", "\n") == note
    assert value(answer, "reaction") == "Calm"
    beside = send(enter(cast.esthetician), chart, "finish", endpoint="none").content.decode()
    assert beside.index("finish-aftercare_given_error") < beside.index("Still missing: aftercare")


@pytest.mark.rule("P12")
def test_a_stale_correction_shows_both_texts_and_can_be_saved_after(
    cast: Cast, enter: Enter, clock: Any
) -> None:
    chart = chart_at(cast, "finished")
    clock.move_to(later(61))
    ana = enter(cast.esthetician)
    old = value(ana.get(address(chart), {"step": "finish"}), "version")
    fields = {"endpoint": "erythema_mild", "reaction": "Even redness."}
    send(ana, chart, "amend", version=old, note_text="From the tablet", **fields)
    stale = send(ana, chart, "amend", version=old, note_text="From the desk", **fields)
    assert stale.status_code == 409
    assert "Someone changed this record after you opened it." in words(stale)
    assert value(stale, "note_text") == "From the desk"
    assert "There now: From the tablet" in words(stale)
    assert "There now: Even redness." not in words(stale)
    renewed = value(stale, "version")
    saved = send(ana, chart, "amend", version=renewed, note_text="Both", **fields)
    assert (saved.status_code, Treatment.objects.get().note) == (302, "Both")


@pytest.mark.rule("R51")
def test_a_wrong_password_is_counted_and_signs_nothing(
    cast: Cast, enter: Enter, clock: Any
) -> None:
    chart = chart_at(cast, "finished")
    clock.move_to(later(62))
    ana = enter(cast.esthetician)
    for _ in range(2):
        wrong = send(ana, chart, "sign", version=chart.version, password="not mine")
        assert wrong.status_code == 422
        assert "This is not your password. Type it again." in words(wrong)
        assert "not mine" not in wrong.content.decode()
    assert AuditEvent.objects.filter(action="user.confirm", outcome="refused").count() == 2
    done = ana.post(
        address(chart, "sign"), {"version": chart.version, "password": PASSWORD}, headers=HTMX
    )
    assert (done.status_code, done.headers["HX-Redirect"]) == (204, address(chart))
    assert Treatment.objects.get().status == "signed"


def test_a_form_that_was_tampered_with_is_said_to_be(cast: Cast, enter: Enter, clock: Any) -> None:
    chart = chart_at(cast, "finished")
    clock.move_to(later(62))
    answer = send(enter(cast.esthetician), chart, "sign", version="x", password=PASSWORD)
    assert answer.status_code == 422
    assert "This form is not as the page made it. Nothing was changed." in words(answer)


def test_a_form_of_a_step_that_is_over_is_said_to_be_closed(cast: Cast, enter: Enter) -> None:
    chart = chart_at(cast, "open")
    answer = send(enter(cast.esthetician), chart, "pass")
    assert answer.status_code == 422
    assert "This step is closed. Nothing was changed." in words(answer)


@pytest.mark.rule("R20")
def test_a_pass_is_told_all_its_faults_at_once(cast: Cast, enter: Enter) -> None:
    chart = chart_at(cast, "claimed")
    answer = send(enter(cast.esthetician), chart, "pass", **PASS | {"depth": "0.6", "passes": "9"})
    assert answer.status_code == 422
    assert "The dial has steps of 0.25 mm" in words(answer)
    assert "Use 1 to 6 passes." in words(answer)
