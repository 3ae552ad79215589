"""Finishing a treatment, or ending it early."""

from __future__ import annotations

import datetime as dt
from typing import NoReturn

from bookings import operations as desk
from clinic.acts import act
from clinic.models import User
from clinic.permissions import Permission
from clinic.refusals import Refusal, refuse_all
from treatments.models import Cartridge, StockMovement, Treatment
from treatments.operations.ground import (
    held_chart,
    must_be,
    note,
    opened_unit,
    step_unit,
)
from treatments.queries.chart import facts_of
from treatments.rules.areas import EndPoint
from treatments.rules.charting import Missing, missing_to_finish
from treatments.rules.status import Status, Unit

K = StockMovement.Kind


@act("treatment.finish", may=Permission.TREAT, on="treatment")
def finish(
    *,
    treatment: Treatment,
    endpoint: str,
    aftercare_given: bool,
    by: User,
    at: dt.datetime,
    reaction: str = "",
    note_text: str = "",
) -> Treatment:
    """Finish the treatment: its opened unit becomes used, and the board says completed.

    Refuses, all at once, whatever is missing: numbing (R39), cream still on (R40), the
    cartridge (R1), a pass, the end point or aftercare (R46).
    """
    chart = held_chart(treatment, by=by)
    must_be(chart, Status.IN_PROGRESS)
    if endpoint and endpoint not in set(EndPoint):
        raise Refusal("Choose an end point from the list.", rule="R46", field="endpoint")
    unit = opened_unit(chart)
    lacks = missing_to_finish(facts_of(chart, endpoint=endpoint, aftercare=aftercare_given))
    if lacks or unit is None:
        _refuse_unfinished(lacks)
    step_unit(unit, to=Unit.USED, kind=K.USE, by=by, at=at, treatment=chart)
    chart.cartridge, chart.status = unit, str(Status.COMPLETED)
    chart.needle_contact = True
    chart.ended_at, chart.ended_by = at, by
    chart.endpoint, chart.aftercare_given = endpoint, aftercare_given
    chart.reaction, chart.note = reaction.strip(), note_text.strip()
    chart.write()
    _tell_board(chart, early=False, by=by, at=at)
    note("treatment.finish", chart, by, at, unit=unit.unit_code)
    return chart


@act("treatment.abort", may=Permission.TREAT, on="treatment")
def abort(
    *,
    treatment: Treatment,
    reason: str,
    needle_contact: bool,
    by: User,
    at: dt.datetime,
) -> Treatment:
    """End a treatment early, for a withdrawal of consent or any other reason (R33).

    Before needle contact an opened unit is wasted, after contact it is used. Contact may also
    have been with a unit that was wasted since, and then none need be used (D7).

    Refuses an empty reason (R33), cream still on (R40), contact without a cartridge that
    touched the patient or may have (R1), and "no contact" when passes or a wasted unit in the
    chart say otherwise (R33).
    """
    chart = held_chart(treatment, by=by)
    must_be(chart, Status.OPEN, Status.NUMBING, Status.IN_PROGRESS)
    if not reason.strip():
        raise Refusal("Say why the treatment ends early.", rule="R33", field="reason")
    if facts_of(chart, endpoint="", aftercare=False).cream_still_on:
        raise Refusal("The cream is still on.", rule="R40", way_out="Enter when it came off.")
    unit = opened_unit(chart)
    spoiled = chart.units.filter(status=Unit.WASTED, patient_contact=True).first()
    if needle_contact and unit is None and spoiled is None:
        raise Refusal(
            "No cartridge is open for this treatment.",
            rule="R1",
            field="needle_contact",
            way_out="Scan the cartridge that touched the patient first.",
        )
    if not needle_contact and (spoiled is not None or chart.passes.exists()):
        why = (
            f"{spoiled.unit_code} was wasted after it touched the patient, so the needle did."
            if spoiled is not None
            else "This chart has needling passes, so the needle touched the patient."
        )
        raise Refusal(why, rule="R33", field="needle_contact", way_out="Choose “Yes”.")
    if unit is not None:
        _settle_unit(unit, chart, used=needle_contact, by=by, at=at)
    chart.aborted, chart.abort_reason = True, reason.strip()
    chart.needle_contact = needle_contact
    chart.cartridge = unit if needle_contact else None
    chart.status, chart.ended_at, chart.ended_by = str(Status.ABORTED), at, by
    chart.write()
    _tell_board(chart, early=True, by=by, at=at)
    note("treatment.abort", chart, by, at, needle_contact=needle_contact)
    return chart


def _refuse_unfinished(lacks: list[Missing]) -> NoReturn:
    """Refuse with whatever is missing: beside its own field where the form has one for each."""
    if all(one.beside for one in lacks):
        refuse_all(
            [
                Refusal(
                    f"Still missing: {one.what}.",
                    rule=one.rule,
                    field=one.beside,
                    alternatives=[one],
                )
                for one in lacks
            ]
        )
    raise Refusal(
        f"Still missing: {', '.join(one.what for one in lacks)}.",
        rule=lacks[0].rule,
        alternatives=lacks,
    )


def _settle_unit(
    unit: Cartridge, chart: Treatment, *, used: bool, by: User, at: dt.datetime
) -> None:
    if used:
        step_unit(unit, to=Unit.USED, kind=K.USE, by=by, at=at, treatment=chart)
        return
    unit.waste_reason = Cartridge.WasteReason.OPENED_NOT_USED
    unit.wasted_at, unit.wasted_by = at, by
    label = unit.get_waste_reason_display()
    step_unit(unit, to=Unit.WASTED, kind=K.WASTE, by=by, at=at, treatment=chart, reason=label)


def _tell_board(chart: Treatment, *, early: bool, by: User, at: dt.datetime) -> None:
    areas = list(chart.passes.order_by("seq").values_list("area", flat=True))
    desk.note_ended(
        appointment=chart.appointment,
        early=early,
        areas=areas,
        performed_on=chart.started_on or chart.clinic.day_of(at),
        by=by,
        at=at,
    )
