"""Which room and which device a visit gets, under locks, and what others hold of them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Value

from bookings.models import LANES, Appointment, Hold, Offer
from bookings.models.holds import HoldQuerySet
from bookings.rules import fit
from bookings.rules.visit import Span
from clinic.acts import LookAgain
from clinic.models import Clinic, Row
from clinic.prepared import prepared
from clinic.refusals import Conflict, Refusal

# Whose own holds do not count: a visit that is moved, an offer that is taken.
Holder = Appointment | Offer


def first_free(
    every: Callable[[], Any],
    lane: str,
    wanted: Any,
    span: Span,
    clinic: Clinic,
    but: Holder | None,
    busy: Collection[uuid.UUID],
    *,
    at_once: Callable[..., list[Any]],
    fits: bool = False,
) -> Any:
    """The first of the rows that is free, locked; the caller looks once more at what it got.

    Those that are `busy` all the same come last. A visit that is moved keeps its own where it
    can, and waits for that one. Else a row that another booking holds just now is most likely
    being taken: the next one will do, and nobody waits. Only where no other is left does it
    wait for one. Of `every` row those alone will do that `fits`, where that is asked; `at_once`
    finds and locks the first free one where nothing is wished for, in a query that is made once.
    """
    plain = wanted is None and but is None and not busy
    if plain and (found := at_once(starts_at=span.starts_at, ends_at=span.ends_at)):
        return found[0]
    among = every()
    rows = among.filter(fits=True) if fits else among
    if wanted is not None:
        rows = rows.filter(pk=wanted.pk)
    narrowed = False
    free = unheld(rows, lane, span, but)
    if wanted is None:
        if busy and (idle := free.exclude(pk__in=busy)).exists():
            free, narrowed = idle, True
        own = free.filter(pk=getattr(but, f"{lane}_id")).held().first() if but else None
        if own is not None:
            if taken_by_others(but, **{lane: (own, span)}):
                raise LookAgain(f"the visit's own {lane} went to someone else")
            return own
        if row := free.held(waiting=False).first():
            return row
    row = free.held().first()
    while row is not None:
        if not taken_by_others(but, **{lane: (row, span)}):
            return row
        # Onward only: locks are taken in key order, so that two bookings never cross.
        row = free.filter(pk__gt=row.pk).held().first()
    if narrowed:
        raise LookAgain(f"the {lane} that was free went to someone else")
    if not rows.exists():
        unfit = fits and among.exists()
        if wanted is not None and (not unfit or not among.filter(pk=wanted.pk).exists()):
            raise Refusal(f"This {lane} is not in use here.", rule="P15", field=lane)
        if wanted is not None:
            raise Refusal(f"This service is not done with {wanted}.", rule="R47", field=lane)
        raise Refusal(fit.none_in_service(lane, unfit=unfit), rule="R47", field=lane)
    if wanted is not None:
        raise Conflict(f"{wanted} is taken at this time.", rule="R47", field=lane)
    raise Conflict(fit.none_free(lane, span, clinic.local), rule="R47", field="starts_at")


def unheld(rows: Any, lane: str, span: Span, but: Holder | None) -> Any:
    """Those of the rows that nobody else holds in the span."""
    return rows.exclude(Exists(holds_of_others(span, but).filter(**{lane: OuterRef("pk")})))


def holds_of_others(span: Span, but: Holder | None) -> HoldQuerySet:
    """What is held in the span, but for the visit that is moved or the offer that is taken."""
    holds = Hold.objects.crossing(span.starts_at, span.ends_at)
    return holds if but is None else holds.besides(getattr(but, "pk", but))


def taken_by_others(but: Holder | None, **wanted: tuple[Row, Span]) -> set[str]:
    """Those lanes of `wanted` (lane → row and span) that some other visit holds; one query."""
    given = {
        f"{lane}_{name}": value
        for lane, (row, span) in wanted.items()
        for name, value in (("key", row.pk), ("from", span.starts_at), ("to", span.ends_at))
    }
    return {lane for (lane,) in _held_lanes(but=but.pk if but else None, **given)}


@prepared
def _held_lanes(*, but: Any, **given: Any) -> QuerySet[Any, Any]:
    looks = [
        holds_of_others(Span(given[f"{lane}_from"], given[f"{lane}_to"]), but)
        .filter(**{lane: given[f"{lane}_key"]})
        .order_by()
        .values_list(Value(lane))
        for lane in LANES
        if f"{lane}_key" in given
    ]
    found: QuerySet[Any, Any] = looks[0].union(*looks[1:])
    return found
