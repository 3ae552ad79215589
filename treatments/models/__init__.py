"""The clinical act and the cartridge."""

from treatments.models.cartridges import Cartridge
from treatments.models.charts import Treatment
from treatments.models.entries import NeedlingPass, NumbingApplication
from treatments.models.lots import CartridgeLot, CartridgeProduct, ProductIdentifier
from treatments.models.movements import StockMovement
from treatments.models.products import (
    DepthRule,
    DeviceCleaning,
    GlideProduct,
    NumbingIngredient,
    NumbingProduct,
)
from treatments.models.signing import Addendum, Signature

__all__ = [
    "Addendum",
    "Cartridge",
    "CartridgeLot",
    "CartridgeProduct",
    "DepthRule",
    "DeviceCleaning",
    "GlideProduct",
    "NeedlingPass",
    "NumbingApplication",
    "NumbingIngredient",
    "NumbingProduct",
    "ProductIdentifier",
    "Signature",
    "StockMovement",
    "Treatment",
]
