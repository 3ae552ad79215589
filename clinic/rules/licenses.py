"""Whether a license covers a day, and how it stands."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from clinic.rules.days import say_date

ACTIVE = "active"
# What speaks against a license: the number of the rule, and the sentence.
Against = tuple[str, str]


class LicenseFacts(Protocol):
    """What the license rule reads of a license. Dates are clinic-local and inclusive.

    `status_words` says the status within a sentence, as in "The license is on probation."
    """

    kind: Any
    state: Any
    status: Any
    issued_on: Any
    expires_on: Any

    @property
    def status_words(self) -> str: ...


@dataclass(frozen=True)
class LicenseVerdict:
    """Whether a practitioner is covered on a date; `license` is the one that covers.

    Where it says no, `rule` and `reason` are of one license, the one that runs longest.
    """

    allowed: bool
    license: Any = None
    reason: str = ""
    way_out: str = ""
    rule: str = "R17"


def covers(
    licenses: Iterable[LicenseFacts],
    *,
    name: str,
    state: str,
    on: dt.date,
    scope: ScopeCheck | None = None,
) -> LicenseVerdict:
    """Whether one of the licenses lets `name` treat in `state` on the clinic-local date `on`.

    R17: ACTIVE and issued_on <= on <= expires_on. R25: the printed day counts. R28: one
    license is named, never a mix. `scope` is the seam for depth, supervision and the age of
    the verification (R18–R22, R24, R27): given a license, it answers None or rule and reason.
    """
    held = sorted(licenses, key=lambda one: one.expires_on, reverse=True)
    if not held:
        return LicenseVerdict(False, reason=f"{name} has no license on file.")
    here = [one for one in held if one.state == state]
    if not here:
        states = ", ".join(sorted({one.state for one in held}))
        return LicenseVerdict(
            False,
            reason=f"{name} is licensed in {states}, not in {state}.",
            way_out=f"Choose someone licensed in {state}.",
            rule="R18",
        )
    against: list[Against] = []
    for one in here:
        found = _why_not(one, name=name, on=on) or (scope and scope(one))
        if not found:
            return LicenseVerdict(True, license=one)
        against.append(found)
    rule, reason = against[0]
    return LicenseVerdict(
        False, reason=reason, way_out="Choose another day or another practitioner.", rule=rule
    )


class ScopeCheck(Protocol):
    """The seam for scope: given a license, None when it covers the act, else why not."""

    def __call__(self, license: LicenseFacts, /) -> Against | None: ...


def _why_not(one: LicenseFacts, *, name: str, on: dt.date) -> Against | None:
    whose = f"The {one.state} license of {name}"
    if one.status != ACTIVE:
        return "R17", f"{whose} is {one.status_words}."
    if on < one.issued_on:
        return "R17", f"{whose} begins on {say_date(one.issued_on)}."
    if on > one.expires_on:
        return "R25", f"{whose} expires on {say_date(one.expires_on)}."
    return None


def expiry_state(*, expires_on: dt.date, status: str, today: dt.date) -> str:
    """How a license stands today: a status other than active, or expired, expiring, active.

    "expiring" begins 60 days before the last day.
    """
    if status != ACTIVE:
        return status
    if today > expires_on:
        return "expired"
    return "expiring" if (expires_on - today).days <= 60 else "active"


def normalize_license_number(number: str) -> str:
    """A license number as registers compare it: upper case, no spaces or dashes."""
    return re.sub(r"[\s\-]", "", number).upper()
