"""Custody of a cartridge: claimed for one treatment, or wasted with its reason."""

from __future__ import annotations

import datetime as dt
import re

from clinic import audit
from clinic.acts import act
from clinic.models import User
from clinic.permissions import Permission
from clinic.refusals import Conflict, Refusal
from clinic.rules import say_date
from treatments.models import Cartridge, CartridgeLot, StockMovement, Treatment
from treatments.operations.ground import held_chart, must_be, note, opened_unit, step_unit
from treatments.rules.charting import NO_CONTACT, needled_since
from treatments.rules.status import Status, Unit

K = StockMovement.Kind
# Only a code is said back: whatever else was typed stays out of the audit's sentences.
UNIT_CODE = re.compile(r"C-[0-9]{6,12}")
CHECK_CODE = "Check the code. If this unit is in your hand"
# What who treats can do about a unit that nobody may open: the rest is a manager's.
ASIDE = "put this cartridge aside, tell a manager and take another"


@act("cartridge.claim", may=Permission.TREAT, on="treatment")
def claim_unit(
    *, treatment: Treatment, unit_code: str, pack_intact: bool, by: User, at: dt.datetime
) -> Cartridge:
    """Open one unit for this treatment, once and for all (R1, R2, R12, C1).

    Refuses: a code not known in this clinic (P15, S1); a unit opened or used before (R2,
    409); one wasted, quarantined or gone (R5); a lot expired on the clinic-local date of the
    start (R3), received later (R6), frozen or quarantined (R5); a product that does not fit
    the device or is not in use (R7); a pack that is not whole (R8); a second open unit (R1,
    409).
    """
    chart = held_chart(treatment, by=by)
    must_be(chart, Status.IN_PROGRESS)
    unit = known_unit(chart, unit_code.strip().upper())
    refuse_second_unit(chart, unit)
    refuse_unfit_unit(unit, chart, at)
    if not pack_intact:
        raise Refusal(
            "The pack is not confirmed whole and sterile.",
            rule="R8",
            field="pack_intact",
            way_out="Confirm it, or waste this unit and take another.",
        )
    unit.treatment, unit.pack_intact = chart, True
    # Ruling L5: the lot is judged on the day the treatment started, also past midnight.
    unit.opened_at, unit.opened_by, unit.opened_on = at, by, chart.started_on
    step_unit(unit, to=Unit.OPENED, kind=K.OPEN, by=by, at=at, treatment=chart)
    note("cartridge.claim", chart, by, at, unit=unit.unit_code)
    return unit


def known_unit(chart: Treatment, code: str) -> Cartridge:
    """The unit of that code in the chart's clinic, locked; else a refusal (P15, S1)."""
    unit: Cartridge | None = (
        Cartridge.objects.held()
        .select_related("lot__product")
        .filter(clinic_id=chart.clinic_id, unit_code=code)
        .first()
    )
    if unit is None:
        raise Refusal(
            f"{code if UNIT_CODE.fullmatch(code) else 'This code'} is not known here.",
            rule="S1",
            field="cartridge",
            way_out=f"Check the code. If the sticker says the same, {ASIDE}.",
        )
    return unit


def refuse_second_unit(chart: Treatment, unit: Cartridge | None = None) -> None:
    """Refuse (R1, 409) when a unit is open for the chart already, be it this one or another."""
    current = opened_unit(chart)
    if current is None:
        return
    same = unit is not None and current.pk == unit.pk
    raise Conflict(
        f"{current.unit_code} is open for this treatment.",
        rule="R1",
        field="cartridge",
        way_out="" if same else "Waste it with its reason, then scan the next.",
    )


def refuse_unfit_unit(unit: Cartridge, chart: Treatment, at: dt.datetime) -> None:
    """Refuse a unit that may not be opened for the chart (R2 as 409, R3, R5, R6, R7)."""
    state = Unit(unit.status)
    if state is Unit.OPENED:
        # Its room needs it: after a slip of the finger nobody throws a good unit away.
        raise Conflict(
            f"{unit.unit_code} is open in another treatment.",
            rule="R2",
            field="cartridge",
            way_out="Compare the code that you typed with the sticker on the unit in your hand.",
        )
    if state is Unit.USED:
        raise Conflict(
            f"{unit.unit_code} was used on {say_date(unit.opened_on)}. "  # type: ignore[arg-type]
            "A cartridge is used once.",
            rule="R2",
            field="cartridge",
            way_out=f"{CHECK_CODE}, put it into the sharps container and take a new one.",
        )
    if state is not Unit.IN_STOCK:
        wasted = f"{CHECK_CODE}, put it into the sharps container and take another."
        raise Refusal(
            f"{unit.unit_code} is {unit.get_status_display().lower()}.",
            rule="R5",
            field="cartridge",
            way_out=wasted if state is Unit.WASTED else "Take another unit.",
        )
    refuse_unfit_lot(unit.lot, chart, at)


def refuse_unfit_lot(lot: CartridgeLot, chart: Treatment, at: dt.datetime) -> None:
    """Refuse a lot of which nothing may be opened for the chart (R3, R5, R6, R7)."""
    if lot.status != CartridgeLot.Status.AVAILABLE:
        raise Refusal(
            f"Lot {lot.lot} is {lot.get_status_display().lower()}.",
            rule="R5",
            field="cartridge",
            way_out="Take a unit of another lot.",
        )
    day = chart.started_on or chart.clinic.day_of(at)
    if lot.expires_on < day:
        raise Refusal(
            f"Lot {lot.lot} expired on {say_date(lot.expires_on)}.",
            rule="R3",
            field="cartridge",
            way_out="Take a unit of another lot, and waste this one.",
        )
    if lot.received_on > day:
        raise Refusal(
            f"Lot {lot.lot} was received after this treatment.", rule="R6", field="cartridge"
        )
    product = lot.product
    if not product.is_active:
        raise Refusal(
            f"{product.name} is not in use.",
            rule="R7",
            field="cartridge",
            way_out="Take a cartridge of a product that is in use.",
        )
    if not product.fits.filter(pk=chart.device.model_id).exists():
        raise Refusal(
            f"{product.name} does not fit the {chart.device.model.name}.",
            rule="R7",
            field="cartridge",
            way_out="Take a cartridge made for this device.",
        )


@act("cartridge.waste", may=Permission.WASTE_STOCK, on="cartridge")
def waste_unit(
    *,
    cartridge: Cartridge,
    reason: str,
    by: User,
    at: dt.datetime,
    note_text: str = "",
    patient_contact: bool | None = None,
    during: Treatment | None = None,
) -> Cartridge:
    """Waste a unit from stock, or one opened for a treatment under way, with its reason.

    `patient_contact` is said of every opened unit; None where nobody was asked. `during` is the
    treatment in whose room an unopened unit turned out unfit: the ledger names it (D7).

    Refuses: a unit that is neither on the shelf nor opened (R10, 409) or was opened meanwhile
    (R2, 409), an opened one of which nobody was asked whether it touched the patient (R13,
    409), one in quarantine unless by who receives stock and no recall holds it (R5), no
    reason or "other" without words (R13), patient contact of a unit never opened, none of a
    unit since whose opening passes are charted, "opened, not used" of a unit that touched the
    patient or was never opened (R13), and an opened unit of someone else's treatment (R52, 403).
    """
    if reason not in set(Cartridge.WasteReason.values):
        raise Refusal("Choose why the unit is wasted.", rule="R13", field="reason")
    if reason == Cartridge.WasteReason.OTHER and not note_text.strip():
        raise Refusal("Say why the unit is wasted.", rule="R13", field="note_text")
    chart = None
    if linked := cartridge.treatment or during:
        chart = held_chart(linked, by=by)
        must_be(chart, Status.IN_PROGRESS)
    unit: Cartridge = (
        Cartridge.objects.held().select_related("treatment", "lot").get(pk=cartridge.pk)
    )
    opened = unit.treatment_id is not None
    if unit.treatment_id != cartridge.treatment_id:
        raise Conflict("This unit was just opened.", rule="R2", way_out="Reload the page.")
    if unit.status == Unit.OPENED and patient_contact is None:
        raise Conflict(
            f"{unit.unit_code} was opened for a treatment.",
            rule="R13",
            way_out="Waste it in that treatment's chart and say whether it touched the patient.",
        )
    if Unit(unit.status) not in (Unit.IN_STOCK, Unit.OPENED, Unit.QUARANTINED):
        raise Conflict(
            f"{unit.unit_code} is {unit.get_status_display().lower()} already.",
            rule="R10",
            way_out="Reload the page.",
        )
    if unit.status == Unit.QUARANTINED:
        _refuse_keeping_quarantine(unit, by)
    touched = bool(patient_contact)
    if touched and not opened:
        raise Refusal(
            "Only an opened unit can have touched a patient.", rule="R13", field="patient_contact"
        )
    needled = (
        opened
        and chart is not None
        and needled_since(unit.opened_at, chart.passes.values_list("at", flat=True))
    )
    if needled and not touched:
        raise Refusal(
            "Passes are charted since this unit was opened, so it touched the patient.",
            rule="R13",
            field="patient_contact",
            way_out="Tick “It touched the patient”, or take the passes back first.",
        )
    if reason in NO_CONTACT and (touched or not opened):
        told = Cartridge.WasteReason(reason).label
        why = "touched the patient" if touched else "was never opened"
        untick = ", or untick “It touched the patient” below" if touched else ""
        raise Refusal(
            f"“{told}” does not fit a unit that {why}.",
            rule="R13",
            field="reason",
            way_out=f"Choose another reason{untick}.",
        )
    unit.waste_reason, unit.waste_note = reason, note_text.strip()
    unit.patient_contact = touched
    unit.wasted_at, unit.wasted_by = at, by
    label = unit.get_waste_reason_display()
    step_unit(unit, to=Unit.WASTED, kind=K.WASTE, by=by, at=at, treatment=chart, reason=label)
    audit.record(
        "cartridge.waste",
        by=by,
        at=at,
        clinic_id=unit.clinic_id,
        on=unit,
        detail={"reason": reason, "patient_contact": touched},
    )
    return unit


def _refuse_keeping_quarantine(unit: Cartridge, by: User) -> None:
    """Refuse to waste a unit that has to stay in quarantine (R5, C3)."""
    if unit.lot.status == CartridgeLot.Status.FROZEN:
        raise Refusal(
            f"Lot {unit.lot.lot} is frozen by a recall.",
            rule="R5",
            way_out="Its units stay in quarantine until the recall is closed.",
        )
    if not by.can(Permission.RECEIVE_STOCK, unit.clinic_id):
        raise Refusal(
            f"{unit.unit_code} is in quarantine.",
            rule="R5",
            way_out="Leave it there; a manager says what becomes of it.",
        )


@act("cartridge.waste", may=Permission.WASTE_STOCK, on="treatment")
def waste_in_treatment(
    *,
    treatment: Treatment,
    unit_code: str,
    reason: str,
    by: User,
    at: dt.datetime,
    note_text: str = "",
    patient_contact: bool = False,
) -> Cartridge:
    """Waste the unit in the hand of who treats: the one open for the treatment, or one of stock.

    Either way the ledger names the treatment, and the chart the unit (D7, R13).

    Refuses what `waste_unit` refuses, a code not known in this clinic (P15, S1), and a unit of
    another treatment (R2 as 409, R5 once wasted).
    """
    chart = held_chart(treatment, by=by)
    must_be(chart, Status.IN_PROGRESS)
    unit = known_unit(chart, unit_code.strip().upper())
    if unit.treatment_id not in (None, chart.pk):
        refuse_unfit_unit(unit, chart, at)
    return waste_unit(
        cartridge=unit,
        reason=reason,
        note_text=note_text,
        patient_contact=patient_contact,
        during=chart,
        by=by,
        at=at,
    )
