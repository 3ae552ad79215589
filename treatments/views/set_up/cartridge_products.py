"""Cartridge products: what may come in, on which devices it goes, and the codes of its packages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from clinic.forms.set_up import UseForm
from clinic.permissions import Permission
from clinic.views.doors import acting
from clinic.views.set_up import Line, SetUpChange, SetUpForm, SetUpList, SetUpRow, SetUpUse
from treatments import operations
from treatments.forms.cartridge_products import (
    AddCartridgeProductForm,
    AddPackageCodeForm,
    ChangeCartridgeProductForm,
    ChangePackageForm,
    size_of,
)
from treatments.models import CartridgeProduct, ProductIdentifier
from treatments.queries.cartridge_products import (
    cartridge_products,
    models_to_fit,
    packages_on_file,
    units_here,
)
from treatments.rules.intake import PackageCode, read_package_code
from treatments.rules.intake.read import LONGEST


class CartridgeProducts(SetUpList):
    """All products, those in use first."""

    title = "Cartridge products"
    lead = "Cartridges that may come in, the same for all clinics. A scan knows them by their code."
    columns = ("Product", "Maker", "Needles", "Fits", "Packages", "Standing")
    add = "setup-cartridge-product-add"
    add_label = "Add a product"
    empty = "A delivery can come in once its product is on file here."

    def lines(self) -> Sequence[Line]:
        return [
            Line(
                one.name,
                reverse("setup-cartridge-product", args=[one.pk]),
                (
                    one.maker,
                    str(one.needles),
                    ", ".join(str(model) for model in one.fits.all()),
                    ", ".join(size_of(package) for package in one.identifiers.all()),
                ),
                status="active" if one.is_active else "inactive",
                label="In use" if one.is_active else "Out of use",
            )
            for one in cartridge_products()
        ]


class _WithCode(SetUpForm):
    """A page that goods-in leads to with the code it did not know, and back again after."""

    @property
    def scanned(self) -> str:
        """The code that goods-in did not know; "" for whoever came another way."""
        return self.request.GET.get("code", "")[:LONGEST]

    def get_initial(self) -> dict[str, Any]:
        today = self.request.clinic.day_of(timezone.now())
        read = read_package_code(self.scanned, today=today)
        if not isinstance(read, PackageCode):
            return {"code": self.scanned}
        return {"code": self.scanned, "level": read.level.value.lower()}

    def onward(self, product: CartridgeProduct) -> str:
        """Back to the delivery, for whoever came from there; else to the product."""
        if self.scanned and self.request.user.can(Permission.RECEIVE_STOCK, self.request.clinic.pk):
            return back_to_delivery(self.scanned)
        return reverse("setup-cartridge-product", args=[product.pk])


class AddCartridgeProduct(_WithCode):
    """One product more, with the code on one of its packages."""

    title = "Add a cartridge product"
    lead = "Take everything from its label. All clinics can receive it then."
    verb = "Add the product"
    after = "setup-cartridge-products"
    after_label = "Cartridge products"
    template_name = "treatments/cartridge_product_add.html"
    form_class = AddCartridgeProductForm

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"models": models_to_fit()}

    def perform(self, form: AddCartridgeProductForm) -> CartridgeProduct:
        return operations.add_cartridge_product(
            clinic=self.request.clinic, **form.values, **acting(self.request), once=form.key
        )

    def where_to(self, result: CartridgeProduct) -> str:
        messages.success(self.request, f"{result} is on file and can come in.")
        return self.onward(result)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked = f"?{urlencode({'code': self.scanned})}" if self.scanned else ""
        known = [
            {
                "name": one.name,
                "url": reverse("setup-cartridge-product-code", args=[one.pk]) + asked,
            }
            for one in (cartridge_products().filter(is_active=True) if asked else ())
        ]
        return super().get_context_data(**kwargs) | {"known": known}


class _OneProduct(SetUpRow):
    after = "setup-cartridge-products"
    after_label = "Cartridge products"

    def rows(self) -> QuerySet[CartridgeProduct]:
        return cartridge_products()


class ChangeCartridgeProduct(_OneProduct, SetUpChange):
    """What is on file of it; beside that the codes on its packages."""

    template_name = "treatments/cartridge_product.html"
    form_class = ChangeCartridgeProductForm
    use = "setup-cartridge-product-use"

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"models": models_to_fit(self.row)}

    def get_initial(self) -> dict[str, Any]:
        return super().get_initial() | {"fits": list(self.row.fits.all())}

    def perform(self, form: ChangeCartridgeProductForm) -> CartridgeProduct:
        return operations.change_cartridge_product(
            clinic=self.request.clinic,
            product=self.row,
            **form.values,
            **acting(self.request),
            once=form.key,
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "title": self.row.name,
            "lead": "A change holds for all clinics.",
            "packages": [
                {
                    "number": one.value,
                    "scheme": one.get_scheme_display(),
                    "size": size_of(one),
                    "url": reverse("setup-cartridge-package", args=[one.pk]),
                }
                for one in self.row.identifiers.all()
            ],
        }


class UseCartridgeProduct(_OneProduct, SetUpUse):
    """Out of use, or back."""

    template_name = "treatments/cartridge_product_use.html"
    page = "setup-cartridge-product"
    what = "product"
    everywhere = True

    def perform(self, form: UseForm) -> CartridgeProduct:
        return operations.set_cartridge_product_use(
            clinic=self.request.clinic,
            product=self.row,
            **form.values,
            **acting(self.request),
            once=form.key,
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        units = units_here(self.row, self.request.clinic)
        return super().get_context_data(**kwargs) | {"units": units}


class AddPackageCode(_OneProduct, _WithCode):
    """The code on another of its packages."""

    title = "Add a code"
    verb = "Add the code"
    form_class = AddPackageCodeForm

    def perform(self, form: AddPackageCodeForm) -> ProductIdentifier:
        return operations.add_package_code(
            clinic=self.request.clinic,
            product=self.row,
            **form.values,
            **acting(self.request),
            once=form.key,
        )

    def where_to(self, result: ProductIdentifier) -> str:
        messages.success(self.request, f"{self.row}: number {result} is on file.")
        return self.onward(self.row)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "lead": self.row.name,
            "back": reverse("setup-cartridge-product", args=[self.row.pk]),
            "back_label": self.row.name,
        }


class ChangePackage(SetUpRow):
    """What a code is on, and how many cartridges are in it."""

    title = "Change a package"
    after = "setup-cartridge-products"
    after_label = "Cartridge products"
    form_class = ChangePackageForm

    def rows(self) -> QuerySet[ProductIdentifier]:
        return packages_on_file()

    def get_initial(self) -> dict[str, Any]:
        return {"level": self.row.level, "units": self.row.units, "version": self.row.version}

    def perform(self, form: ChangePackageForm) -> ProductIdentifier:
        return operations.change_package(
            clinic=self.request.clinic,
            package=self.row,
            **form.values,
            **acting(self.request),
            once=form.key,
        )

    def where_to(self, result: ProductIdentifier) -> str:
        messages.success(self.request, f"{result}: {size_of(result).lower()}.")
        return reverse("setup-cartridge-product", args=[result.product_id])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "lead": f"{self.row.product}, number {self.row.value}. "
            "Deliveries received so far keep their count.",
            "back": reverse("setup-cartridge-product", args=[self.row.product_id]),
            "back_label": self.row.product.name,
        }


def back_to_delivery(scan: str) -> str:
    """Goods-in, with the code in its field."""
    return f"{reverse('cartridge-receive')}?{urlencode({'scan': scan})}"
