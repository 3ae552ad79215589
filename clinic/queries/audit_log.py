"""The audit log as people read it: filtered, newest first, in the clinic's words."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, QuerySet

from clinic.models import AuditEvent, Clinic, License, Patient, Practitioner, Room, User
from clinic.models.base import KeptQuerySet
from clinic.permissions import Permission
from clinic.queries.audit_words import ACTIONS, Names, words_for
from clinic.rules import (
    SYSTEM,
    chain_of,
    day_span,
    normalize_license_number,
    told_without_chart,
)

PAGE = 50
# What is refused at a chart is refused in clinical words: these are for readers of charts.
CHARTS = "treatment"


@dataclass(frozen=True)
class Search:
    """What is looked for. Dates are clinic-local and inclusive; empty means any.

    `charts`: whether the reader may read charts, and so the sentences of acts refused on them.
    `about` is a code: a patient's finds what concerns her visits too. `pages` says what the
    pages of the house are called. The system's log is that of all clinics: there `reader` finds
    what was done by staff of the clinics whose log she may read, and by no person (P15).
    """

    clinic: Clinic
    system: bool = False
    reader: User | None = None
    charts: bool = False
    who: str = ""
    what: str = ""
    outcome: str = ""
    about: str = ""
    since: dt.date | None = None
    until: dt.date | None = None
    pages: Mapping[str, str] = field(default_factory=dict)
    before: int | None = None
    after: int | None = None

    @property
    def filters(self) -> dict[str, Any]:
        """What the audit keeps of this search."""
        given = {
            "log": SYSTEM if self.system else "",
            "who": self.who,
            "what": self.what,
            "outcome": self.outcome,
            "about": self.about,
            "since": self.since,
            "until": self.until,
        }
        return {name: value for name, value in given.items() if value}


@dataclass(frozen=True)
class Entry:
    """One event, ready to be read. `rule` is a numbered rule of docs/rules.md, or empty.

    `kind` and `key` say what it is about; `signed` whether that is a chart signed since.
    """

    seq: int
    at: dt.datetime
    who: str
    what: str
    action: str
    refused: bool
    about: str
    rule: str
    told: str
    kind: str = ""
    key: str = ""
    signed: bool = False


@dataclass(frozen=True)
class Found:
    """One page of entries; `newer` and `older` are where the neighboring pages start."""

    entries: list[Entry]
    newer: int | None = None
    older: int | None = None


@dataclass(frozen=True)
class Choices:
    """What the filters offer."""

    people: list[tuple[str, str]] = field(default_factory=list)
    actions: list[tuple[str, str]] = field(default_factory=list)


def find(search: Search) -> Found:
    """One page of the log, newest first. As many queries, however long the log."""
    rows = _rows(search)
    if search.after is not None:
        rows = _beyond(rows, search, search.after, newer=True).order_by("at", "seq")
    elif search.before is not None:
        rows = _beyond(rows, search, search.before, newer=False)
    taken = list(rows[: PAGE + 1])
    more, taken = len(taken) > PAGE, taken[:PAGE]
    if search.after is not None:
        taken.reverse()
    if not taken:
        return Found([])
    has_newer = more if search.after is not None else search.before is not None
    has_older = True if search.after is not None else more
    return Found(
        _entries(taken, search, names_of(search)),
        newer=taken[0].seq if has_newer else None,
        older=taken[-1].seq if has_older else None,
    )


def every(search: Search) -> Iterator[Entry]:
    """All entries of a search, newest first, read in portions: for a file."""
    rows = _rows(search).iterator(chunk_size=2000)
    names = names_of(search)
    return (entry_of(event, charts=search.charts, names=names) for event in rows)


def names_of(search: Search) -> Names:
    """What the keys in the details of this search's log stand for. Four queries."""
    everybody = _staff(search) if search.system else User.objects.all()
    people = everybody.values_list("pk", "name")
    treating = Practitioner.objects.filter(clinics=search.clinic).values_list("pk", "name")
    rooms = Room.objects.filter(clinic=search.clinic).values_list("pk", "name")
    clinics = Clinic.objects.values_list("code", "name")
    known = {str(key): name for rows in (people, treating, rooms, clinics) for key, name in rows}
    return Names(search.clinic.zone, known, search.pages)


def _entries(taken: list[AuditEvent], search: Search, names: Names) -> list[Entry]:
    charts = {event.subject for event in taken if event.subject_kind == CHARTS}
    signed = set(
        AuditEvent.objects.filter(
            subject__in=charts, action="chart.sign", outcome=AuditEvent.Outcome.DONE
        ).values_list("subject", flat=True)
    )
    return [entry_of(one, charts=search.charts, names=names, signed=signed) for one in taken]


def choices(search: Search) -> Choices:
    """Who and what the log of this search can be narrowed to."""
    people = [(str(user.pk), user.name) for user in _staff(search)]
    actions = [
        (action, words)
        for action, words in ACTIONS.items()
        if action.startswith("user.") == search.system
    ]
    return Choices(people, sorted(actions, key=lambda pair: pair[1]))


def _staff(search: Search) -> QuerySet[User]:
    """Whose acts the log of this search may show, in name order."""
    if not search.system:
        there = User.objects.filter(assignments__clinic=search.clinic)
        return there.order_by("name", "pk").distinct()
    reader = search.reader
    return User.objects.of_clinics(
        reader.clinics_with(Permission.SEE_SYSTEM_AUDIT) if reader else []
    )


def entry_of(event: AuditEvent, *, charts: bool, names: Names, signed: Iterable[str] = ()) -> Entry:
    """An event in words. To someone who reads no `charts`, an act refused on one is told by its
    rule where the sentence may name what was to be done to whom, and where (R54)."""
    refused = event.outcome == AuditEvent.Outcome.REFUSED
    told = names.detail(event.detail)
    if refused and event.subject_kind == CHARTS and not charts:
        told = told_without_chart(event.rule, told)
    return Entry(
        seq=event.seq,
        at=event.at,
        who=_who(event),
        what=words_for(event.action),
        action=event.action,
        refused=refused,
        about=_about(event, names),
        rule=event.rule if re.fullmatch(r"[A-Z]\d+", event.rule) else "",
        told=told,
        kind=event.subject_kind,
        key=event.subject,
        signed=event.subject in signed,
    )


def _about(event: AuditEvent, names: Names) -> str:
    if event.subject_kind == "clinic":
        return names.known.get(event.subject_code, event.subject_code)
    return event.subject_code


def _who(event: AuditEvent) -> str:
    if event.actor != SYSTEM:
        return event.actor_name
    return "Not known" if event.action == "user.log_in" else "The system"


def _chain(search: Search) -> str:
    return SYSTEM if search.system else chain_of(search.clinic.pk)


def _rows(search: Search) -> KeptQuerySet:
    zone = search.clinic.zone
    rows = AuditEvent.objects.filter(chain=_chain(search)).order_by("-at", "-seq")
    if search.system:
        rows = rows.filter(actor__in=[SYSTEM, *(str(one.pk) for one in _staff(search))])
    if search.who:
        rows = rows.filter(actor=search.who)
    if search.what:
        rows = rows.filter(action=search.what)
    if search.outcome:
        rows = rows.filter(outcome=search.outcome)
    if search.about:
        about = subjects_of(search.clinic, search.about)
        rows = rows.filter(subject__in=about.keys) if about else rows.none()
    if search.since:
        rows = rows.filter(at__gte=day_span(search.since, zone)[0])
    if search.until:
        rows = rows.filter(at__lt=day_span(search.until, zone)[1])
    return rows


def _beyond(rows: KeptQuerySet, search: Search, seq: int, *, newer: bool) -> KeptQuerySet:
    """The rows on one side of the event `seq`, in the order (at, seq)."""
    mark = AuditEvent.objects.filter(chain=_chain(search), seq=seq).values_list("at").first()
    if mark is None:
        return rows.none()
    at = mark[0]
    # The first condition alone follows from the second; it is what the index is searched by.
    if newer:
        return rows.filter(Q(at__gte=at), Q(at__gt=at) | Q(seq__gt=seq))
    return rows.filter(Q(at__lte=at), Q(at__lt=at) | Q(seq__lt=seq))


@dataclass(frozen=True)
class Subjects:
    """What a code stands for: the code as the audit writes it, and the keys of its subjects.

    No keys: a well-made code that nothing here bears.
    """

    code: str
    keys: list[str]


Finder = Callable[[Clinic, str], Subjects | None]


def subjects_of(clinic: Clinic, typed: str) -> Subjects | None:
    """What in the clinic has the code that was typed; None where it is no code at all.

    As many queries, whatever is typed.
    """
    read = [found for find in SUBJECTS if (found := find(clinic, typed.strip()))]
    if not read:
        return None
    code = next((one.code for one in read if one.keys), read[0].code)
    return Subjects(code, [key for one in read if one.code == code for key in one.keys])


def patient_number(typed: str) -> int | None:
    """The number in a patient's code, also without its letters; None where it is none.

    More than six bare digits are rather a phone number, which has no place in the audit.
    """
    found = re.fullmatch(r"(?i)PT-([0-9]{1,9})|([0-9]{1,6})", typed)
    return int(found[1] or found[2]) if found else None


def patients_by_code(clinic: Clinic, typed: str) -> Subjects | None:
    """The clinic's patient with that code."""
    number = patient_number(typed)
    if number is None:
        return None
    found = Patient.objects.filter(clinic=clinic, number=number).values_list("pk", flat=True)
    return Subjects(f"PT-{number:06d}", [str(key) for key in found])


def licenses_by_code(clinic: Clinic, typed: str) -> Subjects | None:
    """The licenses of the clinic's practitioners with that state and number, as printed."""
    state, _space, number = typed.partition(" ")
    found = License.objects.filter(
        practitioner__clinics=clinic,
        state=state.upper(),
        number_norm=normalize_license_number(number),
    )
    licenses = list(found.distinct())
    if not licenses:
        return None
    return Subjects(licenses[0].code, [str(one.pk) for one in licenses])


# Who knows the subjects that a code stands for, or that what was typed is none of their codes
# (None). The apps upstairs add theirs when they are ready.
SUBJECTS: list[Finder] = [patients_by_code, licenses_by_code]
