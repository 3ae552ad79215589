"""Which room and which device a visit gets, under locks, and what others hold of them."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from django.db.models import Exists, OuterRef, Value

from bookings.models import Appointment, Hold, Offer
from bookings.models.holds import HoldQuerySet
from bookings.rules import fit
from bookings.rules.visit import Span
from clinic.acts import LookAgain
from clinic.models import Clinic, Row
from clinic.refusals import Conflict, Refusal

# Whose own holds do not count: a visit that is moved, an offer that is taken.
Holder = Appointment | Offer


def first_free(  # type: ignore[no-untyped-def]
    rows,
    lane: str,
    wanted,
    span: Span,
    clinic: Clinic,
    but: Holder | None,
    busy: Collection[uuid.UUID],
    among=None,
):
    """The first of the rows that is free, locked; the caller looks once more at what it got.

    Those that are `busy` all the same come last. A visit that is moved keeps its own where it
    can, and waits for that one. Else a row that another booking holds just now is most likely
    being taken: the next one will do, and nobody waits. Only where no other is left does it
    wait for one. `among` are the rows of which only these will do.
    """
    if wanted is not None:
        rows = rows.filter(pk=wanted.pk)
    narrowed = False
    free = rows.exclude(Exists(holds_of_others(span, but).filter(**{lane: OuterRef("pk")})))
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
        unfit = among is not None and among.exists()
        if wanted is not None and (not unfit or not among.filter(pk=wanted.pk).exists()):
            raise Refusal(f"This {lane} is not in use here.", rule="P15", field=lane)
        if wanted is not None:
            raise Refusal(f"This service is not done with {wanted}.", rule="R47", field=lane)
        raise Refusal(fit.none_in_service(lane, unfit=unfit), rule="R47", field=lane)
    if wanted is not None:
        raise Conflict(f"{wanted} is taken at this time.", rule="R47", field=lane)
    raise Conflict(fit.none_free(lane, span, clinic.local), rule="R47", field="starts_at")


def holds_of_others(span: Span, but: Holder | None) -> HoldQuerySet:
    """What is held in the span, but for the visit that is moved or the offer that is taken."""
    holds = Hold.objects.crossing(span.starts_at, span.ends_at)
    return holds if but is None else holds.besides(getattr(but, "pk", but))


def taken_by_others(but: Holder | None, **wanted: tuple[Row, Span]) -> set[str]:
    """Those lanes of `wanted` (lane → row and span) that some other visit holds; one query."""
    looks = [
        holds_of_others(span, but).filter(**{lane: row}).order_by().values_list(Value(lane))
        for lane, (row, span) in wanted.items()
    ]
    return {lane for (lane,) in looks[0].union(*looks[1:])}
