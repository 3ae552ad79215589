"""Numbing products: their limits, their ingredients, and which are in use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from clinic.permissions import Permission
from clinic.views.doors import acting
from clinic.views.set_up import Line, SetUpChange, SetUpForm, SetUpList, SetUpRow, SetUpUse
from treatments import operations
from treatments.forms.skin_products import (
    AddNumbingProductForm,
    ChangeNumbingProductForm,
    UseNumbingProductForm,
)
from treatments.models import NumbingProduct
from treatments.queries.skin_products import numbing_products, prescribers
from treatments.rules.charting import say_grams

EITHER = (Permission.SET_UP_CLINIC, Permission.ALLOW_PRESCRIBED)


class NumbingProducts(SetUpList):
    """All numbing products, those in use first."""

    may = EITHER
    title = "Numbing products"
    lead = (
        "The same for all clinics. What needs a prescription is put into use by the medical "
        "director, who names a prescriber."
    )
    columns = ("Product", "Ingredients", "Dwell", "Most", "Sold", "Standing")
    add = "setup-numbing-product-add"
    add_label = "Add a numbing product"
    empty = "The catalog of numbing products is not loaded: run manage.py load_catalog."

    def lines(self) -> Sequence[Line]:
        may_change = self.request.user.can(Permission.SET_UP_CLINIC, self.request.clinic.pk)
        page = "setup-numbing-product" if may_change else "setup-numbing-product-use"
        return [
            Line(
                one.name,
                reverse(page, args=[one.pk]),
                (
                    one.ingredients,
                    f"{one.min_dwell} to {one.max_dwell} min",
                    _most(one),
                    _sold(one),
                ),
                status="active" if one.is_active else "inactive",
                label="In use" if one.is_active else "Out of use",
            )
            for one in numbing_products()
        ]


class AddNumbingProduct(SetUpForm):
    """One that no catalog has."""

    title = "Add a numbing product"
    lead = "For all clinics. It is out of use until somebody puts it into use."
    verb = "Add the product"
    after = "setup-numbing-products"
    after_label = "Numbing products"
    form_class = AddNumbingProductForm

    def get_initial(self) -> dict[str, Any]:
        return {"min_age": 18, "cover": "no"}

    def said(self, result: NumbingProduct) -> str:
        return f"{result} is on file, out of use."

    def perform(self, form: AddNumbingProductForm) -> NumbingProduct:
        return operations.add_numbing_product(
            clinic=self.request.clinic, **form.values, **acting(self.request), once=form.key
        )


class _OneNumbing(SetUpRow):
    after = "setup-numbing-products"
    after_label = "Numbing products"

    def rows(self) -> QuerySet[NumbingProduct]:
        return numbing_products()


class ChangeNumbingProduct(_OneNumbing, SetUpChange):
    """Its limits; beside them what is in it."""

    template_name = "treatments/numbing_product.html"
    form_class = ChangeNumbingProductForm
    use = "setup-numbing-product-use"

    def perform(self, form: ChangeNumbingProductForm) -> NumbingProduct:
        return operations.change_numbing_product(
            clinic=self.request.clinic,
            product=self.row,
            **form.values,
            **acting(self.request),
            once=form.key,
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "title": self.row.name,
            "lead": "Its label's limits, or your stricter ones; the same for all clinics.",
            "parts": self.row.parts.all(),
            "sold": _sold(self.row),
        }


class UseNumbingProduct(_OneNumbing, SetUpUse):
    """Into use or out of it."""

    may = EITHER
    template_name = "treatments/numbing_product_use.html"
    form_class = UseNumbingProductForm
    page = "setup-numbing-product"
    what = "product"
    everywhere = True

    def asks_prescriber(self) -> bool:
        """Whether who asks puts into use what needs a prescription."""
        director = self.request.user.can(Permission.ALLOW_PRESCRIBED, self.request.clinic.pk)
        return bool(self.row.rx_required and not self.row.is_active and director)

    def get_form_kwargs(self) -> dict[str, Any]:
        clinic = self.request.clinic
        able = prescribers(clinic, on=clinic.day_of(timezone.now()))
        return super().get_form_kwargs() | {"prescribers": able if self.asks_prescriber() else None}

    def perform(self, form: UseNumbingProductForm) -> NumbingProduct:
        return operations.set_numbing_product_use(
            clinic=self.request.clinic,
            product=self.row,
            **form.values,
            **acting(self.request),
            once=form.key,
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = super().get_context_data(**kwargs) | {
            "asks": self.asks_prescriber(),
            "others": numbing_products().filter(is_active=True).exclude(pk=self.row.pk),
        }
        if not self.request.user.can(Permission.SET_UP_CLINIC, self.request.clinic.pk):
            found |= {"back": reverse(self.after), "back_label": self.after_label}
        return found


def _most(product: NumbingProduct) -> str:
    said = [
        f"{say_grams(product.max_amount)} g" if product.max_amount else "",
        f"{product.max_area:,} cm²" if product.max_area else "",
        f"{say_grams(product.per_10cm2)} g on 10 cm²" if product.per_10cm2 else "",
    ]
    return ", ".join(one for one in said if one) or "No limit on file"


def _sold(product: NumbingProduct) -> str:
    if product.compounded:
        return "Compounded, on prescription"
    return "On prescription" if product.rx_required else "Over the counter"
