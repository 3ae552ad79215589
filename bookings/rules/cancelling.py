"""Who called a visit off, and whether that was late."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum


class CancelledAs(StrEnum):
    """Who called a visit off."""

    PATIENT = "patient"
    CLINIC = "clinic"


WORDS: dict[CancelledAs, str] = {
    CancelledAs.PATIENT: "The patient",
    CancelledAs.CLINIC: "The clinic",
}


def is_late(*, comes_at: dt.datetime, at: dt.datetime, cutoff_h: int) -> bool:
    """Whether a patient who calls off at `at` does so later than the clinic's cut-off.

    The cut-off is counted from when she was to come; a clinic without one (0) has no late ones
    before that.
    """
    return at > comes_at - dt.timedelta(hours=cutoff_h)


def say_late(cutoff_h: int) -> str:
    """What the desk should know before a late visit is called off."""
    if not cutoff_h:
        return "The patient should be here by now: called off by the patient, this counts as late."
    hours = "1 hour" if cutoff_h == 1 else f"{cutoff_h} hours"
    return (
        f"This is less than {hours} before the visit: called off by the patient, it counts as late."
    )


def say_cancelled(as_: str, *, late: bool) -> str:
    """How a visit was called off; "" where nobody wrote down by whom."""
    if as_ == CancelledAs.PATIENT:
        return "late, by the patient" if late else "by the patient"
    return "by the clinic" if as_ == CancelledAs.CLINIC else ""


def say_standing(*, late: int, missed: int) -> str:
    """How often a patient has called off late and not come; "" where she never has."""
    told = [
        f"{count} {one if count == 1 else more}"
        for count, one, more in (
            (missed, "no-show", "no-shows"),
            (late, "late cancellation", "late cancellations"),
        )
        if count
    ]
    return ", ".join(told)
