"""What is put on the skin, how deep the label goes where, and that a pen was cleaned."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q

from clinic.constraints import append_only, bounded, check
from clinic.models import Clinic, Device, Practitioner, Row
from clinic.models.base import FromCatalog, NameKey, ScopedQuerySet
from treatments.rules.areas import AREAS


class NumbingProduct(FromCatalog):
    """A topical anesthetic the clinic may put on: dwell in minutes, amounts in tenths of a gram.

    Its limits are the label's, or the clinic's stricter ones; None means that the label has none.
    """

    code = models.SlugField(max_length=20)
    name = models.CharField(max_length=80)
    name_key = NameKey(of=["name"])
    ingredients = models.CharField(max_length=120)
    min_dwell = models.PositiveSmallIntegerField("shortest dwell (minutes)")
    max_dwell = models.PositiveSmallIntegerField("longest dwell (minutes)")
    ndc = models.CharField(
        "NDC",
        max_length=14,
        blank=True,
        validators=[RegexValidator(r"^\d{4,5}-\d{3,4}-\d{1,2}$", "Use the form 0168-0357-30.")],
    )
    rxcui = models.CharField(
        "RxCUI",
        max_length=8,
        blank=True,
        validators=[RegexValidator(r"^\d+$", "An RxCUI has digits only.")],
    )
    rx_required = models.BooleanField("needs a prescription", default=False)
    compounded = models.BooleanField(default=False)
    occlusion_allowed = models.BooleanField("may be covered", default=False)
    occlusion_required = models.BooleanField("must be covered", default=False)
    max_amount = models.PositiveSmallIntegerField("most (0.1 g)", null=True, blank=True)
    max_area = models.PositiveSmallIntegerField("largest area (cm²)", null=True, blank=True)
    per_10cm2 = models.PositiveSmallIntegerField("most on 10 cm² (0.1 g)", null=True, blank=True)
    min_age = models.PositiveSmallIntegerField("youngest (years)", default=18)
    is_active = models.BooleanField(default=False)
    prescriber = models.ForeignKey(
        Practitioner, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["code"],
                name="numbing_product_code_once",
                violation_error_message="A numbing product of this code is on file.",
            ),
            models.UniqueConstraint(
                fields=["name_key"],
                name="numbing_product_name_once",
                violation_error_message="A numbing product of that name is on file.",
                violation_error_code="name",
            ),
            check(
                "numbing_product_dwell_in_order",
                Q(min_dwell__lte=F("max_dwell")),
                "The shortest dwell is at most the longest.",
            ),
            check(
                "numbing_product_cover",
                Q(occlusion_required=False) | Q(occlusion_allowed=True),
                "What must be covered may be covered.",
            ),
            check(
                "numbing_product_prescribed",
                Q(is_active=False) | Q(rx_required=False) | Q(prescriber__isnull=False),
                "A product that needs a prescription is in use with its prescriber.",
            ),
            check(
                "numbing_product_amounts",
                (Q(max_amount__isnull=True) | Q(max_amount__gte=1, max_amount__lte=600))
                & (Q(max_area__isnull=True) | Q(max_area__gte=1, max_area__lte=2000))
                & (Q(per_10cm2__isnull=True) | Q(per_10cm2__gte=1, per_10cm2__lte=600)),
                "A limit is at most 60 grams or 2,000 cm².",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def cover(self) -> str:
        """Whether it is covered, in one word: no, may or must."""
        if self.occlusion_required:
            return "must"
        return "may" if self.occlusion_allowed else "no"


class NumbingIngredient(Row):
    """An anesthetic in a numbing product: its class decides about allergies (ruling N3)."""

    class Family(models.TextChoices):
        AMIDE = "amide", "Amide"
        ESTER = "ester", "Ester"

    product = models.ForeignKey(NumbingProduct, models.PROTECT, related_name="parts")
    name = models.CharField(max_length=40)
    family = models.CharField("class", max_length=5, choices=Family)
    mg_per_g = models.PositiveSmallIntegerField("mg per g")

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["product", "name"],
                name="numbing_ingredient_once",
                violation_error_message="This ingredient is listed.",
            ),
            check(
                "numbing_ingredient_family_known",
                Q(family__in=["amide", "ester"]),
                "Use a known class.",
            ),
            check(
                "numbing_ingredient_strength",
                Q(mg_per_g__gte=1, mg_per_g__lte=1000),
                "A gram holds 1 to 1,000 mg.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class GlideProduct(FromCatalog):
    """What the pen glides on: nothing else goes under the needle (R37)."""

    name = models.CharField(max_length=80)
    maker = models.CharField(max_length=80)
    name_key = NameKey(of=["maker", "name"])
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["name_key"],
                name="glide_product_once",
                violation_error_message="A product of that maker and name is on file.",
                violation_error_code="name",
            )
        ]

    def __str__(self) -> str:
        return self.name


class DepthRule(FromCatalog):
    """How deep an area is needled: the usual depths in words, the most in hundredths of a mm.

    `max_with_order` is the most under a clinician's order; None: no more than `max_depth`.
    """

    area = models.CharField(max_length=30, choices=AREAS)
    usual = models.CharField(max_length=80, blank=True)
    max_depth = models.PositiveSmallIntegerField("most (0.01 mm)")
    max_with_order = models.PositiveSmallIntegerField(
        "most with an order (0.01 mm)", null=True, blank=True
    )
    note = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ["area", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["area"],
                name="depth_rule_once_per_area",
                violation_error_message="This area has its rule.",
            ),
            check(
                "depth_rule_area_known",
                Q(area__in=[code for code, _words in AREAS]),
                "Use a known area.",
            ),
            check(
                "depth_rule_in_order",
                Q(max_depth__gte=1, max_depth__lte=400)
                & (
                    Q(max_with_order__isnull=True)
                    | Q(max_with_order__gte=F("max_depth"), max_with_order__lte=400)
                ),
                "With an order one goes deeper, and at most 4 mm.",
            ),
        ]

    def __str__(self) -> str:
        return self.get_area_display()


class DeviceCleaning(Row):
    """That a pen was cleaned, by whom and with what (R49); written once."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+")
    device = models.ForeignKey(Device, models.PROTECT, related_name="cleanings")
    agent = models.CharField("cleaned with", max_length=80)
    cleaned_at = models.DateTimeField()
    cleaned_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-cleaned_at", "pk"]
        indexes = [models.Index(fields=["device", "cleaned_at"], name="cleaning_by_device")]
        constraints = [bounded("cleaning_dates_bounded", instants=["cleaned_at"])]

    guards = append_only(
        "treatments_devicecleaning", says="A cleaning on file stays as it was written."
    )

    def __str__(self) -> str:
        return f"{self.device_id} {self.cleaned_at}"
