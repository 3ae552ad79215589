"""Records held against what else tells of them: signings in the audit, areas on file."""

from __future__ import annotations

import uuid
from collections.abc import Generator, Iterator
from heapq import merge
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db import DatabaseError
from django.db.models import Exists, OuterRef

from bookings.models import Appointment, PerformedArea
from clinic.models import AuditEvent, Clinic
from clinic.moment import one_moment
from clinic.rules import chain_of
from treatments.models import NeedlingPass, Signature, Treatment

CHUNK = 2000


def chains_of_clinics() -> set[str]:
    """The audit chains that must be there: of each clinic that has booked or treated anyone."""
    busy = [
        Exists(model.objects.filter(clinic=OuterRef("pk"))) for model in (Appointment, Treatment)
    ]
    clinics = Clinic.objects.filter(busy[0] | busy[1])
    return {chain_of(key) for key in clinics.values_list("pk", flat=True)}


def signed_otherwise() -> Iterator[str]:
    """Each chart whose signature and whose signing in the audit are not one and one, at one time:
    one that was unsigned, rewritten and signed anew has two. Two queries.
    """
    acts = AuditEvent.objects.filter(action="chart.sign", outcome=AuditEvent.Outcome.DONE)
    told = acts.order_by("subject").values_list("subject", "at").iterator(chunk_size=CHUNK)
    signed = Signature.objects.order_by("treatment_id").values_list("treatment_id", "signed_at")
    try:
        for key, at_signing, at_telling in _side_by_side(
            signed.iterator(chunk_size=CHUNK), ((uuid.UUID(subject), at) for subject, at in told)
        ):
            if fault := _not_as_told(at_signing, at_telling):
                yield f"Treatment {Treatment(pk=key).code}: {fault}"
    except (DatabaseError, ValueError, TypeError):
        yield "The signatures cannot be held against the audit."


def _not_as_told(signed: list[Any], told: list[Any]) -> str:
    if not signed:
        return "its signature is missing."
    if not told:
        return "the audit does not tell of its signature."
    if len(told) > 1:
        return "the audit tells of more than one signature."
    return "" if signed == told else "its signature has not the time that the audit tells."


def false_areas() -> Generator[str, None, None]:
    """Each visit whose areas on file are not those that were needled in its treatment, on the day
    it began (P23). Two queries, as of one moment.
    """
    ended = NeedlingPass.objects.filter(treatment__ended_at__isnull=False)
    of = ("treatment__appointment", "treatment__started_on", "area", "treatment")
    on_file = ("appointment", "performed_on", "area", "appointment__treatment")
    needled = ended.order_by(of[0]).values_list(*of)
    noted = PerformedArea.objects.order_by(on_file[0]).values_list(*on_file)
    try:
        with one_moment():
            for _visit, once, later in _side_by_side(
                ((visit, tuple(rest)) for visit, *rest in needled.iterator(chunk_size=CHUNK)),
                ((visit, tuple(rest)) for visit, *rest in noted.iterator(chunk_size=CHUNK)),
            ):
                if set(once) != set(later):
                    key = (once or later)[0][-1]
                    whose = f"Treatment {Treatment(pk=key).code}" if key else "A visit"
                    yield f"{whose}: the areas on file are not those that were needled."
    except (DatabaseError, ValueError, TypeError):
        yield "The areas that were needled cannot be read."


def _side_by_side(
    ours: Iterator[tuple[uuid.UUID, Any]], theirs: Iterator[tuple[uuid.UUID, Any]]
) -> Iterator[tuple[uuid.UUID, list[Any], list[Any]]]:
    """Two streams in the order of their keys: each key with what either says of it."""
    both = merge(
        ((key, 0, one) for key, one in ours),
        ((key, 1, one) for key, one in theirs),
        key=itemgetter(0),
    )
    for key, rows in groupby(both, key=itemgetter(0)):
        found: tuple[list[Any], list[Any]] = ([], [])
        for _key, side, one in rows:
            found[side].append(one)
        yield key, *found
