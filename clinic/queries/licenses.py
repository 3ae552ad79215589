"""Licenses as the pages show them: who may treat, until when, what needs attention first."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch, QuerySet

from clinic.models import Clinic, License, Practitioner, User
from clinic.models.licenses import LicenseQuerySet
from clinic.models.people import PractitionerQuerySet
from clinic.permissions import Permission
from clinic.prepared import prepared
from clinic.rules import covers, expiry_state

# What stands first in the list: the sooner a clinic must act, the higher.
URGENCY = ("none", "elsewhere", "stopped", "expired", "expiring", "active")


@dataclass(frozen=True)
class Standing:
    """One line of the list: a practitioner with one license, or with none.

    `status` picks the badge's color, `label` its words; `urgency` is one of URGENCY.
    """

    practitioner: Practitioner
    license: License | None
    urgency: str
    status: str
    label: str
    note: str = ""

    @property
    def needs_attention(self) -> bool:
        """Whether someone should look at this line."""
        return self.urgency != "active"

    @property
    def blocks(self) -> bool:
        """Whether, by this line, nobody can be treated."""
        return self.urgency not in {"active", "expiring"}


@dataclass(frozen=True)
class Board:
    """All lines of a clinic, most urgent first, and how many people may treat today."""

    lines: list[Standing]
    people: int
    covered: int

    @property
    def urgent(self) -> list[Standing]:
        """The lines that need attention."""
        return [line for line in self.lines if line.needs_attention]


def practitioners_of(clinic: Clinic) -> list[Practitioner]:
    """The active practitioners of a clinic, in name order."""
    return _working_in(clinic=clinic.pk)


@prepared
def _working_in(*, clinic: Any) -> PractitionerQuerySet:
    return Practitioner.objects.working_in(clinic)


@dataclass(slots=True)
class Held:
    """A license that someone holds, as the rule reads it (see `LicenseFacts`)."""

    kind: str
    state: str
    status: str
    issued_on: dt.date
    expires_on: dt.date

    @property
    def status_words(self) -> str:
        """The status within a sentence."""
        return License.Status(self.status).label.lower()


def with_licenses(people: Sequence[Practitioner]) -> dict[Practitioner, list[Held]]:
    """These people, in their order, each with the licenses she holds; one query."""
    held: dict[uuid.UUID, list[Held]] = defaultdict(list)
    for key, *said in _held_by(people=[who.pk for who in people]):
        held[key].append(Held(*said))
    return {who: held[who.pk] for who in people}


@prepared
def _held_by(*, people: Any) -> QuerySet[Any, Any]:
    theirs: QuerySet[Any, Any] = License.objects.filter(practitioner__in=people)
    return theirs.values_list("practitioner", "kind", "state", "status", "issued_on", "expires_on")


def licenses_seen_by(user: User, clinic: Clinic) -> LicenseQuerySet:
    """The licenses of people of this clinic, where the user may see licenses."""
    return (
        License.objects.seen_by(user, Permission.SEE_LICENSES)
        .filter(practitioner__in=Practitioner.objects.filter(clinics=clinic))
        .select_related("practitioner", "created_by")
        .distinct()
    )


def license_board(clinic: Clinic, *, today: dt.date) -> Board:
    """Who may treat in the clinic on that clinic-local day; two queries, however many people."""
    held = Prefetch("licenses", queryset=License.objects.order_by("expires_on", "pk"))
    people = list(Practitioner.objects.working_in(clinic).prefetch_related(held))
    lines, covered = [], 0
    for one in people:
        licenses = list(one.licenses.all())
        covered += covers(licenses, name=one.name, state=clinic.state, on=today).allowed
        lines += _lines_of(one, licenses, clinic.state, today)
    lines.sort(key=_order)
    return Board(lines, len(people), covered)


def standing_of(license: License, *, state: str, today: dt.date) -> Standing:
    """How one license stands for a clinic of that state on that day."""
    status = expiry_state(expires_on=license.expires_on, status=license.status, today=today)
    days = (license.expires_on - today).days
    urgency = status
    if license.status != License.Status.ACTIVE:
        urgency, label = "stopped", license.get_status_display()
    elif status == "expired":
        label = f"Expired {_days(-days)} ago"
    elif status == "expiring":
        label = "Expires today" if days == 0 else f"Expires in {_days(days)}"
    else:
        label = "Active"
    note = "" if license.state == state else f"Counts in {license.state}, not here"
    return Standing(license.practitioner, license, urgency, str(status), label, note)


def _lines_of(
    one: Practitioner, licenses: Iterable[License], state: str, today: dt.date
) -> list[Standing]:
    lines = [standing_of(license, state=state, today=today) for license in licenses]
    if not lines:
        return [Standing(one, None, "none", "expired", "No license on file")]
    if all(line.license and line.license.state != state for line in lines):
        lines.append(Standing(one, None, "elsewhere", "expired", f"No {state} license"))
    return lines


def _order(line: Standing) -> tuple[int, dt.date, str, str, bool, str]:
    license = line.license
    until = license.expires_on if license else dt.date.min
    name, key = line.practitioner.name, str(line.practitioner.pk)
    return URGENCY.index(line.urgency), until, name, key, bool(line.note), str(license or "")


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"
