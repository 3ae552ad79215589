"""One name, one room, device, pen, product or service, whatever its case, and whoever is faster."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from bookings import operations
from bookings.models import Service
from clinic import operations as building
from clinic.migrations._names import told_apart
from clinic.models import Device, DeviceModel, Room
from clinic.refusals import Conflict
from clinic.rules import folded
from tests.cast import NOW, Cast
from tests.races import all_at_once

PEN: dict[str, Any] = {
    "clearance_no": "K123456",
    "radio_frequency": False,
    "depth_step": 25,
    "depth_max": 250,
    "label_max": 150,
}
FIELD = {"room": "name", "pen": "name", "service": "name", "code": "code", "serial": "serial"}
SERVICE = {"treatment_min": 45, "numbing_min": 0, "clean_down_min": 15}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Café", "CAFÉ", True),
        ("Café", "cafe\u0301", True),
        ("STRASSE", "straße", True),
        (" Blue  room ", "blue room", True),
        ("Room 2", "Room 2\N{ZERO WIDTH SPACE}", True),
        ("Room 2", "Ro\N{SOFT HYPHEN}om 2", True),
        ("Room 2", "\N{RIGHT-TO-LEFT MARK}Room \N{WORD JOINER}2", True),
        ("Café", "Cafe", False),
        ("Blue", "Blue 2", False),
    ],
)
def test_names_are_compared_whatever_their_case(one: str, other: str, same: bool) -> None:
    assert (folded(one) == folded(other)) is same


def test_two_names_never_make_the_key_of_two_others() -> None:
    assert folded("A", "B C") != folded("A B", "C")


@pytest.mark.parametrize(
    ("name", "taken", "found"),
    [
        ("Blue", [], "Blue"),
        ("BLUE", ["blue"], "BLUE (2)"),
        ("Blue", ["blue", "BLUE (2)"], "Blue (3)"),
        ("Blue room", ["blue room"], "Blue (2)"),
    ],
)
def test_a_second_of_one_name_gets_a_number(name: str, taken: list[str], found: str) -> None:
    assert told_apart(name, {folded(one) for one in taken}, 9) == found


def test_the_database_has_each_name_once(cast: Cast) -> None:
    """Past every operation, on either engine."""
    for name in ("Café", "Blue"):
        Room(clinic=cast.clinic, name=name).write()
    for name in ("CAFÉ", "blue"):
        with pytest.raises(IntegrityError), transaction.atomic():
            Room(clinic=cast.clinic, name=name).write()
        with pytest.raises(IntegrityError), transaction.atomic():
            Room.objects.bulk_create([Room(clinic=cast.clinic, name=name)])
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE clinic_room SET name_key = 'blue' WHERE name = %s AND clinic_id = %s",
            ["Café", cast.clinic.pk if connection.vendor == "postgresql" else cast.clinic.pk.hex],
        )


def test_a_new_name_has_its_key_also_where_only_the_name_is_written(cast: Cast) -> None:
    room = building.add_room(clinic=cast.clinic, name="Blue", by=cast.manager, at=NOW)
    building.rename_room(room=room, name="Café", by=cast.manager, at=NOW)
    assert Room.objects.get(pk=room.pk).name_key == folded("Café")


def taken(cast: Cast, what: str, name: str) -> Any:
    """Put something of that name on file."""
    acts: dict[str, Any] = {"clinic": cast.clinic, "by": cast.manager, "at": NOW}
    if what == "room":
        return building.add_room(name=name, **acts)
    if what == "pen":
        return building.add_device_model(maker="Zoé", name=name, **PEN, **acts)
    if what == "service":
        return operations.add_service(name=name, **SERVICE, **acts)
    named = {"code": name, "serial": uuid.uuid4().hex} if what == "code" else {}
    named = named or {"code": uuid.uuid4().hex[:8], "serial": name}
    return building.add_device(model=DeviceModel.objects.order_by("pk")[0], **named, **acts)


@pytest.mark.parametrize("what", ["room", "pen", "service", "code", "serial"])
def test_a_name_with_an_accent_is_taken_in_any_case(cast: Cast, what: str) -> None:
    taken(cast, what, "Café 1")
    with pytest.raises(Conflict) as no:
        taken(cast, what, "CAFÉ 1")
    assert (no.value.status, no.value.field) == (409, FIELD[what])


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("room", ("This clinic has a room of that name.", "Austin has a room called")),
        ("service", ("This clinic has a service of that name.", "Austin has a service called")),
    ],
)
def test_of_six_who_take_one_name_at_a_moment_one_gets_it(
    fresh_db: object, cast: Cast, what: str, says: tuple[str, str]
) -> None:
    names = ["Blue", "blue", "BLUE", "bLue", "blUe", "bluE"]
    press: list[Callable[[], Any]] = [functools.partial(taken, cast, what, one) for one in names]
    outcome = all_at_once(press)
    assert (len(outcome.won), len(outcome.refused), outcome.broken) == (1, 5, [])
    for no in outcome.refused:
        assert (no.status, no.field) == (409, "name")
        assert no.text.startswith(says)


@pytest.mark.timeout(300)
def test_two_of_one_name_from_before_are_told_apart_by_the_upgrade(
    fresh_db: object, cast: Cast
) -> None:
    tables: dict[str, tuple[str, Any, str]] = {
        "clinic": ("0008_second_factor_policy", Room, "clinic_room"),
        "bookings": ("0010_steps", Service, "bookings_service"),
    }
    for app, (before, _model, _table) in tables.items():
        call_command("migrate", app, before, verbosity=0)
    for _before, _model, table in tables.values():
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {table} ORDER BY id LIMIT 1")
            columns = [column[0] for column in cursor.description]
            row = dict(zip(columns, cursor.fetchone(), strict=True))
            for name in ("Blue", "blue"):
                row |= {"id": uuid.uuid4(), "name": name} | (
                    {"code": name} if "code" in row else {}
                )
                if connection.vendor == "sqlite":
                    row["id"] = row["id"].hex
                places = ", ".join(["%s"] * len(row))
                insert = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})"
                cursor.execute(insert, [*row.values()])
    call_command("migrate", verbosity=0)
    for _before, model, _table in tables.values():
        found = model.objects.filter(name__istartswith="blue").order_by("name_key")
        assert [one.name_key for one in found] == ["blue", "blue (2)"]
        assert [folded(one.name) for one in found] == ["blue", "blue (2)"]
    assert Device.objects.get(pk=cast.device.pk).code_key == folded(cast.device.code)
