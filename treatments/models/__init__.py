"""The clinical act and the cartridge."""

from treatments.models.cartridges import Cartridge
from treatments.models.charts import Treatment
from treatments.models.entries import NeedlingPass, NumbingApplication, NumbingProduct
from treatments.models.lots import CartridgeLot, CartridgeProduct, ProductIdentifier
from treatments.models.movements import StockMovement
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
