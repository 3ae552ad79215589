"""Lists in parts, for programs that ask for one after the other."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from django.db.models import Q, QuerySet

from clinic.models import Row
from clinic.refusals import Refusal

T = TypeVar("T", bound=Row)
GONE = "The list has changed: begin again without “after”."


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
            raise Refusal(GONE, rule="input", field="after")
        rows = rows.filter(Q(**{f"{by}__gt": edge}) | Q(**{by: edge, "pk__gt": after}))
    found = list(rows[: most + 1])
    return found[:most], found[most - 1].pk if len(found) > most else None


def cut(rows: Sequence[T], *, after: uuid.UUID | None, most: int) -> tuple[list[T], Any]:
    """As `part_of`, of rows that are read already: a clinic has few of them."""
    begin = 0
    if after is not None:
        keys = [one.pk for one in rows]
        if after not in keys:
            raise Refusal(GONE, rule="input", field="after")
        begin = keys.index(after) + 1
    found = [*rows[begin : begin + most]]
    return found, found[-1].pk if len(rows) > begin + most else None


def among(rows: Iterable[T], key: uuid.UUID | None) -> T | None:
    """The row with this key; None where it is not among them, or no key is given."""
    return next((one for one in rows if one.pk == key), None) if key else None
