"""Goods-in: a lot is received and every physical unit gets a code of its own."""

from __future__ import annotations

import datetime as dt

from django.db import connection
from django.db.models import Max

from clinic import audit, constraints
from clinic.acts import act
from clinic.models import Clinic, User
from clinic.permissions import Permission
from clinic.refusals import Conflict, Refusal
from clinic.rules import say_date
from treatments.models import (
    Cartridge,
    CartridgeLot,
    CartridgeProduct,
    ProductIdentifier,
    StockMovement,
)
from treatments.queries.catalog import catalog_entry
from treatments.queries.stock import identifier_of
from treatments.rules.intake import FIRST_YEAR, YEARS_AHEAD, Fault, Precision, read_scan
from treatments.rules.status import Unit
from treatments.rules.stock import refuse_count


@act("cartridge.receive", may=Permission.RECEIVE_STOCK, on="clinic")
def receive_lot(
    *,
    clinic: Clinic,
    identifier: ProductIdentifier,
    lot: str,
    expires_on: dt.date,
    packages: int,
    by: User,
    at: dt.datetime,
    precision: str = CartridgeLot.Precision.DAY,
    manufactured_on: dt.date | None = None,
    supplier: str = "",
    scan_text: str = "",
    quarantine: bool = False,
    second_person: User | None = None,
    second_password: str = "",
) -> CartridgeLot:
    """Receive `packages` of a product and mint a unit code for each physical cartridge in them.

    The package's level says how many units it holds. Without `scan_text` it is a manual
    entry, which needs a second person with her password (R14). A lot already on file gets
    more units.

    Refuses: less than one or more than 2,000 units (R9), an expiry out of bounds (R4), the
    same lot with another expiry (R15, 409), an expired lot unless it goes into quarantine
    (S7), a product not in use (R7), a missing or unfit second person (R14).
    """
    product = identifier.product
    units = packages * identifier.units
    if fault := refuse_count(packages, each=identifier.units):
        raise Refusal(fault, rule="R9", field="packages")
    if not product.is_active:
        raise Refusal(f"{product.name} is not in use.", rule="R7", field="scan")
    if not lot.strip() or len(lot) > 20:
        raise Refusal("A lot has 1 to 20 characters.", rule="R14", field="lot")
    today = clinic.day_of(at)
    last_year = today.year + YEARS_AHEAD
    if not FIRST_YEAR <= expires_on.year <= last_year:
        raise Refusal(
            f"An expiry lies between {FIRST_YEAR} and {last_year}.",
            rule="R4",
            field="expires_on",
            way_out="Enter it as printed.",
        )
    if not scan_text:
        _second(clinic, second_person, second_password, by)
    if expires_on < today and not quarantine:
        raise Refusal(
            f"This lot expired on {say_date(expires_on)}.",
            rule="S7",
            field="quarantine",
            way_out="Receive it into quarantine, so that it is counted, or send it back.",
        )
    constraints.lock_name(connection, "unit-codes")
    found = _lot(clinic, product, lot, expires_on)
    if found is None:
        found = CartridgeLot(
            clinic=clinic,
            product=product,
            lot=lot,
            expires_on=expires_on,
            precision=precision,
            manufactured_on=manufactured_on,
            received_on=today,
            entered=CartridgeLot.Entered.SCAN if scan_text else CartridgeLot.Entered.MANUAL,
            scan_text=scan_text,
            supplier=supplier.strip(),
            created_at=at,
            created_by=by,
        )
        found.write()
    aside = quarantine or found.status != CartridgeLot.Status.AVAILABLE
    first = _mint(found, units, Unit.QUARANTINED if aside else Unit.IN_STOCK, by, at)
    audit.record(
        "cartridge.receive",
        by=by,
        at=at,
        clinic_id=clinic.pk,
        on=found,
        detail={
            "lot": lot,
            "product": product.name,
            "units": units,
            "expires_on": expires_on,
            "manufactured_on": manufactured_on,
            "supplier": supplier.strip(),
            "entered": "scan" if scan_text else "manual",
            "first": f"C-{first:06d}",
            "last": f"C-{first + units - 1:06d}",
            "quarantine": aside,
            "second_person": second_person.name if second_person else "",
        },
    )
    return found


@act("cartridge.receive", may=Permission.RECEIVE_STOCK, on="clinic")
def receive_scan(
    *,
    clinic: Clinic,
    scan: str,
    packages: int,
    by: User,
    at: dt.datetime,
    supplier: str = "",
    quarantine: bool = False,
) -> CartridgeLot:
    """Receive `packages` of what a scanned code names: product, lot and expiry are the code's.

    Refuses a code that can't be read or lacks a part (R14), a product that is not in the
    catalog (S3), and whatever `receive_lot` refuses.
    """
    verdict = read_scan(scan, today=clinic.day_of(at), catalog=catalog_entry)
    identifier = identifier_of(verdict.di) if verdict.di and verdict.accepted else None
    if identifier is None or verdict.lot is None or verdict.expires_on is None:
        unknown = verdict.fault is Fault.NOT_IN_CATALOG
        sentence = verdict.sentence or "This is no maker's code. Scan the code on the package."
        raise Refusal(sentence, rule="S3" if unknown else "R14", field="scan")
    by_month = verdict.expiry_precision is Precision.MONTH
    return receive_lot(
        clinic=clinic,
        identifier=identifier,
        lot=verdict.lot,
        expires_on=verdict.expires_on,
        precision=CartridgeLot.Precision.MONTH if by_month else CartridgeLot.Precision.DAY,
        manufactured_on=verdict.manufactured_on,
        scan_text=verdict.raw,
        packages=packages,
        supplier=supplier,
        quarantine=quarantine,
        by=by,
        at=at,
    )


def _second(clinic: Clinic, second: User | None, password: str, by: User) -> None:
    if second is None or second.pk == by.pk or not second.roles_in(clinic):
        raise Refusal(
            "Manual entry needs a second person of this clinic, somebody other than you.",
            rule="R14",
            field="second_person",
        )
    if not second.can(Permission.WASTE_STOCK, clinic.pk):
        raise Refusal(
            f"{second.name} does not handle cartridges here.",
            rule="R14",
            field="second_person",
            way_out="Ask somebody who treats, or another manager.",
        )
    if not second.is_active or not second.check_password(password):
        raise Refusal(
            "This is not the second person's password.", rule="R14", field="second_password"
        )


def _lot(
    clinic: Clinic, product: CartridgeProduct, lot: str, expires_on: dt.date
) -> CartridgeLot | None:
    # Lots belong to a clinic: what another one holds is neither said nor decides here (P15).
    same = CartridgeLot.objects.held().filter(clinic=clinic, product=product, lot=lot)
    mine: CartridgeLot | None = same.first()
    if mine is not None and mine.expires_on != expires_on:
        raise Conflict(
            f"Lot {lot} is on file with expiry {say_date(mine.expires_on)}.",
            rule="R15",
            field="expires_on",
            way_out="Compare with the print; if it does differ, ask the maker.",
        )
    return mine


def _mint(lot: CartridgeLot, units: int, state: Unit, by: User, at: dt.datetime) -> int:
    first = (Cartridge.objects.aggregate(n=Max("number"))["n"] or 0) + 1
    made = Cartridge.objects.bulk_create(
        [
            Cartridge(
                clinic_id=lot.clinic_id,
                lot=lot,
                number=number,
                unit_code=f"C-{number:06d}",
                status=str(state),
            )
            for number in range(first, first + units)
        ]
    )
    StockMovement.objects.bulk_create(
        [
            StockMovement(
                clinic_id=lot.clinic_id,
                lot=lot,
                cartridge=unit,
                kind=StockMovement.Kind.RECEIVE,
                to_status=str(state),
                at=at,
                by=by,
            )
            for unit in made
        ]
    )
    return first
