"""Numbing cream on, numbing cream off, or none and why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from bookings import operations as desk
from clinic.acts import act
from clinic.models import Clinic, User
from clinic.permissions import Permission
from clinic.refusals import Refusal, refuse_all
from clinic.rules import say_date, say_time
from treatments.models import NumbingApplication, NumbingProduct, Treatment
from treatments.operations.ground import held_chart, must_be, note
from treatments.queries.skin_products import may_prescribe
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
    use, or one whose prescriber may not prescribe in this clinic's state that day (R43), no
    lot, an expired tube (R43; both judged on the clinic-local date of application), amounts
    outside 0.1–60.0 g (R41), no or unknown areas, a time in the future or before the patient
    arrived (R46), and cream after "none" was recorded (R39). All faults are told at once.
    """
    chart = held_chart(treatment, by=by)
    must_be(chart, Status.OPEN, Status.NUMBING)
    product = NumbingProduct.objects.select_related("prescriber").get(pk=product.pk)
    untimely = _untimely(chart, applied_at, at)
    day = chart.clinic.day_of(at if untimely else applied_at)
    faults = []
    if not product.is_active:
        faults.append(Refusal(f"{product.name} is not in use here.", rule="R43", field="product"))
    elif fault := _unprescribed(product, chart.clinic, day):
        faults.append(fault)
    if chart.numbing.filter(product__isnull=True).exists():
        faults.append(Refusal("This chart says there was no numbing.", rule="R39", field="product"))
    if not lot.strip():
        faults.append(Refusal("Enter the lot printed on the tube.", rule="R43", field="lot"))
    if expires_on < day:
        faults.append(
            Refusal(
                f"This tube expired on {say_date(expires_on)}.",
                rule="R43",
                field="expires_on",
                way_out="Use another tube.",
            )
        )
    if not 1 <= amount <= 600:
        faults.append(Refusal("Use between 0.1 and 60 grams.", rule="R41", field="amount"))
    if untimely:
        faults.append(untimely)
    if not areas or set(areas) - set(dict(AREAS)):
        faults.append(Refusal("Choose where the cream went.", rule="R41", field="areas"))
    refuse_all(faults)
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


def _unprescribed(product: NumbingProduct, clinic: Clinic, day: dt.date) -> Refusal | None:
    """Why a product that needs a prescription may not be put on in this clinic that day (R43).

    It is put into use for all clinics at once; its prescriber's licenses are of states, and end.
    """
    who = product.prescriber
    if not product.rx_required or (who and may_prescribe(who, clinic, on=day)):
        return None
    return Refusal(
        f"{product.name} needs a prescription, and {who or 'nobody'} may "
        f"{'not ' if who else ''}prescribe in {clinic.state} on {say_date(day)}.",
        rule="R43",
        field="product",
        way_out="Use another product, or ask the medical director to name a prescriber "
        f"with a license in force in {clinic.state}.",
    )


def _untimely(chart: Treatment, on_at: dt.datetime, at: dt.datetime) -> Refusal | None:
    """Why cream cannot have gone on at `on_at`, if so (R46)."""
    if in_future(on_at, at):
        return Refusal("This time is in the future.", rule="R46", field="applied_at")
    arrived = chart.appointment.arrived_at
    if not arrived or on_at >= arrived:
        return None
    # The desk's mark stands as it was made: what was done before it can only be told in words.
    came = say_time(chart.clinic.local(arrived))
    return Refusal(
        f"The patient arrived at {came}, after this time.",
        rule="R46",
        field="applied_at",
        way_out=f"If the desk marked it late, enter {came} here, and the true time in the note "
        "when you finish.",
    )
