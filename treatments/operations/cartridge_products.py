"""The cartridges that may come in: products, the devices they fit, the codes on their packages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from clinic.acts import act
from clinic.models import Clinic, DeviceModel, User
from clinic.operations.every_clinic import record_everywhere, refuse_elsewhere
from clinic.permissions import Permission
from clinic.refusals import Conflict, Refusal
from clinic.rules import folded, squeezed
from treatments.models import Cartridge, CartridgeProduct, ProductIdentifier
from treatments.rules.intake import PackageCode, read_package_code
from treatments.rules.stock import MOST_UNITS

Level = ProductIdentifier.Level
COLUMNS = ["name", "maker", "needles", "clearance_no"]


@act("cartridge_product.add", may=Permission.SET_UP_CLINIC, on="clinic")
def add_cartridge_product(
    *,
    clinic: Clinic,
    name: str,
    maker: str,
    needles: int,
    clearance_no: str,
    fits: Iterable[DeviceModel],
    code: str,
    level: str,
    units: int | None,
    by: User,
    at: dt.datetime,
) -> CartridgeProduct:
    """Add a product for all clinics, with the code on one of its packages.

    Refuses an empty name or maker, one that is on file (409), a clearance number of another
    form, a product that fits no device, and whatever `add_package_code` refuses.
    """
    product = CartridgeProduct()
    _take(product, name, maker, needles, clearance_no)
    fitting = _fitting(fits)
    product.write()
    product.fits.set(fitting)
    package = _package(product, code, level, units, today=clinic.day_of(at))
    package.write()
    record_everywhere(
        "cartridge_product.add",
        clinic=clinic,
        by=by,
        at=at,
        on=product,
        detail={
            "name": product.name,
            "fits": [str(one) for one in fitting],
            "number": package.value,
            "package": f"{package.get_level_display()} of {package.units}",
        },
    )
    return product


@act("cartridge_product.change", may=Permission.SET_UP_CLINIC, on="clinic")
def change_cartridge_product(
    *,
    clinic: Clinic,
    product: CartridgeProduct,
    name: str,
    maker: str,
    needles: int,
    clearance_no: str,
    fits: Iterable[DeviceModel],
    version: int | None = None,
    by: User,
    at: dt.datetime,
) -> CartridgeProduct:
    """Change what is on file of a product, for all clinics; cartridges used so far stay used.

    Refuses a stale version (P12, 409), what `add_cartridge_product` refuses of these fields, and
    any change while a clinic that one does not set up has units of it (R54).
    """
    held = _held(product)
    held.expect(version)
    before = {column: getattr(held, column) for column in COLUMNS}
    fitted = sorted(held.fits.all(), key=str)
    _take(held, name, maker, needles, clearance_no)
    fitting = _fitting(fits)
    held.write(only=COLUMNS)
    held.fits.set(fitting)
    changed = [column for column in COLUMNS if getattr(held, column) != before[column]]
    told = {column: before[column] for column in changed}
    if {one.pk for one in fitted} != {one.pk for one in fitting}:
        changed.append("fits")
        told["fits"] = [str(one) for one in fitted]
    if changed:
        _refuse_elsewhere(held, before["name"], by)
    record_everywhere(
        "cartridge_product.change",
        clinic=clinic,
        by=by,
        at=at,
        on=held,
        detail={"name": held.name, "fields": changed, "before": told},
    )
    return held


@act("cartridge_product.set_use", may=Permission.SET_UP_CLINIC, on="clinic")
def set_cartridge_product_use(
    *,
    clinic: Clinic,
    product: CartridgeProduct,
    in_use: bool,
    version: int | None = None,
    by: User,
    at: dt.datetime,
) -> CartridgeProduct:
    """Take a product out of use for all clinics, or bring it back.

    Out of use, none of it comes in and no unit of it is opened; the units stay counted. Refuses
    a stale version (P12, 409), a change to what it is already, and while a clinic that one does
    not set up has units of it (R54).
    """
    held = _held(product)
    held.expect(version)
    if held.is_active == in_use:
        stands = "in use" if in_use else "out of use"
        raise Refusal(f"{held.name} is {stands} already.", rule="input")
    _refuse_elsewhere(held, held.name, by)
    held.is_active = in_use
    held.write(only=["is_active"])
    record_everywhere(
        "cartridge_product.set_use",
        clinic=clinic,
        by=by,
        at=at,
        on=held,
        detail={"name": held.name, "in_use": in_use},
    )
    return held


@act("cartridge_product.add_code", may=Permission.SET_UP_CLINIC, on="clinic")
def add_package_code(
    *,
    clinic: Clinic,
    product: CartridgeProduct,
    code: str,
    level: str,
    units: int | None,
    by: User,
    at: dt.datetime,
) -> ProductIdentifier:
    """Add the code on a package of a product, and how many cartridges are in it.

    Refuses a code whose check digit or check character is wrong, or that names no product
    (R14), one that is on file (409), and a number of cartridges that no such package holds.
    """
    held = _held(product)
    package = _package(held, code, level, units, today=clinic.day_of(at))
    package.write()
    record_everywhere(
        "cartridge_product.add_code",
        clinic=clinic,
        by=by,
        at=at,
        on=held,
        detail={
            "name": held.name,
            "number": package.value,
            "package": f"{package.get_level_display()} of {package.units}",
        },
    )
    return package


@act("cartridge_product.change_code", may=Permission.SET_UP_CLINIC, on="clinic")
def change_package(
    *,
    clinic: Clinic,
    package: ProductIdentifier,
    level: str,
    units: int | None,
    version: int | None = None,
    by: User,
    at: dt.datetime,
) -> ProductIdentifier:
    """Correct what kind of package a code is on, and how many cartridges are in it.

    Deliveries received so far keep their count. Refuses a stale version (P12, 409), a number of
    cartridges that no such package holds, and while a clinic that one does not set up has units
    of the product (R54).
    """
    held = _held(package.product)
    row = ProductIdentifier.objects.select_for_update(no_key=True).get(pk=package.pk)
    row.expect(version)
    before = f"{row.get_level_display()} of {row.units}"
    row.level, row.units = level, _units(level, units)
    _refuse_elsewhere(held, held.name, by)
    row.write(only=["level", "units"])
    record_everywhere(
        "cartridge_product.change_code",
        clinic=clinic,
        by=by,
        at=at,
        on=held,
        detail={
            "name": held.name,
            "number": row.value,
            "from": before,
            "to": f"{row.get_level_display()} of {row.units}",
        },
    )
    return row


def _held(product: CartridgeProduct) -> CartridgeProduct:
    return CartridgeProduct.objects.select_for_update(no_key=True).get(pk=product.pk)


def _refuse_elsewhere(product: CartridgeProduct, name: str, by: User) -> None:
    """What is on the shelf of a clinic is not changed over its head."""
    units = Cartridge.objects.on_hand().filter(lot__product=product)
    refuse_elsewhere(name, units.order_by().values_list("lot__clinic", flat=True).distinct(), by=by)


def _take(
    product: CartridgeProduct, name: str, maker: str, needles: int, clearance_no: str
) -> None:
    product.name, product.maker = squeezed(name), squeezed(maker)
    for field in ("name", "maker"):
        if not getattr(product, field):
            raise Refusal(f"Give the {field} of the product.", rule="input", field=field)
    others = CartridgeProduct.objects.filter(name_key=folded(product.maker, product.name))
    if others.exclude(pk=product.pk).exists():
        raise Conflict(
            f"{product.name} by {product.maker} is on file already.",
            rule="input",
            field="name",
            way_out="Add the code to that product.",
        )
    if not 1 <= needles <= 200:
        raise Refusal("A cartridge has 1 to 200 needles.", rule="input", field="needles")
    product.needles = needles
    product.clearance_no = squeezed(clearance_no).upper()


def _fitting(fits: Iterable[DeviceModel]) -> list[DeviceModel]:
    fitting = sorted(fits, key=str)
    if not fitting:
        raise Refusal("Choose at least one device that it fits.", rule="R7", field="fits")
    return fitting


def _package(
    product: CartridgeProduct, code: str, level: str, units: int | None, *, today: dt.date
) -> ProductIdentifier:
    read = read_package_code(code, today=today)
    if not isinstance(read, PackageCode):
        raise Refusal(read, rule="R14", field="code")
    known = ProductIdentifier.objects.filter(value=read.di).select_related("product").first()
    if known is not None:
        raise Conflict(
            f"Number {read.di} belongs to {known.product.name} already.",
            rule="input",
            field="code",
        )
    return ProductIdentifier(
        product=product,
        scheme=read.scheme.value,
        value=read.di,
        level=level,
        units=_units(level, units),
    )


def _units(level: str, units: int | None) -> int:
    if level not in Level.values:
        raise Refusal("Choose what kind of package it is.", rule="input", field="level")
    if level == Level.UNIT:
        if units not in (None, 1):
            raise Refusal(
                "The pouch of a single cartridge holds one.",
                rule="input",
                field="units",
                way_out="If there are more in it, choose box or case.",
            )
        return 1
    if units is None or not 1 <= units <= MOST_UNITS:
        raise Refusal(
            f"Say how many cartridges are in it, 1 to {MOST_UNITS:,}.",
            rule="input",
            field="units",
        )
    return units
