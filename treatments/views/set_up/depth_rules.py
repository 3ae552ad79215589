"""How deep one needles where: read by who sets up, decided by the medical director."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from clinic.permissions import Permission
from clinic.views.doors import acting
from clinic.views.set_up import Line, SetUpChange, SetUpList
from treatments import operations
from treatments.forms.depth_rules import ChangeDepthRuleForm
from treatments.models import DepthRule
from treatments.queries.skin_products import depth_rules
from treatments.rules.areas import AREAS
from treatments.rules.charting import say_depth


class DepthRules(SetUpList):
    """How deep each area may be needled."""

    may = (Permission.SET_UP_CLINIC, Permission.SEE_ALL_CHARTS)
    title = "Depth rules"
    lead = (
        "In millimeters, the same for all clinics; the medical director decides. "
        "Where the label says less, less holds. The chart warns of a deeper pass but does not "
        "refuse it: it does not know of orders yet."
    )
    columns = ("Area", "Usual", "Most", "With an order", "Note", "Source")
    empty = "The catalog of depth rules is not loaded: run manage.py load_catalog."

    def lines(self) -> Sequence[Line]:
        order = [code for code, _words in AREAS]
        decides = self.request.user.can(Permission.DECIDE_DEPTHS, self.request.clinic.pk)
        return [
            Line(
                str(one),
                reverse("setup-depth-rule", args=[one.pk]) if decides else "",
                (
                    one.usual,
                    say_depth(one.max_depth),
                    say_depth(one.max_with_order) if one.max_with_order else "",
                    one.note,
                    one.source,
                ),
            )
            for one in sorted(depth_rules(), key=lambda one: order.index(one.area))
        ]


class ChangeDepthRule(SetUpChange):
    """Another depth for one area."""

    may = (Permission.DECIDE_DEPTHS,)
    after = "setup-depth-rules"
    after_label = "Depth rules"
    form_class = ChangeDepthRuleForm

    def rows(self) -> QuerySet[DepthRule]:
        return depth_rules()

    def perform(self, form: ChangeDepthRuleForm) -> DepthRule:
        return operations.change_depth_rule(
            clinic=self.request.clinic,
            rule=self.row,
            **form.values,
            **acting(self.request),
            once=form.key,
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "title": str(self.row),
            "lead": "For all clinics, from the next treatment on. What was needled so far stays.",
        }
