"""How deep one needles where: the medical director's decision."""

from __future__ import annotations

import datetime as dt

from clinic.acts import act
from clinic.models import Clinic, User
from clinic.operations.every_clinic import record_everywhere
from clinic.permissions import Permission
from clinic.refusals import Refusal
from clinic.rules import squeezed
from treatments.models import DepthRule

DECIDED = ("usual", "max_depth", "max_with_order", "note", "source")


@act("depth_rule.change", may=Permission.DECIDE_DEPTHS, on="clinic")
def change_depth_rule(
    *,
    clinic: Clinic,
    rule: DepthRule,
    usual: str,
    max_depth: int,
    max_with_order: int | None,
    note: str,
    source: str,
    version: int | None = None,
    by: User,
    at: dt.datetime,
) -> DepthRule:
    """Change how deep an area is needled, for all clinics; no catalog overwrites it from then on.

    Depths in hundredths of a millimeter; `max_with_order` None: an order allows no more. What
    was needled so far stays. Refuses a stale version (P12, 409), no source, and an order that
    allows less than there is without one.
    """
    held = DepthRule.objects.select_for_update(no_key=True).get(pk=rule.pk)
    held.expect(version)
    if not 1 <= max_depth <= 400:
        raise Refusal("Use 0.01 to 4.00 mm.", rule="input", field="max_depth")
    if max_with_order is not None and not max_depth <= max_with_order <= 400:
        raise Refusal(
            "With an order one goes at least as deep as without, and at most 4.00 mm.",
            rule="input",
            field="max_with_order",
        )
    given = {
        "usual": squeezed(usual),
        "max_depth": max_depth,
        "max_with_order": max_with_order,
        "note": squeezed(note),
        "source": squeezed(source),
    }
    if not given["source"]:
        raise Refusal("Say who decided this, or where it stands.", rule="input", field="source")
    before = {column: getattr(held, column) for column in DECIDED}
    for column, value in given.items():
        setattr(held, column, value)
    held.edited = True
    held.write(only=[*DECIDED, "edited"])
    changed = [column for column in DECIDED if before[column] != given[column]]
    record_everywhere(
        "depth_rule.change",
        clinic=clinic,
        by=by,
        at=at,
        on=held,
        detail={
            "area": held.area,
            "before": {column: before[column] for column in changed},
            "now": {column: given[column] for column in changed},
        },
    )
    return held
