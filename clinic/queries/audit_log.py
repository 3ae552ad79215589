"""The audit log as people read it: filtered, newest first, in the clinic's words."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from clinic.models import AuditEvent, Clinic, User
from clinic.models.base import KeptQuerySet
from clinic.rules import SYSTEM, chain_of, day_span

PAGE = 50
# What is refused at a chart is refused in clinical words: these are for readers of charts.
CHARTS = "treatment"
# Every action that an operation records, in the past tense; one table for all apps.
ACTIONS: dict[str, str] = {
    "appointment.arrive": "Marked a visit as arrived",
    "appointment.book": "Booked a visit",
    "appointment.cancel": "Cancelled a visit",
    "appointment.chart_opened": "Chart opened for a visit",
    "appointment.confirm": "Confirmed a visit",
    "appointment.ended": "Visit completed",
    "appointment.move": "Moved a visit",
    "appointment.no_show": "Marked a visit as no-show",
    "appointment.numbing_off": "Numbing ended for a visit",
    "appointment.numbing_on": "Numbing began for a visit",
    "appointment.started": "Treatment began for a visit",
    "audit.export": "Exported the audit log",
    "audit.search": "Searched the audit log",
    "cartridge.claim": "Opened a cartridge",
    "cartridge.export": "Exported the cartridge audit",
    "cartridge.receive": "Received cartridges",
    "cartridge.scan": "Scanned a cartridge",
    "cartridge.waste": "Wasted a cartridge",
    "chart.add_addendum": "Added an addendum",
    "chart.amend": "Changed a chart",
    "chart.open": "Opened a chart",
    "chart.read": "Read a chart",
    "chart.sign": "Signed a record",
    "license.add": "Put a license on file",
    "license.change_status": "Changed a license's status",
    "license.renew": "Renewed a license",
    "numbing.apply": "Applied numbing cream",
    "numbing.decline": "Noted that there was no numbing",
    "numbing.remove": "Removed numbing cream",
    "patient.change": "Changed a patient's contact data",
    "patient.open": "Opened a patient's card",
    "patient.register": "Registered a patient",
    "patient.search": "Searched for a patient",
    "treatment.abort": "Ended a treatment early",
    "treatment.add_pass": "Added a needling pass",
    "treatment.finish": "Finished a treatment",
    "treatment.remove_pass": "Removed a needling pass",
    "treatment.start": "Started a treatment",
    "user.confirm": "Entered their password",
    "user.lock": "Locked the screen",
    "user.log_in": "Logged in",
    "user.log_out": "Logged out",
    "user.set_password": "Set a new password",
    "user.switch_clinic": "Switched the clinic",
    "page.open": "Asked for a page",
    "user.time_out": "Logged out by the time limit",
    "user.unlock": "Unlocked the screen",
}


def words_for(action: str) -> str:
    """What an action means; one that has no words yet is shown by its own name."""
    return ACTIONS.get(action, action)


@dataclass(frozen=True)
class Search:
    """What is looked for. Dates are clinic-local and inclusive; empty means any.

    `charts`: whether the reader may read charts, and so the sentences of acts refused on them.
    """

    clinic: Clinic
    system: bool = False
    charts: bool = False
    who: str = ""
    what: str = ""
    outcome: str = ""
    since: dt.date | None = None
    until: dt.date | None = None
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
            "since": self.since,
            "until": self.until,
        }
        return {name: value for name, value in given.items() if value}


@dataclass(frozen=True)
class Entry:
    """One event, ready to be read. `rule` is a numbered rule of docs/rules.md, or empty."""

    seq: int
    at: dt.datetime
    who: str
    what: str
    action: str
    refused: bool
    about: str
    rule: str
    told: str


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
    """One page of the log, newest first. At most three queries, however long the log."""
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
        [entry_of(event, charts=search.charts) for event in taken],
        newer=taken[0].seq if has_newer else None,
        older=taken[-1].seq if has_older else None,
    )


def every(search: Search) -> Iterator[Entry]:
    """All entries of a search, newest first, read in portions: for a file."""
    rows = _rows(search).iterator(chunk_size=2000)
    return (entry_of(event, charts=search.charts) for event in rows)


def choices(search: Search) -> Choices:
    """Who and what the log of this search can be narrowed to."""
    staff = User.objects.order_by("name", "pk")
    if not search.system:
        staff = staff.filter(assignments__clinic=search.clinic).distinct()
    people = [(str(user.pk), user.name) for user in staff]
    actions = [
        (action, words)
        for action, words in ACTIONS.items()
        if action.startswith("user.") == search.system
    ]
    return Choices(people, sorted(actions, key=lambda pair: pair[1]))


def entry_of(event: AuditEvent, *, charts: bool) -> Entry:
    """An event in words. To someone who reads no `charts`, an act refused on one is told by its
    rule alone: the sentence may name what was to be done to whom, and where (R54)."""
    refused = event.outcome == AuditEvent.Outcome.REFUSED
    clinical = refused and event.subject_kind == CHARTS
    return Entry(
        seq=event.seq,
        at=event.at,
        who=_who(event),
        what=words_for(event.action),
        action=event.action,
        refused=refused,
        about=event.subject_code,
        rule=event.rule if re.fullmatch(r"[A-Z]\d+", event.rule) else "",
        told="" if clinical and not charts else _told(event.detail),
    )


def _who(event: AuditEvent) -> str:
    if event.actor != SYSTEM:
        return event.actor_name
    return "Not known" if event.action == "user.log_in" else "The system"


def _chain(search: Search) -> str:
    return SYSTEM if search.system else chain_of(search.clinic.pk)


def _rows(search: Search) -> KeptQuerySet:
    zone = search.clinic.zone
    rows = AuditEvent.objects.filter(chain=_chain(search)).order_by("-at", "-seq")
    if search.who:
        rows = rows.filter(actor=search.who)
    if search.what:
        rows = rows.filter(action=search.what)
    if search.outcome:
        rows = rows.filter(outcome=search.outcome)
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


def _told(detail: str) -> str:
    """The detail as one line; a row whose detail can not be read does not break the page."""
    try:
        values = json.loads(detail)
    except ValueError:
        return detail
    if not isinstance(values, dict):
        return detail
    if values.get("sentence"):
        return str(values["sentence"])
    said = {name.replace("_", " "): _plain(one) for name, one in values.items()}
    return ", ".join(f"{name}: {one}" for name, one in said.items() if one)


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_plain(one) for one in value)
    if isinstance(value, dict):
        return "; ".join(f"{name} {_plain(one)}" for name, one in value.items())
    return str(value)
