"""What the pen glides on."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import QuerySet
from django.urls import reverse

from clinic.forms.set_up import UseForm
from clinic.views.doors import acting
from clinic.views.set_up import Line, SetUpChange, SetUpForm, SetUpList, SetUpRow, SetUpUse
from treatments import operations
from treatments.forms.skin_products import AddGlideProductForm, ChangeGlideProductForm
from treatments.models import GlideProduct
from treatments.queries.skin_products import glide_products


class GlideProducts(SetUpList):
    """All glide products, those in use first."""

    title = "Glide products"
    lead = "What a pen glides on; nothing else goes under the needle. The same for all clinics."
    columns = ("Product", "Maker", "Source", "Standing")
    add = "setup-glide-product-add"
    add_label = "Add a glide product"
    empty = "Nothing may go under the needle but what is listed here."

    def lines(self) -> Sequence[Line]:
        return [
            Line(
                one.name,
                reverse("setup-glide-product", args=[one.pk]),
                (one.maker, one.source),
                status="active" if one.is_active else "inactive",
                label="In use" if one.is_active else "Out of use",
            )
            for one in glide_products()
        ]


class AddGlideProduct(SetUpForm):
    """One glide product more."""

    title = "Add a glide product"
    verb = "Add the product"
    after = "setup-glide-products"
    after_label = "Glide products"
    form_class = AddGlideProductForm

    def perform(self, form: AddGlideProductForm) -> GlideProduct:
        return operations.add_glide_product(
            clinic=self.request.clinic, **form.values, **acting(self.request), once=form.key
        )


class _OneGlide(SetUpRow):
    after = "setup-glide-products"
    after_label = "Glide products"

    def rows(self) -> QuerySet[GlideProduct]:
        return glide_products()


class ChangeGlideProduct(_OneGlide, SetUpChange):
    """Another name or source, or out of use."""

    title = "Glide product"
    form_class = ChangeGlideProductForm
    use = "setup-glide-product-use"

    def perform(self, form: ChangeGlideProductForm) -> GlideProduct:
        return operations.change_glide_product(
            clinic=self.request.clinic,
            product=self.row,
            **form.values,
            **acting(self.request),
            once=form.key,
        )


class UseGlideProduct(_OneGlide, SetUpUse):
    """Out of use, or back."""

    page = "setup-glide-product"
    what = "product"
    everywhere = True

    def perform(self, form: UseForm) -> GlideProduct:
        return operations.set_glide_product_use(
            clinic=self.request.clinic,
            product=self.row,
            **form.values,
            **acting(self.request),
            once=form.key,
        )
