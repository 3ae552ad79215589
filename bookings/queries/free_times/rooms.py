"""Which room a visit at a free time would most likely get."""

from __future__ import annotations

import datetime as dt

from bookings.queries.free_times.search import FreeSearch
from bookings.rules.free_times import supply
from clinic.models import Room


class RoomsFree:
    """By start, the first room that is free for the whole visit, in the order in which a booking
    without a room looks; one query."""

    def __init__(self, found: FreeSearch) -> None:
        need, self._window = found.asked.need, found.asked.window
        length = need.numbing_min + need.treatment_min + need.clean_down_min
        rooms = Room.objects.filter(clinic=found.asked.clinic, is_active=True).order_by("pk")
        if found.room is not None:
            rooms = rooms.filter(pk=found.room.pk)
        self._rooms = [
            (
                one,
                supply(
                    self._window,
                    [found.busy_with(one.pk)],
                    before_min=need.numbing_min,
                    length_min=length,
                ),
            )
            for one in rooms
        ]

    def at(self, starts_at: dt.datetime) -> Room | None:
        """The room of a visit whose needling starts then; None where none is free."""
        minute = self._window.floor(starts_at)
        return next((room for room, free in self._rooms if free >> minute & 1), None)
