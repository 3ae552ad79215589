"""What the demo has beside the shipped catalogs: pens and cartridges of no real maker."""

from __future__ import annotations

from dataclasses import dataclass

from clinic.models import DeviceModel
from treatments.models import CartridgeProduct, NumbingProduct, ProductIdentifier

MAKER = "Lumen Aesthetics"
CLEARANCE = "K999520"  # of nobody: the demo's maker does not exist
# Scheme, number (prefix 952 is the demonstration prefix), package, units in it.
IDENTIFIERS: dict[str, tuple[tuple[str, str, str, int], ...]] = {
    "Lumen Cartridge 14": (
        ("GS1", "09521234543213", "unit", 1),
        ("GS1", "19521234543210", "box", 6),
        ("HIBC", "A999SPCART10", "unit", 1),
    ),
    "Lumen Cartridge 12": (("GS1", "09529876000019", "unit", 1),),
    "Lumen Cartridge 36 Body": (("GS1", "09529876000026", "unit", 1),),
}


@dataclass(frozen=True)
class Catalog:
    """The pen, the package that most deliveries come in, and the others."""

    model: DeviceModel
    box: ProductIdentifier
    pouch: ProductIdentifier
    other_pouch: ProductIdentifier
    cream: NumbingProduct


def catalog() -> Catalog:
    """The demo's catalog, written where it is not there yet."""
    model = _pen("Lumen Pen P1", 150)
    for name, needles, fits in (
        ("Lumen Cartridge 14", 14, [model]),
        ("Lumen Cartridge 12", 12, [model]),
        ("Lumen Cartridge 36 Body", 36, [_pen("Lumen Pen Body", 250)]),
    ):
        _cartridge(name, needles, fits)
    number = {one.value: one for one in ProductIdentifier.objects.select_related("product")}
    return Catalog(
        model=model,
        box=number["19521234543210"],
        pouch=number["09521234543213"],
        other_pouch=number["09529876000019"],
        cream=NumbingProduct.objects.get(code="LIDO4"),
    )


def _pen(name: str, label_max: int) -> DeviceModel:
    made, _ = DeviceModel.objects.get_or_create(
        maker=MAKER, name=name, defaults={"clearance_no": CLEARANCE, "label_max": label_max}
    )
    return made


def _cartridge(name: str, needles: int, fits: list[DeviceModel]) -> None:
    product, made = CartridgeProduct.objects.get_or_create(
        maker=MAKER, name=name, defaults={"needles": needles, "clearance_no": CLEARANCE}
    )
    if made:
        product.fits.set(fits)
        for scheme, value, level, units in IDENTIFIERS[name]:
            ProductIdentifier(
                product=product, scheme=scheme, value=value, level=level, units=units
            ).write()
