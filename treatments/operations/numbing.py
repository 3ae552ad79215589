"""Numbing cream on, numbing cream off, or none and why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from bookings import operations as desk
from clinic.acts import act
from clinic.models import User
from clinic.permissions import Permission
from clinic.refusals import Refusal
from clinic.rules import say_date, say_time
from treatments.models import NumbingApplication, NumbingProduct, Treatment
from treatments.operations.ground import held_chart, must_be, note
from treatments.rules.areas import AREAS
from treatments.rules.charting import in_future
from treatments.rules.status import Status


@act("numbing.apply", may=Permission.TREAT, on="treatment")
def apply_numbing(
    *,
    treatment: Treatment,
    product: NumbingProduct,
    lot: str,
    expires_on: dt.date,
    amount: int,
    areas: Sequence[str],
    applied_at: dt.datetime,
    by: User,
    at: dt.datetime,
) -> NumbingApplication:
    """Note cream put on at `applied_at` (UTC); `amount` is tenths of a gram.

    A time typed later than it happened is kept as a late entry. Refuses: a product not in
    use (R43), no lot, an expired tube (R43, judged on the clinic-local date of application),
    amounts outside 0.1–60.0 g (R41), no or unknown areas, a time in the future or before the
    patient arrived (R46), and cream after "none" was recorded (R39).
    """
    chart = held_chart(treatment, by=by)
    must_be(chart, Status.OPEN, Status.NUMBING)
    if not product.is_active:
        raise Refusal(f"{product.name} is not in use here.", rule="R43", field="product")
    if not lot.strip():
        raise Refusal("Enter the lot printed on the tube.", rule="R43", field="lot")
    _check_time(chart, applied_at, at, "applied_at")
    day = chart.clinic.day_of(applied_at)
    if expires_on < day:
        raise Refusal(
            f"This tube expired on {say_date(expires_on)}.",
            rule="R43",
            field="expires_on",
            way_out="Use another tube.",
        )
    if not 1 <= amount <= 600:
        raise Refusal("Use between 0.1 and 60 grams.", rule="R41", field="amount")
    if not areas or set(areas) - set(dict(AREAS)):
        raise Refusal("Choose where the cream went.", rule="R41", field="areas")
    if chart.numbing.filter(product__isnull=True).exists():
        raise Refusal("This chart says there was no numbing.", rule="R39", field="product")
    application = NumbingApplication(
        clinic_id=chart.clinic_id,
        treatment=chart,
        product=product,
        lot=lot.strip(),
        expires_on=expires_on,
        amount=amount,
        areas=",".join(areas),
        applied_at=applied_at,
        applied_by=by,
        created_at=at,
        created_by=by,
    )
    application.write()
    chart.status = str(Status.NUMBING)
    chart.write()
    desk.note_numbing_on(
        appointment=chart.appointment,
        on_at=applied_at,
        due_at=applied_at + dt.timedelta(minutes=product.min_dwell),
        by=by,
        at=at,
    )
    note("numbing.apply", chart, by, at, late=application.late_entry)
    return application


@act("numbing.remove", may=Permission.TREAT, on="treatment")
def remove_numbing(
    *, treatment: Treatment, removed_at: dt.datetime, by: User, at: dt.datetime
) -> Treatment:
    """Note that all cream came off at `removed_at` (UTC); a late entry is kept as such.

    Refuses when none is on (R40), a time not after it went on (R40), or in the future (R46).
    """
    chart = held_chart(treatment, by=by)
    must_be(chart, Status.NUMBING)
    on = list(
        NumbingApplication.objects.held()
        .select_related("product")
        .filter(treatment=chart, product__isnull=False, removed_at__isnull=True)
    )
    if not on:
        raise Refusal("No cream is on.", rule="R40", way_out="Reload the page.")
    if in_future(removed_at, at):
        raise Refusal("This time is in the future.", rule="R46", field="removed_at")
    last_on = max(one.applied_at for one in on if one.applied_at)
    if removed_at <= last_on:
        raise Refusal(
            f"The cream must come off after {say_time(chart.clinic.local(last_on))}.",
            rule="R40",
            field="removed_at",
        )
    for one in on:
        one.removed_at, one.removed_by, one.removed_entered_at = removed_at, by, at
        one.write()
    desk.note_numbing_off(appointment=chart.appointment, off_at=removed_at, by=by, at=at)
    note("numbing.remove", chart, by, at, late=any(one.late_entry for one in on))
    return chart


@act("numbing.decline", may=Permission.TREAT, on="treatment")
def decline_numbing(
    *, treatment: Treatment, reason: str, by: User, at: dt.datetime
) -> NumbingApplication:
    """Note that there is no numbing, and why (R39). Refuses when cream was recorded."""
    chart = held_chart(treatment, by=by)
    must_be(chart, Status.OPEN, Status.NUMBING)
    if not reason.strip():
        raise Refusal("Say why there is no numbing.", rule="R39", field="reason")
    if chart.numbing.exists():
        raise Refusal("Numbing is recorded already.", rule="R39", way_out="Reload the page.")
    none = NumbingApplication(
        clinic_id=chart.clinic_id,
        treatment=chart,
        none_reason=reason.strip(),
        created_at=at,
        created_by=by,
    )
    none.write()
    note("numbing.decline", chart, by, at)
    return none


def _check_time(chart: Treatment, moment: dt.datetime, at: dt.datetime, field: str) -> None:
    if in_future(moment, at):
        raise Refusal("This time is in the future.", rule="R46", field=field)
    arrived = chart.appointment.arrived_at
    if arrived and moment < arrived:
        local = chart.clinic.local(arrived)
        raise Refusal(
            f"The patient arrived at {say_time(local)}, after this time.",
            rule="R46",
            field=field,
        )
