"""An act that concerns several clinics: one event in the chain of each, always in one order."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

import pytest
from django.db import transaction

from clinic import audit
from clinic.audit import writing
from clinic.models import AuditChain, AuditEvent
from clinic.rules import chain_of
from tests import factories
from tests.cast import NOW, Cast
from tests.races import all_at_once

Keys = list[uuid.UUID]


@pytest.fixture
def keys(cast: Cast) -> Keys:
    """The keys of five clinics, in their order."""
    more = [factories.clinic().pk for _ in range(3)]
    return sorted([cast.clinic.pk, cast.other_clinic.pk, *more])


def note(cast: Cast, clinics: Iterable[uuid.UUID], action: str = "x.do") -> None:
    """An act of the manager's about Mia, on record in these clinics."""
    with transaction.atomic():
        audit.record_in(
            clinics, action, by=cast.manager, at=NOW, on=cast.mia, detail={"day": NOW.date()}
        )


NAMED: dict[str, Callable[[Keys], Iterable[uuid.UUID]]] = {
    "in their order": lambda keys: keys,
    "backwards": lambda keys: keys[::-1],
    "out of order": lambda keys: [keys[2], keys[0], keys[3], keys[1]],
    "some twice": lambda keys: [keys[1], *keys, keys[3]],
    "as a set": lambda keys: {*keys},
    "one by one": lambda keys: iter(keys[::-1]),
}


@pytest.mark.django_db
@pytest.mark.parametrize("how", NAMED)
def test_each_chain_has_one_event_in_the_order_of_the_keys(
    cast: Cast, keys: Keys, how: str
) -> None:
    note(cast, NAMED[how](keys[:4]))
    rows = AuditEvent.objects.order_by("pk")
    assert [*rows.values_list("chain", "seq")] == [(chain_of(key), 1) for key in keys[:4]]
    told = rows.values_list("action", "actor", "outcome", "subject", "subject_code", "detail")
    said = ("x.do", str(cast.manager.pk), "done", str(cast.mia.pk), cast.mia.code)
    assert {*told} == {(*said, f'{{"day":"{NOW.date()}"}}')}


@pytest.mark.django_db
def test_nothing_is_in_the_chain_of_a_clinic_that_is_not_named(cast: Cast, keys: Keys) -> None:
    note(cast, keys)
    note(cast, [keys[3], keys[1]], action="x.again")
    again = AuditEvent.objects.filter(action="x.again").order_by("pk")
    assert [*again.values_list("chain", "seq")] == [(chain_of(keys[n]), 2) for n in (1, 3)]
    assert {*AuditChain.objects.values_list("name", flat=True)} == {*map(chain_of, keys)}
    assert [*audit.faults()] == []


@pytest.mark.django_db
@pytest.mark.rule("P22")
def test_an_act_that_names_no_clinic_is_not_passed_over(cast: Cast) -> None:
    with pytest.raises(RuntimeError, match=r"x\.do names no clinic"):
        note(cast, [])
    assert not AuditEvent.objects.exists()


@pytest.mark.race
def test_two_acts_that_name_the_clinics_crosswise_both_go_through(
    fresh_db: object, cast: Cast, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each holds the first of its chains until the other has one too, or must wait for it."""
    note(cast, keys)
    both, record = threading.Barrier(2), writing.record

    def slowly(action: str, **given: Any) -> None:
        record(action, **given)
        with suppress(threading.BrokenBarrierError):
            both.wait(1)

    monkeypatch.setattr(writing, "record", slowly)
    ends = [keys[0], keys[-1]]
    outcome = all_at_once([lambda: note(cast, ends), lambda: note(cast, ends[::-1])])
    assert (len(outcome.won), outcome.broken) == (2, [])
    seqs = AuditEvent.objects.filter(chain__in=map(chain_of, ends)).order_by("chain", "seq")
    assert [*seqs.values_list("seq", flat=True)] == [1, 2, 3, 1, 2, 3]
    assert [*audit.faults()] == []
