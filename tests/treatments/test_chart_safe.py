"""What the treatment page keeps a person from: losing a pass, wasting unasked, signing untruths."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.test import Client

from clinic import drafts
from clinic.models import User
from tests.cast import Cast
from tests.treatments.pages import HTMX, address, send, words
from tests.treatments.test_chart_views import PASS
from tests.treatments.visits import chart_at, later, one_pass
from treatments import operations
from treatments.models import Treatment
from treatments.rules.status import Unit

Enter = Callable[[User], Client]
ON: dict[str, dict[str, str]] = {"with htmx": HTMX, "without": {}}
both = pytest.mark.parametrize("headers", [*ON.values()], ids=[*ON])


@pytest.fixture
def ana(cast: Cast, enter: Enter, clock: time_machine.Traveller) -> Callable[[int], Client]:
    """Ana's tablet, so many minutes after nine."""

    def at(minute: int) -> Client:
        clock.move_to(later(minute))
        return enter(cast.esthetician)

    return at


def shown(client: Client, answer: Any) -> str:
    """What one reads after an act, with htmx or without."""
    if answer.status_code == 302:
        answer = client.get(answer.headers["Location"])
    return words(answer)


# Continue to finish


@both
def test_to_the_finish_a_filled_pass_is_added_and_an_empty_one_is_none(
    cast: Cast, ana: Any, headers: dict[str, str]
) -> None:
    chart, client = chart_at(cast, "needled"), ana(33)
    door = address(chart, "pass")
    on = {"then": "finish"}
    empty = {"area": "", "depth": " ", "passes": "", "endpoint": ""}
    for fields in (on, on | empty):
        assert "Finish treatment" in shown(client, client.post(door, fields, headers=headers))
        assert chart.passes.count() == 1
    added = client.post(door, PASS | on | {"area": "nose"}, headers=headers)
    assert "Finish treatment" in shown(client, added)
    assert list(chart.passes.values_list("area", flat=True)) == ["chin", "nose"]


@both
@pytest.mark.parametrize("gone", [*PASS])
def test_to_the_finish_a_half_filled_pass_is_shown_with_its_fault(
    cast: Cast, ana: Any, headers: dict[str, str], gone: str
) -> None:
    chart, client = chart_at(cast, "needled"), ana(33)
    fields = PASS | {"then": "finish", gone: ""}
    answer = client.post(address(chart, "pass"), fields, headers=headers)
    assert answer.status_code == 422
    assert "Add pass" in words(answer)
    assert chart.passes.count() == 1


def test_a_pass_that_is_added_leaves_no_draft_to_be_added_again(cast: Cast, ana: Any) -> None:
    """A refusal leaves the draft where it is; what is done takes it away."""
    chart, client = chart_at(cast, "needled"), ana(33)
    door = address(chart, "pass")
    form = drafts.Form(cast.esthetician, str(cast.clinic.pk), door)
    drafts.keep(form, PASS.items(), at=later(33))
    client.post(door, PASS | {"depth": "0.3"})
    assert drafts.kept(form, at=later(33))
    client.post(door, PASS)
    assert not drafts.kept(form, at=later(33))


def test_without_a_pass_there_is_no_way_to_the_finish(cast: Cast, ana: Any) -> None:
    answer = send(ana(33), chart_at(cast, "claimed"), "pass", then="finish")
    assert (answer.status_code, "Choose the area." in words(answer)) == (422, True)


def test_another_sends_no_empty_pass_either(cast: Cast, enter: Enter, clock: Any) -> None:
    chart = chart_at(cast, "needled")
    assert send(enter(cast.director), chart, "pass", then="finish").status_code == 403


# The address names the step


def test_the_address_names_the_step_that_is_shown(cast: Cast, ana: Any) -> None:
    chart, client = chart_at(cast, "needled"), ana(33)
    for asked, found in (("numb", "numb"), ("", "passes"), ("sign", "passes"), ("abort", "abort")):
        answer = client.get(address(chart), {"step": asked}, headers=HTMX)
        assert answer.headers["HX-Replace-Url"] == f"{address(chart)}?step={found}"
    refused = client.post(address(chart, "finish"), {}, headers=HTMX)
    assert refused.headers["HX-Replace-Url"] == f"{address(chart)}?step=finish"
    page = client.get(address(chart), {"step": "numb"}).content.decode()
    assert f'name="next" value="{address(chart)}?step=numb"' in page


# Numbing


@pytest.mark.rule("R40")
def test_cream_that_was_on_too_short_is_said_where_the_treatment_starts(
    cast: Cast, ana: Any
) -> None:
    chart, client = chart_at(cast, "numbing"), ana(6)
    send(client, chart, "numb-off", removed_at="09:06")
    page = words(client.get(address(chart)))
    warning = "Lidocaine 4%: too short. 4 of at least 20 min. It may not have worked yet."
    assert page.index("Ask the patient") < page.index(warning) < page.index("Start treatment")


@pytest.mark.rule("R40")
def test_cream_that_was_on_long_enough_is_not_warned_of(cast: Cast, ana: Any) -> None:
    page = words(ana(28).get(address(chart_at(cast, "numbed"))))
    assert "too short" not in page


@pytest.mark.rule("R40")
@pytest.mark.parametrize(
    ("minute", "state"),
    [
        (10, ""),
        (30, " is-due"),
        (48, " is-due"),
        (49, " is-late"),
        (61, " is-late"),
        (62, " is-over"),
    ],
)
def test_the_clock_names_the_latest_time_and_turns_amber_before_it(
    cast: Cast, ana: Any, minute: int, state: str
) -> None:
    """On at 9:02, 20 to 60 minutes: the last third begins after 46 minutes and 40 seconds."""
    answer = ana(minute).get(address(chart_at(cast, "numbing")))
    assert "Off by 10:02 AM at the latest" in words(answer)
    assert f'class="clock-big clock is-numbing{state}"' in answer.content.decode()


def test_cream_cannot_come_off_before_it_went_on(cast: Cast, ana: Any) -> None:
    answer = send(ana(10), chart_at(cast, "numbing"), "numb-off", removed_at="09:01")
    assert "The cream must come off after 9:02 AM." in words(answer)


@pytest.mark.parametrize("box", ["confirmed", "screened"])
def test_nothing_starts_until_patient_screening_and_consent_are_confirmed(
    cast: Cast, ana: Any, box: str
) -> None:
    chart = chart_at(cast, "numbed")
    answer = send(ana(30), chart, "start", **{box: "on"})
    assert answer.status_code == 422
    says = {
        "confirmed": "Check screening and consent on paper, then confirm.",
        "screened": "Read back name and birth date, then confirm.",
    }
    assert says[box] in words(answer)
    assert Treatment.objects.get().started_at is None


# Wasting


@both
def test_wasting_says_what_was_wasted_and_why(
    cast: Cast, ana: Any, headers: dict[str, str]
) -> None:
    chart, client = chart_at(cast, "started"), ana(31)
    door = address(chart, "waste")
    for code, fields, said in (
        ("C-000001", {"reason": "pack_damaged"}, "C-000001 is wasted: pack damaged."),
        ("C-000002", {"reason": "other", "note_text": "Fell wet"}, "C-000002 is wasted: Fell wet."),
    ):
        answer = client.post(door, {"cartridge": code, **fields}, headers=headers)
        page = shown(client, answer)
        assert f"{said} Scan the next one." in page
        assert "The maker's code on the pouch" in page


@pytest.mark.rule("R13")
def test_no_reason_for_wasting_is_chosen_beforehand(cast: Cast, ana: Any) -> None:
    chart, client = chart_at(cast, "started"), ana(31)
    found = send(client, chart, "scan", cartridge="C-000001").content.decode()
    reasons = re.findall(r'<input[^>]*name="reason"[^>]*>', found)
    assert len(reasons) == 7
    assert not any("checked" in one or "opened_not_used" in one for one in reasons)
    refused = send(client, chart, "waste", cartridge="C-000001")
    assert "Choose why the unit is wasted." in words(refused)
    assert cast.lot.units.get(unit_code="C-000001").status == Unit.IN_STOCK


@pytest.mark.rule("R13")
def test_an_unused_unit_cannot_have_touched_the_patient(cast: Cast, ana: Any) -> None:
    chart, client = chart_at(cast, "claimed"), ana(33)
    unit = chart.units.get()
    fields = {"cartridge": unit.unit_code, "reason": "opened_not_used"}
    refused = send(client, chart, "waste", **fields, patient_contact="on")
    assert refused.status_code == 422
    assert "“Opened, not used” does not fit a unit that touched the patient." in words(refused)
    unit.refresh_from_db()
    assert unit.status == Unit.OPENED
    assert send(client, chart, "waste", **fields).status_code == 302
    stock = send(client, chart, "waste", cartridge="C-000002", reason="opened_not_used")
    assert "does not fit a unit that was never opened." in words(stock)


@pytest.mark.rule("R13")
def test_contact_is_ticked_where_passes_were_needled_with_the_unit(cast: Cast, ana: Any) -> None:
    chart, client = chart_at(cast, "claimed"), ana(34)
    author: dict[str, Any] = {"treatment": chart, "by": cast.esthetician}

    def ticked() -> bool:
        page = client.get(address(chart), {"step": "cartridge"}).content.decode()
        (box,) = re.findall(r'<input[^>]*name="patient_contact"[^>]*>', page)
        return "checked" in box

    assert not ticked()
    operations.add_pass(**author, **one_pass(), at=later(32))
    assert ticked()
    send(
        client,
        chart,
        "waste",
        cartridge=chart.units.get().unit_code,
        reason="defect",
        patient_contact="on",
    )
    send(client, chart, "claim", cartridge="C-000002", pack_intact="on")
    assert not ticked()


# The end


@pytest.mark.rule("R46")
@pytest.mark.parametrize("other", ["erythema_uniform", "erythema_mild"])
def test_the_end_point_comes_from_the_passes_where_they_agree(
    cast: Cast, ana: Any, other: str
) -> None:
    chart, client = chart_at(cast, "needled"), ana(34)
    agree = other == "erythema_uniform"
    operations.add_pass(
        treatment=chart,
        **one_pass(area="nose", endpoint=other),
        by=cast.esthetician,
        at=later(33),
    )
    answer = client.get(address(chart), {"step": "finish"})
    boxes = re.findall(r'<input[^>]*name="endpoint"[^>]*>', answer.content.decode())
    chosen = [one for one in boxes if "checked" in one]
    assert ["erythema_uniform" in one for one in chosen] == ([True] if agree else [])
    page = words(answer)
    assert ("The end point" in page) is not agree
    says = "Filled in from the passes." if agree else "The passes differ: uniform redness, mild"
    assert says in page


@pytest.mark.rule("R33")
def test_ending_early_asks_only_for_what_it_needs(cast: Cast, ana: Any) -> None:
    page = words(ana(31).get(address(chart_at(cast, "started")), {"step": "abort"}))
    assert "Missing before ending early 2" in page
    assert "needling pass" not in page
    assert "Aftercare" not in page


def test_what_an_early_end_made_needless_is_not_shown_as_done(cast: Cast, ana: Any) -> None:
    chart, client = chart_at(cast, "started"), ana(31)
    send(client, chart, "abort", reason="Felt unwell", needle_contact="no")
    page = client.get(address(chart))
    steps = re.search(r'<ol class="steps">.*?</ol>', page.content.decode(), re.S)
    assert steps
    assert re.findall(r'class="step is-(\w+)"', steps.group()) == [
        "done", "done", "done", "skipped", "skipped", "skipped", "current",
    ]  # fmt: skip
    assert "Cartridge not done Passes not done Finish ended early Sign" in words(page)
    assert "I ended this treatment before any needle contact;" in words(page)
    assert "Save correction" in words(client.get(address(chart), {"step": "finish"}))


def test_a_printed_record_names_its_clinic(cast: Cast, enter: Enter, clock: Any) -> None:
    cast.clinic.phone = "+15125550100"
    cast.clinic.write()
    page = words(enter(cast.auditor).get(address(chart_at(cast, "signed"))))
    assert f"{cast.clinic.name}, TX, (512) 555-0100" in page


def test_the_record_of_a_clinic_without_a_phone_is_shown(
    cast: Cast, enter: Enter, clock: Any
) -> None:
    cast.clinic.phone = ""
    cast.clinic.write()
    page = words(enter(cast.auditor).get(address(chart_at(cast, "signed"))))
    assert f"{cast.clinic.name}, TX Treatment of" in page
