"""What is put on the skin, as the set-up pages list it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.db.models import QuerySet

from clinic.models import Clinic, License, Practitioner
from treatments.models import DepthRule, GlideProduct, NeedlingPass, NumbingProduct, Treatment
from treatments.rules.charting import depth_on_file

PRESCRIBES = (License.Kind.MD, License.Kind.DO, License.Kind.APRN_NP, License.Kind.PA)


def numbing_products() -> QuerySet[NumbingProduct]:
    """All numbing products with their ingredients, in use first; two queries."""
    found = NumbingProduct.objects.select_related("prescriber").prefetch_related("parts")
    return found.order_by("-is_active", "name", "pk")


def glide_products() -> QuerySet[GlideProduct]:
    """All glide products, in use first."""
    return GlideProduct.objects.order_by("-is_active", "name", "pk")


def depth_rules() -> QuerySet[DepthRule]:
    """The depth rule of each area."""
    return DepthRule.objects.order_by("area", "pk")


def too_deep(chart: Treatment, passes: Iterable[NeedlingPass]) -> list[str]:
    """A warning for each pass deeper than the rule of its area on file today (R20). One query."""
    rules = {one.area: one for one in DepthRule.objects.order_by("area", "pk")}
    found = [
        depth_on_file(
            one.depth,
            area=str(rules[one.area]),
            most=rules[one.area].max_depth,
            with_order=rules[one.area].max_with_order,
            label_most=chart.device.model.label_max,
        )
        for one in passes
        if one.area in rules
    ]
    return [warning for warning in found if warning]


def may_prescribe(practitioner: Practitioner, clinic: Clinic, *, on: dt.date) -> bool:
    """Whether she may prescribe in the clinic's state on that clinic-local date, wherever in the
    organization she works."""
    found = Practitioner.objects.filter(pk=practitioner.pk, is_active=True)
    return _licensed(found, clinic, on=on).exists()


def _licensed(
    found: QuerySet[Practitioner], clinic: Clinic, *, on: dt.date
) -> QuerySet[Practitioner]:
    return found.filter(
        licenses__kind__in=PRESCRIBES,
        licenses__state=clinic.state,
        licenses__status=License.Status.ACTIVE,
        licenses__issued_on__lte=on,
        licenses__expires_on__gte=on,
    )


def prescribers(clinic: Clinic, *, on: dt.date) -> QuerySet[Practitioner]:
    """Who works in the clinic and may prescribe in its state on that clinic-local date."""
    return _licensed(Practitioner.objects.working_in(clinic), clinic, on=on).distinct()
