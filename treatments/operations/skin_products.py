"""What is put on the skin: numbing products and their limits, and what the pen glides on."""

from __future__ import annotations

import datetime as dt

from clinic import audit
from clinic.acts import act
from clinic.models import Clinic, Practitioner, User
from clinic.permissions import Permission
from clinic.refusals import Conflict, Refusal
from clinic.rules import squeezed
from treatments.models import GlideProduct, NumbingProduct
from treatments.queries.skin_products import prescribers
from treatments.rules.glide import barred_glide

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
    stays. Refuses a stale version (P12, 409), limits out of order, and an age below 18.
    """
    held = NumbingProduct.objects.select_for_update(no_key=True).get(pk=product.pk)
    held.expect(version)
    if not 1 <= min_dwell <= max_dwell <= 300:
        raise Refusal(
            "The longest dwell is at least the shortest, and at most 300 minutes.",
            rule="input",
            field="max_dwell",
        )
    if min_age < 18:
        raise Refusal("Nobody under 18 is treated.", rule="input", field="min_age")
    if occlusion_required and not occlusion_allowed:
        raise Refusal("What must be covered may be covered.", rule="input", field="cover")
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
    for column, value in given.items():
        setattr(held, column, value)
    held.edited = True
    held.write(only=[*LIMITS, "edited"])
    changed = [column for column in LIMITS if before[column] != given[column]]
    audit.record(
        "numbing_product.change",
        by=by,
        at=at,
        clinic_id=clinic.pk,
        on=held,
        detail={
            "fields": changed,
            "before": {column: before[column] for column in changed},
        },
    )
    return held


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

    What needs a prescription is put into use by the medical director, who names a prescriber.
    Refuses a stale version (P12, 409), a change to what it is already, anybody else's putting
    it into use, and a prescriber who may not prescribe here today (R43).
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
    held.is_active = in_use
    held.write(only=["is_active", "prescriber"])
    named = held.prescriber.name if in_use and held.prescriber else ""
    audit.record(
        "numbing_product.set_use",
        by=by,
        at=at,
        clinic_id=clinic.pk,
        on=held,
        detail={"in_use": in_use, "prescriber": named},
    )
    return held


@act("glide_product.add", may=Permission.SET_UP_CLINIC, on="clinic")
def add_glide_product(
    *, clinic: Clinic, name: str, maker: str, source: str = "", by: User, at: dt.datetime
) -> GlideProduct:
    """Add what a pen may glide on, for all clinics.

    Refuses what never goes under the needle (R37), an empty name or maker, and one that is on
    file (409).
    """
    product = GlideProduct()
    _take(product, name, maker, source)
    product.write()
    audit.record(
        "glide_product.add",
        by=by,
        at=at,
        clinic_id=clinic.pk,
        on=product,
        detail={"name": product.name},
    )
    return product


@act("glide_product.change", may=Permission.SET_UP_CLINIC, on="clinic")
def change_glide_product(
    *,
    clinic: Clinic,
    product: GlideProduct,
    name: str,
    maker: str,
    source: str = "",
    version: int | None = None,
    by: User,
    at: dt.datetime,
) -> GlideProduct:
    """Change what is on file of a glide product; from then on no catalog overwrites it.

    Refuses a stale version (P12, 409), and what `add_glide_product` refuses.
    """
    held = GlideProduct.objects.select_for_update(no_key=True).get(pk=product.pk)
    held.expect(version)
    before = held.name
    _take(held, name, maker, source)
    held.edited = True
    held.write(only=["name", "maker", "source", "edited"])
    audit.record(
        "glide_product.change",
        by=by,
        at=at,
        clinic_id=clinic.pk,
        on=held,
        detail={"from": before, "to": held.name},
    )
    return held


@act("glide_product.set_use", may=Permission.SET_UP_CLINIC, on="clinic")
def set_glide_product_use(
    *,
    clinic: Clinic,
    product: GlideProduct,
    in_use: bool,
    version: int | None = None,
    by: User,
    at: dt.datetime,
) -> GlideProduct:
    """Take a glide product out of use for all clinics, or bring it back.

    Refuses a stale version (P12, 409) and a change to what it is already.
    """
    held = GlideProduct.objects.select_for_update(no_key=True).get(pk=product.pk)
    held.expect(version)
    if held.is_active == in_use:
        stands = "in use" if in_use else "out of use"
        raise Refusal(f"{held.name} is {stands} already.", rule="input")
    held.is_active = in_use
    held.write(only=["is_active"])
    audit.record(
        "glide_product.set_use",
        by=by,
        at=at,
        clinic_id=clinic.pk,
        on=held,
        detail={"name": held.name, "in_use": in_use},
    )
    return held


def _take(product: GlideProduct, name: str, maker: str, source: str) -> None:
    product.name, product.maker = squeezed(name), squeezed(maker)
    product.source = squeezed(source)
    for field in ("name", "maker"):
        if not getattr(product, field):
            raise Refusal(f"Give the {field} of the product.", rule="input", field=field)
    if why := barred_glide(product.name):
        raise Refusal(
            f"Nothing is needled in with {why}.",
            rule="R37",
            field="name",
            way_out="Take a sterile hydrogel or plain hyaluronic acid.",
        )
    others = GlideProduct.objects.filter(maker__iexact=product.maker, name__iexact=product.name)
    if others.exclude(pk=product.pk).exists():
        raise Conflict(
            f"{product.name} by {product.maker} is on file already.", rule="input", field="name"
        )
