"""Finding a patient by name, phone, birth date or number, and reading one."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from clinic.models import Clinic, Patient, PatientKey, User
from clinic.models.patients import PatientQuerySet
from clinic.permissions import Permission
from clinic.prepared import prepared
from clinic.rules import Search, name_keys, read_search, word_keys

# A finder under a field shows so many; whoever sees that there are more types on.
MOST_FOUND = 8
# Of those whom a text may mean so many are looked at, those whose name it is before all others.
CANDIDATES = 100

# Keys of patients → when each was here last and is expected next; nothing where never.
Comings = Callable[[Collection[uuid.UUID]], Mapping[uuid.UUID, "Coming"]]
# Who keeps the visits fills this when ready.
PROVIDERS: list[Comings] = []


@dataclass(frozen=True)
class Coming:
    """When someone was here last, and when she comes next."""

    last: dt.date | None
    next: dt.datetime | None


@dataclass(frozen=True)
class Found:
    """What a finder shows: the first patients, whether there are more, and who is meant.

    `meant` is the one patient whom the text names in full (both names, the phone or the
    number); None where it names nobody or several.
    """

    patients: list[Patient]
    more: bool = False
    meant: Patient | None = None


def patients_of(*, user: User, clinic: Clinic) -> PatientQuerySet:
    """The patients of the clinic at work, where the user may see patients.

    By last name as a person looks it up: accents and capitals do not count.
    """
    seen = Patient.objects.seen_by(user, Permission.SEE_PATIENTS).filter(clinic=clinic)
    return seen.order_by("search", "pk")


def patient_for(*, user: User, clinic: Clinic, key: uuid.UUID) -> Patient | None:
    """One patient of the clinic at work; None where she is not there (P15)."""
    if not user.can(Permission.SEE_PATIENTS, clinic.pk):
        return None
    return next(iter(_patient(clinic=clinic.pk, key=key)), None)


@prepared
def _patient(*, clinic: Any, key: Any) -> QuerySet[Any, Any]:
    return Patient.objects.filter(clinic=clinic, pk=key).select_related("clinic", "merged_into")


def patients_matching(*, user: User, clinic: Clinic, text: str) -> list[Patient]:
    """The clinic's patients whom a search text may mean, whoever fits best first: `CANDIDATES` at
    most.

    Whoever was merged into another is found by her own name too, and the other is given. A
    handful of queries that an index answers, however many patients there are.
    """
    return [one for one, _named in _ranked(read_search(text), user, clinic)][:CANDIDATES]


def find_patients(*, user: User, clinic: Clinic, text: str) -> Found:
    """The first few of those, and the one who is named in full."""
    ranked = _ranked(read_search(text), user, clinic)
    named = [one for one, is_named in ranked if is_named]
    more = len(ranked) > MOST_FOUND
    return Found(
        patients=[one for one, _named in ranked[:MOST_FOUND]],
        more=more,
        meant=named[0] if len(named) == 1 and not more else None,
    )


def with_visits(patients: Iterable[Patient]) -> list[Patient]:
    """The patients, each with the day of her last visit and the start of the next. One query."""
    found = list(patients)
    for provider in PROVIDERS:
        comings = provider([one.pk for one in found])
        for one in found:
            if coming := comings.get(one.pk):
                one.last_visit, one.next_visit = coming.last, coming.next
    return found


def _ranked(read: Search, user: User, clinic: Clinic) -> list[tuple[Patient, bool]]:
    """Whom a search may mean, and whether it names each in full: those first, then whose name
    the words are, then who is active, then who is expected, then by name."""
    if not user.can(Permission.SEE_PATIENTS, clinic.pk):
        return []
    # By their keys alone and in no order: SQLite would rather go through a whole clinic.
    each = Patient.objects.select_related("merged_into").order_by()
    rows = each.filter(clinic=clinic)
    matched = [*each.filter(pk__in=keys)] if (keys := _keys(read, clinic)) else []
    if read.name and read.birth_date:
        born = rows.filter(birth_date=read.birth_date).order_by("birth_date", "pk")
        matched = [one for one in born[:CANDIDATES] if _begins(one, read.name)]
    elif read.birth_date:
        born = rows.filter(birth_date=read.birth_date).order_by("birth_date", "pk")
        matched = [*born[:CANDIDATES]]
    if read.number is not None:
        matched += rows.filter(number=read.number)
    words = word_keys(read.name)
    places: dict[uuid.UUID, tuple[Patient, bool, bool]] = {}
    for one in matched:
        named = _is_named(read, one)
        own = _names(one) if words else set()
        exact = all(any(way in own for way in ways) for ways in words)
        kept = one.merged_into or one
        before = places.get(kept.pk, (kept, False, False))
        places[kept.pk] = (before[0], named or before[1], exact or before[2])
    with_visits(one for one, _named, _exact in places.values())
    order = sorted(
        places.values(),
        key=lambda place: (
            not place[1],
            not place[2],
            place[0].status != Patient.Status.ACTIVE,
            place[0].next_visit is None,
            place[0].search,
            place[0].pk,
        ),
    )
    return [(one, named) for one, named, _exact in order]


def _keys(read: Search, clinic: Clinic) -> list[uuid.UUID]:
    """The keys of those whom a name or a phone's digits may mean, at most `CANDIDATES`.

    Several keys of one patient may begin so: twice as many are read.
    """
    if read.digits:
        found = PatientKey.objects.called(read.digits, clinic=clinic)
    elif read.name and not read.birth_date and word_keys(read.name):
        found = PatientKey.objects.named(read.name, clinic=clinic)
    else:
        return []
    keys = [key for rows in found for key in rows[: 2 * CANDIDATES]]
    return [*dict.fromkeys(keys)][:CANDIDATES]


def _begins(patient: Patient, name: str) -> bool:
    own = _names(patient)
    return all(any(key.startswith(way) for key in own for way in ways) for ways in word_keys(name))


def _names(patient: Patient) -> set[str]:
    return name_keys(patient.first_name, patient.last_name, patient.preferred_name)


def _is_named(read: Search, patient: Patient) -> bool:
    return read.names_fully(
        first_name=patient.first_name,
        last_name=patient.last_name,
        preferred_name=patient.preferred_name,
        phone=str(patient.phone) if read.digits else "",
        code=patient.code,
    )
