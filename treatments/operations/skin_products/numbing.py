"""What numbs the skin: adding it, its limits, putting it into use."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from clinic.acts import act
from clinic.models import Clinic, Practitioner, User
from clinic.operations.every_clinic import every_clinic, record_everywhere, refuse_elsewhere
from clinic.permissions import Permission
from clinic.refusals import Conflict, Refusal
from clinic.rules import folded, squeezed
from treatments.models import NumbingIngredient, NumbingProduct
from treatments.queries.skin_products import prescribers
from treatments.rules.anesthetics import ANESTHETICS, parts_fault, say_parts

LIMITS = (
    "min_dwell",
    "max_dwell",
    "max_amount",
    "max_area",
    "per_10cm2",
    "min_age",
    "occlusion_allowed",
    "occlusion_required",
    "ndc",
    "rxcui",
    "source",
)


@act("numbing_product.change", may=Permission.SET_UP_CLINIC, on="clinic")
def change_numbing_product(
    *,
    clinic: Clinic,
    product: NumbingProduct,
    min_dwell: int,
    max_dwell: int,
    max_amount: int | None,
    max_area: int | None,
    per_10cm2: int | None,
    min_age: int,
    occlusion_allowed: bool,
    occlusion_required: bool,
    ndc: str,
    rxcui: str,
    source: str,
    version: int | None = None,
    by: User,
    at: dt.datetime,
) -> NumbingProduct:
    """Change a numbing product's limits for all clinics; from then on no catalog overwrites them.

    Amounts in tenths of a gram; None: the label has no such limit. What was applied so far
    stays. Refuses a stale version (P12, 409), limits out of order, an age below 18, and changing
    what is in use on prescription in a clinic that one does not set up (R54).
    """
    held = NumbingProduct.objects.select_for_update(no_key=True).get(pk=product.pk)
    held.expect(version)
    given = {
        "min_dwell": min_dwell,
        "max_dwell": max_dwell,
        "max_amount": max_amount,
        "max_area": max_area,
        "per_10cm2": per_10cm2,
        "min_age": min_age,
        "occlusion_allowed": occlusion_allowed,
        "occlusion_required": occlusion_required,
        "ndc": squeezed(ndc),
        "rxcui": squeezed(rxcui),
        "source": squeezed(source),
    }
    before = {column: getattr(held, column) for column in LIMITS}
    _take_limits(held, given)
    changed = [column for column in LIMITS if before[column] != given[column]]
    if changed and held.rx_required and held.is_active:
        refuse_elsewhere(held.name, every_clinic(clinic), by=by)
    held.edited = True
    held.write(only=[*LIMITS, "edited"])
    record_everywhere(
        "numbing_product.change",
        clinic=clinic,
        by=by,
        at=at,
        on=held,
        detail={
            "fields": changed,
            "before": {column: before[column] for column in changed},
        },
    )
    return held


@act("numbing_product.add", may=Permission.SET_UP_CLINIC, on="clinic")
def add_numbing_product(
    *,
    clinic: Clinic,
    name: str,
    parts: Mapping[str, int],
    rx_required: bool,
    compounded: bool,
    min_dwell: int,
    max_dwell: int,
    max_amount: int | None,
    max_area: int | None,
    per_10cm2: int | None,
    min_age: int,
    occlusion_allowed: bool,
    occlusion_required: bool,
    ndc: str,
    rxcui: str,
    source: str,
    by: User,
    at: dt.datetime,
) -> NumbingProduct:
    """Put a numbing product on file that no catalog has, for all clinics; it is out of use first.

    `parts` is what is in a gram of it: anesthetic (a name of `ANESTHETICS`) to milligrams.
    The limits are those of `change_numbing_product`. Refuses one of that name (409), no
    anesthetic or one that is not known, over the counter what needs a prescription (R44), what
    is compounded without one (R43), and limits out of order.
    """
    product = NumbingProduct(
        name=squeezed(name), rx_required=rx_required, compounded=compounded, edited=True
    )
    if not product.name:
        raise Refusal("Give the name of the product.", rule="input", field="name")
    if NumbingProduct.objects.filter(name_key=folded(product.name)).exists():
        raise Conflict(f"{product.name} is on file already.", rule="input", field="name")
    if fault := parts_fault(parts, rx_required=rx_required, compounded=compounded):
        raise Refusal(fault.says, rule=fault.rule, field=fault.field)
    product.code = f"OWN-{product.pk.hex[:8].upper()}"
    product.ingredients = say_parts(parts)
    given = {
        "min_dwell": min_dwell,
        "max_dwell": max_dwell,
        "max_amount": max_amount,
        "max_area": max_area,
        "per_10cm2": per_10cm2,
        "min_age": min_age,
        "occlusion_allowed": occlusion_allowed,
        "occlusion_required": occlusion_required,
        "ndc": squeezed(ndc),
        "rxcui": squeezed(rxcui),
        "source": squeezed(source),
    }
    _take_limits(product, given)
    product.write()
    for anesthetic, mg_per_g in sorted(parts.items()):
        NumbingIngredient(
            product=product, name=anesthetic, family=ANESTHETICS[anesthetic], mg_per_g=mg_per_g
        ).write()
    record_everywhere(
        "numbing_product.add",
        clinic=clinic,
        by=by,
        at=at,
        on=product,
        detail={"name": product.name, "ingredients": product.ingredients},
    )
    return product


@act(
    "numbing_product.set_use",
    may=(Permission.SET_UP_CLINIC, Permission.ALLOW_PRESCRIBED),
    on="clinic",
)
def set_numbing_product_use(
    *,
    clinic: Clinic,
    product: NumbingProduct,
    in_use: bool,
    prescriber: Practitioner | None = None,
    version: int | None = None,
    by: User,
    at: dt.datetime,
) -> NumbingProduct:
    """Put a numbing product into use for all clinics, or take it out.

    What needs a prescription is put into use by the medical director, who names a prescriber;
    a director takes it out, or who sets up every clinic. Each clinic asks again whenever it is
    put on (`apply_numbing`), and has both on record. Refuses a stale version (P12, 409), a change
    to what it is already, anybody else's putting it into use, a prescriber who may not prescribe
    here today (R43), and taking it from a clinic that one does not set up (R54).
    """
    held = NumbingProduct.objects.select_for_update(no_key=True).get(pk=product.pk)
    held.expect(version)
    if held.is_active == in_use:
        stands = "in use" if in_use else "out of use"
        raise Refusal(f"{held.name} is {stands} already.", rule="input")
    if in_use and held.rx_required:
        if not by.can(Permission.ALLOW_PRESCRIBED, clinic.pk):
            raise Refusal(
                f"{held.name} needs a prescription.",
                rule="R43",
                way_out="The medical director puts it into use and names a prescriber.",
            )
        able = prescribers(clinic, on=clinic.day_of(at))
        if prescriber is None or not able.filter(pk=prescriber.pk).exists():
            raise Refusal(
                "Name a prescriber: MD, DO, NP or PA, with a license in force here.",
                rule="R43",
                field="prescriber",
            )
        held.prescriber = prescriber
    if held.rx_required:
        concerned = every_clinic(clinic)
        mine = {*by.clinics_with(Permission.SET_UP_CLINIC)}
        directs = by.can(Permission.ALLOW_PRESCRIBED, clinic.pk)
        if not in_use and not directs and concerned - mine:
            raise Refusal(
                f"{held.name} is in use on prescription, also in clinics that you do not set up.",
                rule="R54",
                way_out="Ask the medical director, who puts it into use and takes it out.",
            )
    held.is_active = in_use
    held.write(only=["is_active", "prescriber"])
    named = held.prescriber.name if in_use and held.prescriber else ""
    record_everywhere(
        "numbing_product.set_use",
        clinic=clinic,
        by=by,
        at=at,
        on=held,
        detail={"in_use": in_use, "prescriber": named},
    )
    return held


def _take_limits(product: NumbingProduct, given: Mapping[str, Any]) -> None:
    if not 1 <= given["min_dwell"] <= given["max_dwell"] <= 300:
        raise Refusal(
            "The longest dwell is at least the shortest, and at most 300 minutes.",
            rule="input",
            field="max_dwell",
        )
    if given["min_age"] < 18:
        raise Refusal("Nobody under 18 is treated.", rule="input", field="min_age")
    if given["occlusion_required"] and not given["occlusion_allowed"]:
        raise Refusal("What must be covered may be covered.", rule="input", field="cover")
    if given["occlusion_allowed"] and not product.rx_required:
        raise Refusal(
            "What is sold over the counter is never covered.",
            rule="R44",
            field="cover",
            way_out="Choose “Never covered”.",
        )
    for column in LIMITS:
        setattr(product, column, given[column])
