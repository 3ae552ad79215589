"""The pages of device models and devices, and the cleaning log."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from clinic import operations
from clinic.models import AuditEvent, Device, DeviceModel, User
from clinic.refusals import Refusal
from tests import factories
from tests.cast import NOW, Cast
from tests.house import world
from treatments.models import DeviceCleaning
from treatments.operations import clean_device

Enter = Callable[[User], Client]
MODEL = {
    "maker": "Demo Medical",
    "name": "Pen Two",
    "kind": "needles",
    "clearance_no": "K230420",
    "depth_step": "0.25",
    "depth_max": "2.50",
    "label_max": "1.5",
    "source": "Label",
}


@pytest.fixture(autouse=True)
def now(clock: Any) -> None:
    """Tuesday, nine o'clock in Austin."""


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_a_model_is_added_changed_and_taken_out_of_use(cast: Cast, enter: Enter) -> None:
    client = enter(cast.administrator)
    added = client.post(reverse("setup-device-model-add"), MODEL, follow=True)
    made = DeviceModel.objects.get(name="Pen Two")
    assert (made.depth_step, made.depth_max, made.label_max) == (25, 250, 150)
    assert "to 2.50 by 0.25" in text(added)
    page = client.get(reverse("setup-device-model", args=[made.pk]))
    assert 'value="2.50"' in text(page)
    changed = {**MODEL, "label_max": "2", "version": "1"}
    client.post(reverse("setup-device-model", args=[made.pk]), changed)
    made.refresh_from_db()
    assert (made.label_max, made.edited) == (200, True)
    use = reverse("setup-device-model-use", args=[made.pk])
    assert "is no choice any more" in text(client.get(use))
    gone = client.post(use, {"version": "2"}, follow=True)
    assert "Pen Two is out of use." in text(gone)
    assert "Pen Two" not in text(client.get(reverse("setup-device-add")))


@pytest.mark.rule("R38")
def test_radio_frequency_is_refused_on_the_page(cast: Cast, enter: Enter) -> None:
    answer = enter(cast.manager).post(reverse("setup-device-model-add"), {**MODEL, "kind": "rf"})
    assert answer.status_code == 422
    assert "radio frequency are not used here" in text(answer)
    assert 'value="Pen Two"' in text(answer)


@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        ("depth_max", "deep", "Enter a number of mm"),
        ("depth_max", "4.25", "Enter at most 4.00 mm."),
        ("depth_step", "0.125", "Enter at most 2 digits after the point."),
        ("depth_step", "NaN", "Enter a number of mm"),
        ("depth_step", "", "Enter a number of mm."),
        ("label_max", "0", "Enter at least 0.01 mm."),
        ("label_max", "2.75", "at most the deepest setting"),
        ("clearance_no", "DEN16002", "Use DEN or K and six digits."),
        ("kind", "laser", "Choose one from the list."),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(
    cast: Cast, enter: Enter, field: str, typed: str, says: str
) -> None:
    answer = enter(cast.manager).post(reverse("setup-device-model-add"), {**MODEL, field: typed})
    assert answer.status_code == 422
    assert says in text(answer)
    assert not DeviceModel.objects.filter(name="Pen Two").exists()


def test_a_lost_race_over_a_model_shows_both_figures(cast: Cast, enter: Enter) -> None:
    made = factories.device_model(name="Pen Two")
    typed = {**MODEL, "label_max": "1.00", "version": "7"}
    answer = enter(cast.manager).post(reverse("setup-device-model", args=[made.pk]), typed)
    assert answer.status_code == 409
    assert "<bdi>1.50</bdi>" in text(answer)
    assert "<bdi>1.00</bdi>" in text(answer)


def test_a_model_in_service_is_kept_in_use_in_words(cast: Cast, enter: Enter) -> None:
    use = reverse("setup-device-model-use", args=[cast.model.pk])
    answer = enter(cast.manager).post(use, {"version": "1"})
    assert answer.status_code == 422
    assert "3 devices" not in text(answer)
    assert "2 devices of this model are in service here and 1 elsewhere." in text(answer)
    assert "whoever sets up the other clinics does it there." in text(answer)
    assert "This holds for <strong>all clinics</strong>." in text(answer)


def test_a_device_is_added_with_the_next_code_proposed(cast: Cast, enter: Enter) -> None:
    client = enter(cast.manager)
    assert 'value="D-3"' in text(client.get(reverse("setup-device-add")))
    typed = {"model": str(cast.model.pk), "code": "D-3", "serial": "SN-77"}
    answer = client.post(reverse("setup-device-add"), typed, follow=True)
    assert "D-3 is in service." in text(answer)
    assert Device.objects.get(clinic=cast.clinic, code="D-3").serial == "SN-77"
    again = client.post(reverse("setup-device-add"), {**typed, "code": "D-4"})
    assert again.status_code == 409
    assert "serial number SN-77 is on file already" in text(again)


def test_a_device_is_corrected_on_its_page(cast: Cast, enter: Enter) -> None:
    address = reverse("setup-device", args=[cast.device.pk])
    typed = {"code": "Pen A", "serial": "SN-1", "version": "1"}
    answer = enter(cast.manager).post(address, typed, follow=True)
    assert "Pen A is saved." in text(answer)


def test_the_status_page_names_the_visits_that_hold_the_device(cast: Cast, enter: Enter) -> None:
    austin = world.build(cast)
    device = austin.booked.device
    page = text(enter(cast.manager).get(reverse("setup-device-status", args=[device.pk])))
    assert austin.booked.patient.name in page
    counted = text(enter(cast.administrator).get(reverse("setup-device-status", args=[device.pk])))
    assert austin.booked.patient.name not in counted
    assert re.search(r"\d visits? ahead", counted)


def test_a_status_change_is_shown_with_its_reason(cast: Cast, enter: Enter) -> None:
    client = enter(cast.manager)
    address = reverse("setup-device-status", args=[cast.device.pk])
    refused = client.post(address, {"status": "repair", "reason": "", "version": "1"})
    assert (refused.status_code, "Say why the status changes." in text(refused)) == (422, True)
    typed = {"status": "repair", "reason": "Motor is loud", "version": "1"}
    page = text(client.post(address, typed, follow=True))
    assert "D-1: in repair." in page
    assert "Motor is loud" in page
    stale = client.post(address, {**typed, "status": "retired"})
    assert (stale.status_code, "In repair" in text(stale)) == (409, True)


@pytest.mark.rule("R49")
def test_a_cleaning_is_recorded_and_shown(cast: Cast, enter: Enter) -> None:
    client = enter(cast.manager)
    address = reverse("setup-device-clean", args=[cast.device.pk])
    assert client.post(address, {"agent": " "}).status_code == 422
    page = text(client.post(address, {"agent": "Alcohol wipe"}, follow=True))
    assert "Alcohol wipe" in page
    assert cast.manager.name in page
    cleaning = DeviceCleaning.objects.get()
    assert (cleaning.clinic, cleaning.device) == (cast.clinic, cast.device)
    assert AuditEvent.objects.filter(action="device.clean", subject_code="D-1").count() == 1
    assert "9:00 AM" in text(client.get(reverse("setup-devices")))


@pytest.mark.rule("R49")
def test_who_treats_may_note_a_cleaning_and_a_retired_device_has_none(cast: Cast) -> None:
    clean_device(device=cast.device, agent="Wipe", by=cast.esthetician, at=NOW)
    operations.set_device_status(
        device=cast.device, status="retired", reason="Old", by=cast.manager, at=NOW
    )
    with pytest.raises(Refusal, match="is retired"):
        clean_device(device=cast.device, agent="Wipe", by=cast.esthetician, at=NOW)


def test_the_list_has_those_in_service_first_and_none_of_the_other_clinic(
    cast: Cast, enter: Enter
) -> None:
    operations.set_device_status(
        device=cast.device, status="retired", reason="Old", by=cast.manager, at=NOW
    )
    clean_device(
        device=cast.second_device,
        agent="Wipe",
        by=cast.manager,
        at=NOW - dt.timedelta(days=1),
    )
    factories.device(cast.other_clinic, cast.model, "Elsewhere")
    page = text(enter(cast.manager).get(reverse("setup-devices")))
    assert page.index("D-2") < page.index("D-1")
    assert "Elsewhere" not in page
    assert "Not yet" in page
