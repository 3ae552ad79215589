"""What the desk sends when it plans a course of visits, or moves the rest of one."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from functools import partial
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from bookings.forms.when import TypedTimeField, read_choice
from bookings.operations import CourseVisit
from bookings.queries import services_of
from bookings.rules.course import LONGEST_INTERVAL_DAYS, MOST_VISITS, USUAL_VISITS, WEEKDAYS, Rhythm
from clinic.forms import HouseForm, RowField, day_field
from clinic.queries.licenses import practitioners_of

NUMBERS = range(1, MOST_VISITS + 1)
CHANGED = "What is planned has changed since. Look at the visits again, then book them."
PLAN = ("planned", "interval_days", "weekday", "date", "time", "service", "practitioner")


class VisitsForm(HouseForm):
    """Which time is chosen for each visit: `visit_1` and so on, each a `choice_key`, or empty for
    a visit that is left out. `shown` says for what the times were shown.

    `looks`: nothing is booked yet, the visits are asked for.
    """

    shown = forms.CharField(required=False, max_length=300, widget=forms.HiddenInput)
    added = frozenset(f"visit_{number}" for number in NUMBERS)

    def __init__(self, *args: Any, looks: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.looks = looks
        self.visits: list[CourseVisit] = []
        for number in NUMBERS:
            self.fields[f"visit_{number}"] = forms.CharField(required=False, max_length=80)

    @property
    def asked(self) -> str:
        """What the times are shown for, as far as it can be read."""
        return ""

    @property
    def picked(self) -> dict[int, str]:
        """What was chosen of the times shown, by number; nothing where they were for another
        plan."""
        if not self.is_bound or self.data.get("shown") != self.asked:
            return {}
        names = {number: f"visit_{number}" for number in NUMBERS}
        return {no: str(self.data[name]) for no, name in names.items() if name in self.data}

    def show_for(self) -> str:
        """Remember in the page for what its times are shown."""
        if self.is_bound:
            self.data = self.data.copy()  # type: ignore[attr-defined]
            self.data["shown"] = self.asked  # type: ignore[index]
        else:
            self.initial["shown"] = self.asked
        return self.asked

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if self.looks or self.errors:
            return values
        if self.data.get("shown") != self.asked:
            self.add_error(None, CHANGED)
            return values
        people = {str(one.pk): one for one in practitioners_of(self.clinic)}
        for number in NUMBERS:
            if not (key := values.get(f"visit_{number}")):
                continue
            read = read_choice(key)
            if read is None or (read[0] and read[0] not in people):
                self.add_error(f"visit_{number}", "Choose one of the times on the page.")
                continue
            self.visits.append(CourseVisit(number, read[1], people.get(read[0])))
        if not self.visits and not self.errors:
            self.add_error(None, "Choose a time for at least one visit.")
        return values


class CourseForm(VisitsForm):
    """What a course is planned by: how many visits, how far apart, when and with whom."""

    chosen = forms.UUIDField(widget=forms.HiddenInput)
    service = RowField(
        queryset=None,
        empty_label="Choose a service",
        error_messages={
            "required": "Choose a service.",
            "invalid_choice": "Choose one of this clinic's services.",
        },
    )
    planned = forms.IntegerField(
        label="Visits",
        initial=USUAL_VISITS,
        min_value=1,
        max_value=MOST_VISITS,
        error_messages=dict.fromkeys(
            ("required", "invalid", "min_value", "max_value"),
            f"A course has 1 to {MOST_VISITS} visits.",
        ),
    )
    interval_days = forms.IntegerField(label="Days between visits")
    weekday = forms.TypedChoiceField(
        label="Weekday",
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", "Any"), *((str(no), name) for no, name in enumerate(WEEKDAYS))],
    )
    date = day_field(label="First visit, from")
    time = TypedTimeField(
        label="Time",
        widget=forms.TextInput(attrs={"placeholder": "9:30"}),
        error_messages=dict.fromkeys(("required", "invalid"), "Enter a time, for example 9:30."),
    )
    practitioner = RowField(
        queryset=None,
        required=False,
        empty_label="Any",
        error_messages={"invalid_choice": "Choose someone who works in this clinic."},
    )
    note = forms.CharField(
        label="Note", required=False, max_length=200, help_text="It stands on each visit."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["service"].queryset = partial(services_of, self.clinic)  # type: ignore[attr-defined]
        self.fields["practitioner"].queryset = partial(practitioners_of, self.clinic)  # type: ignore[attr-defined]
        least = self.clinic.interval_days
        interval = self.fields["interval_days"]
        interval.initial = least
        interval.help_text = f"At least {least}: so long the clinic lets skin rest."
        says = f"Use {least} to {LONGEST_INTERVAL_DAYS} days."
        interval.error_messages |= {"required": says, "invalid": says}
        interval.widget.attrs |= {"min": least, "max": LONGEST_INTERVAL_DAYS}
        self.least = least
        self.rest_says = says

    def clean_interval_days(self) -> int:
        days: int = self.cleaned_data["interval_days"]
        if not self.least <= days <= LONGEST_INTERVAL_DAYS:
            raise ValidationError(self.rest_says)
        return days

    @property
    def plan(self) -> dict[str, Any] | None:
        """What the course is planned by; None where some of it cannot be read."""
        found: dict[str, Any] = {}
        for name in PLAN:
            try:
                found[name] = self.fields[name].clean(self[name].value())
            except ValidationError:
                return None
        if not self.least <= found["interval_days"] <= LONGEST_INTERVAL_DAYS:
            return None
        return found

    @property
    def asked(self) -> str:
        plan = self.plan
        if plan is None:
            return ""
        return " ".join(str(getattr(value, "pk", value)) for value in plan.values())

    @property
    def rhythm(self) -> Rhythm | None:
        """How the visits follow each other, where that can be read."""
        return rhythm_of(self.plan) if self.plan else None

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if "chosen" in self.errors:
            del self.errors["chosen"]
            self.add_error(None, "Open this page from the patient's card.")
        return values


def rhythm_of(plan: dict[str, Any]) -> Rhythm:
    """How the visits of a plan follow each other."""
    time: dt.time = plan["time"]
    return Rhythm(plan["interval_days"], plan["weekday"], time.hour * 60 + time.minute)


class RestForm(VisitsForm):
    """Times for the visits of a course for which none stands."""

    version = forms.IntegerField(
        required=False, widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1
    )

    @property
    def asked(self) -> str:
        return "rest"


class ReflowForm(VisitsForm):
    """By how many days the visits after one move along, and when each of them is then.

    `versions` are those of the visits that stand, by number; the page carries them along.
    """

    stood = forms.CharField(required=False, max_length=120, widget=forms.HiddenInput)

    after = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=MOST_VISITS)
    days = forms.IntegerField(
        label="Days",
        min_value=-LONGEST_INTERVAL_DAYS,
        max_value=LONGEST_INTERVAL_DAYS,
        help_text="Later, or with a minus sooner.",
        error_messages=dict.fromkeys(
            ("required", "invalid", "min_value", "max_value"),
            f"Enter a number of days, at most {LONGEST_INTERVAL_DAYS}.",
        ),
    )

    def __init__(self, *args: Any, versions: Mapping[int, int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.versions = versions

    @property
    def plan(self) -> tuple[int, int] | None:
        """After which number, and by how many days; None where that cannot be read."""
        try:
            after, days = (
                self.fields[name].clean(self[name].value()) for name in ("after", "days")
            )
        except ValidationError:
            return None
        return after, days

    @property
    def asked(self) -> str:
        return " ".join(map(str, self.plan)) if self.plan else ""

    def show_for(self) -> str:
        """Also remember from which versions of the visits they are."""
        stood = " ".join(f"{no}.{version}" for no, version in sorted(self.versions.items()))
        shown = super().show_for()
        (self.data if self.is_bound else self.initial)["stood"] = stood  # type: ignore[index]
        return shown

    @property
    def seen(self) -> dict[int, int]:
        """The versions that the page was made from, by number of the visit."""
        found = re.findall(r"\b(\d{1,2})\.(\d{1,9})\b", self.cleaned_data.get("stood", ""))
        return {int(number): int(version) for number, version in found}


class EndForm(HouseForm):
    """Why a course is ended."""

    reason = forms.CharField(
        label="Reason", max_length=200, error_messages={"required": "Say why the course is ended."}
    )
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)
