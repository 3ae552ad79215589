"""A period of clinic-local days, both ends inclusive, as it stands in an address."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.http import QueryDict

from clinic.forms.house import day_field


class PeriodForm(forms.Form):
    """`from` and `to`; without them, the month so far."""

    LONGEST_DAYS = 366 * 12

    def __init__(self, given: QueryDict, *, today: dt.date) -> None:
        # What is left out is filled in, so that the fields show the days that are shown.
        asked = given.dict()
        asked["to"] = asked.get("to") or today.isoformat()
        asked["from"] = asked.get("from") or f"{asked['to'][:8]}01"
        super().__init__(asked)
        self.today = today
        self.fields["from"] = day_field(label="From")
        self.fields["to"] = day_field(label="To")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if self.errors:
            return given
        first, last = given["from"], given["to"]
        for name, day in (("from", first), ("to", last)):
            if day > self.today:
                self.add_error(name, "Choose today or a day before it.")
        if self.errors:
            return given
        if first > last:
            self.add_error("to", "The period ends before it begins.")
        elif (last - first).days > self.LONGEST_DAYS:
            self.add_error("from", "Choose at most twelve years.")
        return given


def quick_periods(today: dt.date) -> list[tuple[str, dt.date, dt.date]]:
    """The periods people ask for most: label, first and last day."""
    first = today.replace(day=1)
    before = first - dt.timedelta(days=1)
    return [
        ("This month", first, today),
        ("Last month", before.replace(day=1), before),
        ("90 days", today - dt.timedelta(days=89), today),
        ("This year", today.replace(month=1, day=1), today),
    ]
