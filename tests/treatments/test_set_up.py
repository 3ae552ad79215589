"""The set-up page: what is missing before the first booking."""

from __future__ import annotations

from typing import Any

from clinic.models import Device, License, Room
from clinic.permissions import Role
from tests import factories
from tests.cast import TODAY, Cast
from treatments.queries.set_up import set_up_of


def missing(clinic: Any) -> list[str]:
    return [step.label for step in set_up_of(clinic, on=TODAY).missing]


def test_a_new_clinic_lacks_everything_but_its_administrator(cast: Cast) -> None:
    clinic = factories.clinic(name="New", code="new")
    factories.user("Nia Lund", {clinic: [Role.ADMINISTRATOR]})
    assert missing(clinic) == [
        "Address and phone",
        "Rooms",
        "Devices",
        "Services",
        "Who treats",
        "Licenses",
        "Working hours",
        "Who books",
    ]


def test_what_goes_out_of_use_or_lapses_is_missing_again(cast: Cast) -> None:
    cast.clinic.address = "12 Congress Ave"
    cast.clinic.write()
    assert missing(cast.clinic) == []
    for room in Room.objects.filter(clinic=cast.clinic):
        room.is_active = False
        room.write()
    for device in Device.objects.filter(clinic=cast.clinic):
        device.status = Device.Status.REPAIR
        device.write()
    for license in License.objects.filter(practitioner__clinics=cast.clinic):
        license.status = License.Status.LAPSED
        license.write()
    assert missing(cast.clinic) == ["Rooms", "Devices", "Licenses", "Working hours"]


def test_each_line_leads_to_its_page(cast: Cast, enter: Any) -> None:
    page = enter(cast.manager).get("/setup/").content.decode()
    assert 'href="/setup/rooms/"' in page
    assert 'href="/setup/clinic/"' in page
    assert "1 thing missing before the first booking." in page


def test_a_clinic_that_is_ready_offers_to_book(cast: Cast, enter: Any) -> None:
    cast.clinic.address = "12 Congress Ave"
    cast.clinic.write()
    page = enter(cast.manager).get("/setup/").content.decode()
    assert "Visits can be booked." in page
    assert 'href="/appointments/new/"' in page
