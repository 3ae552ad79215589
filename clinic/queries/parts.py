"""Lists in parts, for programs that ask for one after the other."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import Q, QuerySet

from clinic.refusals import Refusal


def part_of(
    rows: QuerySet[Any], *, by: str, after: uuid.UUID | None, most: int
) -> tuple[list[Any], uuid.UUID | None]:
    """The first `most` of the rows in the order of the column `by`, those behind the row `after`
    where one is named, and the key of the last one where there are more. Two queries at most.

    Refuses (422) a row that is not among them any more.
    """
    rows = rows.order_by(by, "pk")
    if after is not None:
        edge = rows.filter(pk=after).values_list(by, flat=True).first()
        if edge is None:
            raise Refusal(
                "The list has changed: begin again without “after”.", rule="input", field="after"
            )
        rows = rows.filter(Q(**{f"{by}__gt": edge}) | Q(**{by: edge, "pk__gt": after}))
    found = list(rows[: most + 1])
    return found[:most], found[most - 1].pk if len(found) > most else None
