"""The treatment's acts and the cartridge's."""

from treatments.operations.cartridge_products import (
    add_cartridge_product,
    add_package_code,
    change_cartridge_product,
    change_package,
    set_cartridge_product_use,
)
from treatments.operations.catalogs import load_catalog
from treatments.operations.charting import (
    add_pass,
    amend_chart,
    open_chart,
    read_chart,
    remove_pass,
    start,
)
from treatments.operations.custody import claim_unit, waste_in_treatment, waste_unit
from treatments.operations.depth_rules import change_depth_rule
from treatments.operations.devices import clean_device
from treatments.operations.ending import abort, finish
from treatments.operations.goods_in import receive_lot, receive_scan
from treatments.operations.numbing import apply_numbing, decline_numbing, remove_numbing
from treatments.operations.reports import export_balance
from treatments.operations.scanning import Scanned, scan_cartridge
from treatments.operations.signing import add_addendum, sign
from treatments.operations.skin_products import (
    add_glide_product,
    add_numbing_product,
    change_glide_product,
    change_numbing_product,
    set_glide_product_use,
    set_numbing_product_use,
)

__all__ = [
    "Scanned",
    "abort",
    "add_addendum",
    "add_cartridge_product",
    "add_glide_product",
    "add_numbing_product",
    "add_package_code",
    "add_pass",
    "amend_chart",
    "apply_numbing",
    "change_cartridge_product",
    "change_depth_rule",
    "change_glide_product",
    "change_numbing_product",
    "change_package",
    "claim_unit",
    "clean_device",
    "decline_numbing",
    "export_balance",
    "finish",
    "load_catalog",
    "open_chart",
    "read_chart",
    "receive_lot",
    "receive_scan",
    "remove_numbing",
    "remove_pass",
    "scan_cartridge",
    "set_cartridge_product_use",
    "set_glide_product_use",
    "set_numbing_product_use",
    "sign",
    "start",
    "waste_in_treatment",
    "waste_unit",
]
