"""The rooms of a clinic."""

from __future__ import annotations

import datetime as dt

from clinic import audit
from clinic.acts import act
from clinic.models import Clinic, Room, User
from clinic.permissions import Permission
from clinic.refusals import Conflict, Refusal
from clinic.rules import folded, squeezed


@act("room.add", may=Permission.SET_UP_CLINIC, on="clinic")
def add_room(*, clinic: Clinic, name: str, by: User, at: dt.datetime) -> Room:
    """Add a room in which one patient at a time is treated.

    Refuses an empty name and one that another room of the clinic has, whatever its case (409).
    """
    room = Room(clinic=clinic, name=_free_name(name, clinic))
    room.write()
    audit.record("room.add", by=by, at=at, clinic_id=clinic.pk, on=room, detail={"name": room.name})
    return room


@act("room.rename", may=Permission.SET_UP_CLINIC, on="room")
def rename_room(
    *, room: Room, name: str, version: int | None = None, by: User, at: dt.datetime
) -> Room:
    """Give a room another name; what was recorded in it shows the new one.

    Refuses a stale version (P12, 409), an empty name and one that is taken (409).
    """
    held: Room = Room.objects.held().select_related("clinic").get(pk=room.pk)
    held.expect(version)
    before, held.name = held.name, _free_name(name, held.clinic, but=held)
    held.write(only=["name"])
    audit.record(
        "room.rename",
        by=by,
        at=at,
        clinic_id=held.clinic_id,
        on=held,
        detail={"from": before, "to": held.name},
    )
    return held


@act("room.set_use", may=Permission.SET_UP_CLINIC, on="room")
def set_room_use(
    *, room: Room, in_use: bool, version: int | None = None, by: User, at: dt.datetime
) -> Room:
    """Take a room out of use or bring it back; what is booked in it stays booked.

    Refuses a stale version (P12, 409) and a change to what it is already.
    """
    held: Room = Room.objects.held().get(pk=room.pk)
    held.expect(version)
    if held.is_active == in_use:
        stands = "in use" if in_use else "out of use"
        raise Refusal(f"{held.name} is {stands} already.", rule="input")
    held.is_active = in_use
    held.write(only=["is_active"])
    audit.record(
        "room.set_use",
        by=by,
        at=at,
        clinic_id=held.clinic_id,
        on=held,
        detail={"name": held.name, "in_use": in_use},
    )
    return held


def _free_name(name: str, clinic: Clinic, *, but: Room | None = None) -> str:
    name = squeezed(name)
    if not name:
        raise Refusal("Give the room a name.", rule="input", field="name")
    others = Room.objects.filter(clinic=clinic, name_key=folded(name))
    if but is not None:
        others = others.exclude(pk=but.pk)
    if others.exists():
        raise Conflict(
            f"{clinic.name} has a room called {name} already.",
            rule="input",
            field="name",
            way_out="Give this one another name.",
        )
    return name
