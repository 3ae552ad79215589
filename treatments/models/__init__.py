"""The clinical act and the cartridge."""

from treatments.models.cartridges import (
    Cartridge,
    CartridgeLot,
    CartridgeProduct,
    ProductIdentifier,
    StockMovement,
)
from treatments.models.charts import Treatment
from treatments.models.entries import NeedlingPass, NumbingApplication, NumbingProduct
from treatments.models.signing import Addendum, Signature

__all__ = [
    "Addendum",
    "Cartridge",
    "CartridgeLot",
    "CartridgeProduct",
    "NeedlingPass",
    "NumbingApplication",
    "NumbingProduct",
    "ProductIdentifier",
    "Signature",
    "StockMovement",
    "Treatment",
]
