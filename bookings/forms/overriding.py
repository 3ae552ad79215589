"""The reason for which a rule is passed over, asked of those alone who may."""

from __future__ import annotations

from typing import Any

from django import forms

from bookings.rules.interval import Leave
from clinic.permissions import Permission


def may_override(user: Any, clinic: Any) -> bool:
    """Whether someone may pass over a rule of the clinic at work, with a reason."""
    return bool(user is not None and clinic and user.can(Permission.OVERRIDE, clinic.pk))


def leave_of(user: Any, clinic: Any, reason: Any) -> Leave:
    """Whether who books passes over the interval: the one who may, with a reason written."""
    if not may_override(user, clinic):
        return Leave.NONE
    return Leave.GIVEN if str(reason or "").strip() else Leave.MAY


def leave_in(form: Any) -> Leave:
    """The same as a form of a new appointment stands. What a page asks meanwhile says only that
    there is a reason ("sooner"): the reason itself never goes into an address."""
    if "override_reason" not in form.fields:
        return Leave.NONE
    reason = form.glimpse("override_reason") or form.initial.get("sooner")
    return leave_of(form.user, form.clinic, reason)


def override_field() -> forms.CharField:
    """Why a visit comes sooner than the interval."""
    return forms.CharField(
        label="Reason to book it sooner",
        required=False,
        max_length=200,
        help_text="Only where the visit comes sooner than the interval; it is on the weekly list.",
    )
