"""The rooms of the clinic at work."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from bookings import queries
from clinic import operations
from clinic.forms.places import AddRoomForm, RenameRoomForm
from clinic.forms.set_up import UseForm
from clinic.models import Room
from clinic.permissions import Permission
from clinic.queries.places import rooms_of
from clinic.views.doors import acting
from clinic.views.set_up import Line, SetUpChange, SetUpForm, SetUpList, SetUpUse


class Rooms(SetUpList):
    """All rooms, those in use first."""

    title = "Rooms"
    lead = "Where patients are treated, one at a time in each."
    columns = ("Room", "Standing")
    add = "setup-room-add"
    add_label = "Add a room"
    empty = "A visit needs a room: without one nothing can be booked."

    def lines(self) -> Sequence[Line]:
        return [
            Line(
                one.name,
                reverse("setup-room", args=[one.pk]),
                status="active" if one.is_active else "inactive",
                label="In use" if one.is_active else "Out of use",
            )
            for one in rooms_of(self.request.user, self.request.clinic)
        ]


class AddRoom(SetUpForm):
    """One room more."""

    title = "Add a room"
    verb = "Add the room"
    after = "setup-rooms"
    after_label = "Rooms"
    form_class = AddRoomForm

    def perform(self, form: AddRoomForm) -> Room:
        return operations.add_room(
            clinic=self.request.clinic, **form.values, **acting(self.request), once=form.key
        )

    def said(self, result: Room) -> str:
        return f"{result} can be booked now."


class _OneRoom:
    after = "setup-rooms"
    after_label = "Rooms"

    def rows(self) -> QuerySet[Room]:
        request = self.request  # type: ignore[attr-defined]  # a view is mixed in
        return rooms_of(request.user, request.clinic)


class ChangeRoom(_OneRoom, SetUpChange):
    """Another name, or out of use."""

    title = "Room"
    form_class = RenameRoomForm
    use = "setup-room-use"

    def perform(self, form: RenameRoomForm) -> Room:
        return operations.rename_room(
            room=self.row, **form.values, **acting(self.request), once=form.key
        )


class UseRoom(_OneRoom, SetUpUse):
    """Out of use, or back."""

    page = "setup-room"
    what = "room"

    def touched(self) -> Sequence[queries.Touched]:
        named = self.request.user.can(Permission.SEE_DAY, self.request.clinic.pk)
        return queries.say_visits_ahead("room", self.row, at=timezone.now(), named=named)

    def perform(self, form: UseForm) -> Room:
        return operations.set_room_use(
            room=self.row, **form.values, **acting(self.request), once=form.key
        )
