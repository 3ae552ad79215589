"""The set-up page: what is missing before the first booking."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from bookings.operations import set_opening_hours
from clinic import backups
from clinic.models import Clinic, Device, License, Room
from clinic.permissions import Role
from tests import factories
from tests.cast import NOW, TODAY, Cast
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


def test_opening_hours_are_asked_for_until_someone_has_said_them(cast: Cast, enter: Any) -> None:
    def line() -> Any:
        steps = set_up_of(Clinic.objects.get(pk=cast.clinic.pk), on=TODAY).steps
        return next(one for one in steps if one.label == "Opening hours")

    assert (line().done, line().page) == (False, "setup-hours")
    assert line().says == "Mon–Sun 9:00 AM–6:00 PM. Are they yours?"
    assert ">Check<" in enter(cast.manager).get("/setup/").content.decode()
    week = [[(540, 1080)]] * 7
    set_opening_hours(clinic=cast.clinic, week=week, by=cast.manager, at=NOW)
    assert (line().done, line().says) == (True, "Mon–Sun 9:00 AM–6:00 PM")


def test_hours_of_whoever_has_no_license_yet_are_counted_as_such(cast: Cast) -> None:
    for license in License.objects.filter(practitioner__clinics=cast.clinic):
        license.status = License.Status.LAPSED
        license.write()
    steps = set_up_of(cast.clinic, on=TODAY).steps
    (hours,) = [one for one in steps if one.label == "Working hours"]
    assert hours.says.endswith(" with hours, none of them licensed today")
    assert not hours.done


def test_the_guide_is_a_press_away(cast: Cast, enter: Any) -> None:
    page = enter(cast.manager).get("/setup/").content.decode()
    assert page.count('href="/guide/"') == 2


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


@pytest.mark.rule("P29")
def test_who_keeps_the_users_sees_how_old_the_last_proven_backup_is(
    cast: Cast, enter: Any, clock: Any, settings: Any, tmp_path: Path
) -> None:
    settings.VAR_DIR = tmp_path
    page = enter(cast.administrator).get("/setup/").content.decode()
    assert "No backup has been proven yet." in page
    made = {"made_at": (NOW - dt.timedelta(hours=5)).isoformat()}
    backups.note_proven(tmp_path / "a.backup", made, at=NOW)
    older = {"made_at": (NOW - dt.timedelta(days=5)).isoformat()}
    backups.note_proven(tmp_path / "b.backup", older, at=NOW)
    page = enter(cast.administrator).get("/setup/").content.decode()
    assert ">5\xa0hours ago</time>." in page
    assert "Backups" not in enter(cast.manager).get("/setup/").content.decode()
    (tmp_path / "proven-backup.json").write_text("spoiled")
    assert backups.last_proven() is None
