"""A scan before a cartridge is opened: what is in the hand, and may it be opened?"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from clinic.acts import act
from clinic.models import User
from clinic.permissions import Permission
from clinic.refusals import Conflict, Refusal
from clinic.rules import say_date
from treatments.models import Cartridge, CartridgeLot, Treatment
from treatments.operations.custody import (
    ASIDE,
    known_unit,
    refuse_second_unit,
    refuse_unfit_lot,
    refuse_unfit_unit,
)
from treatments.operations.ground import held_chart, must_be, note
from treatments.queries.catalog import catalog_entry
from treatments.rules.intake import Fault, Kind, Verdict, read_scan
from treatments.rules.status import Status

BY_UNIT_CODE = "or type the unit code on its sticker, such as C\N{NON-BREAKING HYPHEN}000123."


@dataclass(frozen=True)
class Scanned:
    """Units that may be opened, first-expiring first: one when its own code was scanned
    (`named`), else those of the scanned lot, of which a person says which one it is.

    `cautions` are sentences about the print that are worth a second look.
    """

    units: tuple[Cartridge, ...]
    named: bool
    cautions: tuple[str, ...] = ()


@act("cartridge.scan", may=Permission.TREAT, on="treatment")
def scan_cartridge(*, treatment: Treatment, text: str, by: User, at: dt.datetime) -> Scanned:
    """Read a scanned or typed code for a treatment under way; opens nothing.

    Refuses: a code that can't be read (R14) or is not in the catalog (S3), a box or case
    (R14), a product without its lot (S3), a lot or unit not on file here (S1, P15), a lot
    with another expiry than on file (R15, 409), a unit opened before (R2, 409), one not in
    stock (R5), a lot that is expired (R3), frozen or quarantined (R5), that came later (R6)
    or is of a product that does not fit the device or is not in use (R7), and any scan while a
    unit is open (R1, 409).
    """
    chart = held_chart(treatment, by=by)
    must_be(chart, Status.IN_PROGRESS)
    verdict = read_scan(text, today=chart.clinic.day_of(at), catalog=catalog_entry)
    if verdict.kind is Kind.UNIT_CODE:
        unit = known_unit(chart, verdict.unit_code or "")
        refuse_second_unit(chart, unit)
        refuse_unfit_unit(unit, chart, at)
        note("cartridge.scan", chart, by, at, unit=unit.unit_code)
        return Scanned((unit,), named=True)
    refuse_second_unit(chart)
    lot = _lot_here(verdict, chart)
    refuse_unfit_lot(lot, chart, at)
    day = chart.started_on or chart.clinic.day_of(at)
    fit = Cartridge.objects.fit_to_use(on=day).filter(lot=lot)
    units = tuple(fit.select_related("lot__product"))
    if not units:
        raise Refusal(
            f"No unit of lot {lot.lot} is in stock.",
            rule="R5",
            field="cartridge",
            way_out="Type the unit code on its sticker to see what happened to it.",
        )
    note("cartridge.scan", chart, by, at, lot=lot.lot, units=len(units))
    return Scanned(units, named=False, cautions=tuple(one.sentence for one in verdict.warnings))


def _lot_here(verdict: Verdict, chart: Treatment) -> CartridgeLot:
    """The lot of a maker's code, in the chart's clinic."""
    _refuse_unreadable(verdict)
    same = CartridgeLot.objects.filter(
        clinic_id=chart.clinic_id, product__identifiers__value=verdict.di, lot=verdict.lot
    )
    lot: CartridgeLot | None = same.select_related("product").first()
    if lot is None:
        raise Refusal(
            f"Lot {verdict.lot} is not in stock here.",
            rule="S1",
            field="cartridge",
            way_out="A manager receives it first. Until then, take another cartridge.",
        )
    if verdict.expires_on and verdict.expires_on != lot.expires_on:
        raise Conflict(
            f"This code says lot {lot.lot} expires on {say_date(verdict.expires_on)}, "
            f"but it was received with {say_date(lot.expires_on)}.",
            rule="R15",
            field="cartridge",
            way_out="Take another cartridge, and show this one to a manager.",
        )
    return lot


def _in_the_room(verdict: Verdict) -> str:
    """What works for who treats, and can neither receive nor put into quarantine."""
    if verdict.fault is Fault.UNIT_CODE_FORM:
        return "Type all its digits, or scan the sticker."
    if verdict.fault is Fault.NOT_IN_CATALOG:
        return f"{ASIDE.capitalize()}."
    if verdict.quarantine:
        return f"Scan again. If it says the same, {ASIDE}."
    return f"Scan the pouch again, {BY_UNIT_CODE}"


def _refuse_unreadable(verdict: Verdict) -> None:
    if verdict.kind is Kind.REFUSED:
        rule = "S3" if verdict.fault is Fault.NOT_IN_CATALOG else "R14"
        raise Refusal(verdict.what, rule=rule, field="cartridge", way_out=_in_the_room(verdict))
    if verdict.kind is Kind.ASK:
        raise Refusal(
            "This code names the product, but not the lot.",
            rule="S3",
            field="cartridge",
            way_out=f"Scan the other code on the pouch, {BY_UNIT_CODE}",
        )
    if verdict.kind in (Kind.BOX, Kind.CASE):
        units = verdict.entry.units if verdict.entry else 0
        raise Refusal(
            f"This is the code of a {verdict.kind} of {units}, not of one cartridge.",
            rule="R14",
            field="cartridge",
            way_out=f"Scan the pouch that you open, {BY_UNIT_CODE}",
        )
