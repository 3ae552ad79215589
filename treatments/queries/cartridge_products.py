"""Cartridge products, as the set-up pages list them."""

from __future__ import annotations

from django.db.models import QuerySet

from clinic.models import Clinic, DeviceModel
from treatments.models import Cartridge, CartridgeProduct, ProductIdentifier
from treatments.rules.status import Unit


def cartridge_products() -> QuerySet[CartridgeProduct]:
    """All products with the models they fit and their packages, in use first; three queries."""
    found = CartridgeProduct.objects.prefetch_related("fits", "identifiers")
    return found.order_by("-is_active", "name", "pk")


def models_to_fit(product: CartridgeProduct | None = None) -> QuerySet[DeviceModel]:
    """The device models in use, and those that the product fits already."""
    found = DeviceModel.objects.filter(is_active=True)
    if product is not None:
        found = found | DeviceModel.objects.filter(cartridge_products=product)
    return found.distinct().order_by("name", "pk")


def packages_on_file() -> QuerySet[ProductIdentifier]:
    """Every code on file, with its product."""
    return ProductIdentifier.objects.select_related("product")


def units_here(product: CartridgeProduct, clinic: Clinic) -> int:
    """How many unopened units of the product the clinic holds."""
    held = Cartridge.objects.filter(clinic=clinic, lot__product=product)
    return held.filter(status__in=[str(Unit.IN_STOCK), str(Unit.QUARANTINED)]).count()
