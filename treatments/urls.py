"""The treatment room's and the stock's addresses."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path, re_path

from treatments.api import api
from treatments.views import acts, balance, chart, goods_in, landing, patients, room, stock
from treatments.views.set_up import (
    cartridge_products,
    checklist,
    depth_rules,
    device_models,
    devices,
    glide_products,
    numbing_products,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", api.urls),
    path("", landing.Landing.as_view(), name="landing"),
    path("setup/", checklist.SetUp.as_view(), name="setup"),
    path(
        "setup/cartridge-products/",
        cartridge_products.CartridgeProducts.as_view(),
        name="setup-cartridge-products",
    ),
    path(
        "setup/cartridge-products/add/",
        cartridge_products.AddCartridgeProduct.as_view(),
        name="setup-cartridge-product-add",
    ),
    path(
        "setup/cartridge-products/<uuid:pk>/",
        cartridge_products.ChangeCartridgeProduct.as_view(),
        name="setup-cartridge-product",
    ),
    path(
        "setup/cartridge-products/<uuid:pk>/use/",
        cartridge_products.UseCartridgeProduct.as_view(),
        name="setup-cartridge-product-use",
    ),
    path(
        "setup/cartridge-products/<uuid:pk>/code/",
        cartridge_products.AddPackageCode.as_view(),
        name="setup-cartridge-product-code",
    ),
    path(
        "setup/cartridge-packages/<uuid:pk>/",
        cartridge_products.ChangePackage.as_view(),
        name="setup-cartridge-package",
    ),
    path("setup/device-models/", device_models.DeviceModels.as_view(), name="setup-device-models"),
    path(
        "setup/device-models/add/",
        device_models.AddDeviceModel.as_view(),
        name="setup-device-model-add",
    ),
    path(
        "setup/device-models/<uuid:pk>/",
        device_models.ChangeDeviceModel.as_view(),
        name="setup-device-model",
    ),
    path(
        "setup/device-models/<uuid:pk>/use/",
        device_models.UseDeviceModel.as_view(),
        name="setup-device-model-use",
    ),
    path(
        "setup/numbing-products/",
        numbing_products.NumbingProducts.as_view(),
        name="setup-numbing-products",
    ),
    path(
        "setup/numbing-products/add/",
        numbing_products.AddNumbingProduct.as_view(),
        name="setup-numbing-product-add",
    ),
    path(
        "setup/numbing-products/<uuid:pk>/",
        numbing_products.ChangeNumbingProduct.as_view(),
        name="setup-numbing-product",
    ),
    path(
        "setup/numbing-products/<uuid:pk>/use/",
        numbing_products.UseNumbingProduct.as_view(),
        name="setup-numbing-product-use",
    ),
    path(
        "setup/glide-products/", glide_products.GlideProducts.as_view(), name="setup-glide-products"
    ),
    path(
        "setup/glide-products/add/",
        glide_products.AddGlideProduct.as_view(),
        name="setup-glide-product-add",
    ),
    path(
        "setup/glide-products/<uuid:pk>/",
        glide_products.ChangeGlideProduct.as_view(),
        name="setup-glide-product",
    ),
    path(
        "setup/glide-products/<uuid:pk>/use/",
        glide_products.UseGlideProduct.as_view(),
        name="setup-glide-product-use",
    ),
    path("setup/depth-rules/", depth_rules.DepthRules.as_view(), name="setup-depth-rules"),
    path(
        "setup/depth-rules/<uuid:pk>/",
        depth_rules.ChangeDepthRule.as_view(),
        name="setup-depth-rule",
    ),
    path("setup/devices/", devices.Devices.as_view(), name="setup-devices"),
    path("setup/devices/add/", devices.AddDevice.as_view(), name="setup-device-add"),
    path("setup/devices/<uuid:pk>/", devices.ChangeDevice.as_view(), name="setup-device"),
    path(
        "setup/devices/<uuid:pk>/status/",
        devices.DeviceStatus.as_view(),
        name="setup-device-status",
    ),
    path(
        "setup/devices/<uuid:pk>/clean/",
        devices.CleanDevice.as_view(),
        name="setup-device-clean",
    ),
    path("cartridges/", stock.Cartridges.as_view(), name="cartridges"),
    path("cartridges/<uuid:pk>/", stock.ShowUnit.as_view(), name="cartridge"),
    path("cartridges/<uuid:pk>/waste/", stock.WasteUnit.as_view(), name="cartridge-waste"),
    re_path(
        r"^cartridges/(?P<code>[Cc]-[0-9]{6,12})/$",
        stock.ByCode.as_view(),
        name="cartridge-code",
    ),
    path("cartridges/lots/<uuid:pk>/", stock.ShowLot.as_view(), name="cartridge-lot"),
    path("cartridges/lots/<uuid:pk>/codes/", stock.LotCodes.as_view(), name="cartridge-codes"),
    path("cartridges/receive/", goods_in.Receive.as_view(), name="cartridge-receive"),
    path(
        "cartridges/receive/confirm/",
        goods_in.ConfirmDelivery.as_view(),
        name="cartridge-receive-confirm",
    ),
    path(
        "cartridges/receive/by-hand/",
        goods_in.ReceiveByHand.as_view(),
        name="cartridge-receive-by-hand",
    ),
    path("cartridges/audit/", balance.CartridgeAudit.as_view(), name="cartridge-audit"),
    path(
        "cartridges/audit/export/",
        balance.CartridgeAuditExport.as_view(),
        name="cartridge-audit-export",
    ),
    path(
        "cartridges/audit/rows/",
        balance.CartridgeAuditRows.as_view(),
        name="cartridge-audit-rows",
    ),
    path(
        "cartridges/audit/rows/export/",
        balance.CartridgeAuditRowsExport.as_view(),
        name="cartridge-audit-rows-export",
    ),
    path("patients/<uuid:pk>/", patients.ShowPatient.as_view(), name="patient"),
    path("treatments/", room.Treatments.as_view(), name="treatments"),
    path("treatments/open/<uuid:pk>/", room.OpenChart.as_view(), name="treatment-open"),
    path("treatments/<uuid:pk>/", chart.ShowChart.as_view(), name="treatment"),
    path("treatments/<uuid:pk>/numb/", acts.CreamOn.as_view(), name="treatment-numb"),
    path("treatments/<uuid:pk>/numb-off/", acts.CreamOff.as_view(), name="treatment-numb-off"),
    path("treatments/<uuid:pk>/numb-none/", acts.NoCream.as_view(), name="treatment-numb-none"),
    path("treatments/<uuid:pk>/start/", acts.Start.as_view(), name="treatment-start"),
    path("treatments/<uuid:pk>/scan/", acts.Scan.as_view(), name="treatment-scan"),
    path("treatments/<uuid:pk>/claim/", acts.OpenUnit.as_view(), name="treatment-claim"),
    path("treatments/<uuid:pk>/waste/", acts.Waste.as_view(), name="treatment-waste"),
    path("treatments/<uuid:pk>/pass/", acts.AddPass.as_view(), name="treatment-pass"),
    path(
        "treatments/<uuid:pk>/pass-remove/",
        acts.RemovePass.as_view(),
        name="treatment-pass-remove",
    ),
    path("treatments/<uuid:pk>/finish/", acts.Finish.as_view(), name="treatment-finish"),
    path("treatments/<uuid:pk>/abort/", acts.EndEarly.as_view(), name="treatment-abort"),
    path("treatments/<uuid:pk>/amend/", acts.Amend.as_view(), name="treatment-amend"),
    path("treatments/<uuid:pk>/sign/", acts.Sign.as_view(), name="treatment-sign"),
    path("treatments/<uuid:pk>/addendum/", acts.Add.as_view(), name="treatment-addendum"),
]
