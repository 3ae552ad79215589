"""What is put on the skin: numbing products and their limits, and what the pen glides on."""

from treatments.operations.skin_products.glide import (
    add_glide_product,
    change_glide_product,
    set_glide_product_use,
)
from treatments.operations.skin_products.numbing import (
    add_numbing_product,
    change_numbing_product,
    set_numbing_product_use,
)

__all__ = [
    "add_glide_product",
    "add_numbing_product",
    "change_glide_product",
    "change_numbing_product",
    "set_glide_product_use",
    "set_numbing_product_use",
]
