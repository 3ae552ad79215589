"""The catalog as a scan asks it."""

from __future__ import annotations

from treatments.models import ProductIdentifier
from treatments.rules.intake import CatalogEntry, Level


def catalog_entry(di: str) -> CatalogEntry | None:
    """What the catalog knows of a device identifier: GTIN-14, or HIBC without `+`; one query."""
    found = ProductIdentifier.objects.filter(value=di).select_related("product").first()
    if found is None:
        return None
    return CatalogEntry(
        di=found.value,
        product_name=found.product.name,
        level=Level[found.level.upper()],
        units=found.units,
    )
