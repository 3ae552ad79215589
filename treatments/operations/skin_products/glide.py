"""What the pen glides on: adding it, changing it, taking it out of use."""

from __future__ import annotations

import datetime as dt

from clinic.acts import act
from clinic.models import Clinic, User
from clinic.operations.every_clinic import record_everywhere
from clinic.permissions import Permission
from clinic.refusals import Conflict, Refusal
from clinic.rules import folded, squeezed
from treatments.models import GlideProduct
from treatments.rules.glide import barred_glide


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
    record_everywhere(
        "glide_product.add",
        clinic=clinic,
        by=by,
        at=at,
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
    record_everywhere(
        "glide_product.change",
        clinic=clinic,
        by=by,
        at=at,
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
    record_everywhere(
        "glide_product.set_use",
        clinic=clinic,
        by=by,
        at=at,
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
    others = GlideProduct.objects.filter(name_key=folded(product.maker, product.name))
    if others.exclude(pk=product.pk).exists():
        raise Conflict(
            f"{product.name} by {product.maker} is on file already.", rule="input", field="name"
        )
