"""Visits from a file: each is booked by the same operation as at the desk, one by one."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Lower

from bookings.models import Appointment, ImportRow, ImportRun, Service
from bookings.operations.booking import book
from bookings.operations.imports.ground import (
    AWAY,
    ROW_FAULT,
    TAKEN,
    TO_DO,
    fingerprint,
    kind_of,
    log,
    next_rows,
)
from bookings.queries import FreeSearch, services_of
from bookings.rules.importing import Visit, Wrong, name_key, read_visit, read_who, word_key
from bookings.rules.visit import time_fault
from clinic.models import IdempotencyKey, Patient, Practitioner, Room, User
from clinic.permissions import Permission
from clinic.refusals import NotAllowed, Refusal

Verdict = ImportRow.Verdict
CHUNK = 20
ASK_FOR = "Add the birth date, the phone, the email or the patient's number."
BOOKED = "A visit is booked for then already."


KEYS = ("outside", "birth_date", "phone", "email")
NUMBER = re.compile(r"(?:PT-)?0*(\d{1,9})", re.ASCII)


class VisitReader:
    """Judges rows of visits: who comes, for what, to whom, and whether that is possible now."""

    def __init__(self, run: ImportRun, *, at: dt.datetime) -> None:
        self.run, self.at, self.clinic = run, at, run.clinic
        self.today = run.clinic.day_of(at)
        self.services: dict[str, list[Service]] = _by_words(
            (one, (one.name, one.code)) for one in services_of(run.clinic)
        )
        self.people: dict[str, list[Practitioner]] = _by_words(
            (one, (one.name, str(one), f"{one.name.split()[0]}"))
            for one in Practitioner.objects.working_in(run.clinic)
        )
        rooms = Room.objects.filter(clinic=run.clinic, is_active=True)
        self.rooms: dict[str, list[Room]] = _by_words((one, (one.name,)) for one in rooms)
        self.patients: dict[Any, Patient] = {}
        self.known: dict[tuple[str, str], set[Any]] = {}
        self.before: set[str] = set()
        self.coming: set[tuple[Any, dt.datetime]] = set()
        # The rows that an earlier part of the check has judged.
        judged = ImportRow.objects.filter(run=run).exclude(fingerprint="").order_by("-line")
        told = judged.values_list("fingerprint", "line") if run.done else ()
        self.printed: dict[str, int] = dict(told)

    def read(self, cells: dict[str, str]) -> tuple[Visit, dict[str, str]]:
        """What a row says: the visit, and who comes."""
        visit = read_visit(cells, order=self.run.date_order, zone=self.clinic.zone, at=self.at)
        if len(visit.note) > 200:
            raise Wrong("The note has over 200 characters.")
        return visit, read_who(cells, order=self.run.date_order, today=self.today)

    def look_up(self, said: Sequence[tuple[Visit, dict[str, str]]]) -> None:
        """Who is on file that these rows may name, and what she has booked."""
        whos = [who for _visit, who in said]
        named = {key: {who.get(key, "") for who in whos} - {""} for key in KEYS}
        outsides = list(
            ImportRow.objects.filter(
                clinic=self.clinic, patient__isnull=False, outside__in=named["outside"]
            ).values_list("outside", "patient_id")
        )
        numbers = {int(code[3:]) for who in whos if (code := _code(who["number"]))}
        rows = Patient.objects.filter(clinic=self.clinic).annotate(mail=Lower("email"))
        rows = rows.filter(
            Q(number__in=numbers)
            | Q(birth_date__in=named["birth_date"])
            | Q(phone__in=named["phone"])
            | Q(mail__in=named["email"])
            | Q(pk__in={key for _outside, key in outsides})
        )
        self.patients, self.known = {}, defaultdict(set)
        for one in rows.order_by("number"):
            self.patients[one.pk] = one
            keys = [one.birth_date.isoformat(), str(one.phone), one.email.casefold()]
            for first in {one.first_name, one.preferred_name} - {""}:
                name = name_key(first, one.last_name)
                for key in filter(None, keys):
                    self.known[name, key].add(one.pk)
            self.known["number", one.code].add(one.pk)
        for outside, key in outsides:
            self.known["outside", outside].add(key)
        mine = {"clinic": self.clinic, "patient__in": self.patients}
        coming = Appointment.objects.active().filter(starts_at__gte=self.at, **mine)
        self.coming = set(coming.values_list("patient_id", "starts_at"))
        taken = ImportRow.objects.filter(verdict__in=TAKEN, appointment__isnull=False, **mine)
        prints = taken.exclude(run=self.run).values_list("fingerprint", flat=True)
        self.before = set(prints)

    def judge(self, row: ImportRow, said: tuple[Visit, dict[str, str]]) -> None:
        """Give the row its patient, its values and its verdict."""
        visit, who = said
        patient = self._who(who)
        service = _one("service", visit.service, self.services)
        practitioner = _one("practitioner", visit.practitioner, self.people)
        room = _one("room", visit.room, self.rooms)
        values = {
            "patient": str(patient.pk),
            "service": str(service.pk),
            "practitioner": str(practitioner.pk) if practitioner else "",
            "starts_at": visit.starts_at.isoformat(),
        }
        row.fingerprint = fingerprint(self.run.kind, values)
        row.values = json.dumps(
            values | {"room": str(room.pk) if room else "", "note": visit.note},
            ensure_ascii=False,
        )
        row.patient = patient
        line = self.printed.setdefault(row.fingerprint, row.line)
        if row.fingerprint in self.before:
            row.verdict, row.reason = Verdict.AGAIN, "The same visit was imported before."
        elif line != row.line:
            row.verdict, row.reason = Verdict.AGAIN, f"Row {line} says the same."
        elif (patient.pk, visit.starts_at) in self.coming:
            row.verdict, row.reason = Verdict.AGAIN, BOOKED
        else:
            self._doubt(visit.starts_at, service, practitioner, patient)

    def _who(self, who: dict[str, str]) -> Patient:
        name = name_key(who["first_name"], who["last_name"])
        asked = [("number", _code(who["number"])), ("outside", who["outside"])]
        asked += [(name, who.get(key, "")) for key in ("birth_date", "phone", "email")]
        for kind, key in asked:
            if not key or not kind:
                continue
            found = self.known.get((kind, key), set())
            if len(found) > 1:
                codes = ", ".join(sorted(self.patients[one].code for one in found))
                raise Wrong(f"Several patients fit: {codes}. {ASK_FOR}")
            if found:
                return self.patients[next(iter(found))]
        raise Wrong(_nobody(who))

    def _doubt(
        self,
        starts_at: dt.datetime,
        service: Service,
        practitioner: Practitioner | None,
        patient: Patient,
    ) -> None:
        if fault := time_fault(starts_at=starts_at, at=self.at):
            raise Wrong(fault)
        found = FreeSearch(
            clinic=self.clinic,
            need=service,
            first=self.clinic.day_of(starts_at),
            days=1,
            at=self.at,
            practitioner=practitioner,
            patient=patient,
        )
        if misfit := found.misfit(starts_at, practitioner=practitioner):
            raise Wrong(misfit)


def import_visits(*, run: ImportRun, by: User, at: dt.datetime) -> None:
    """Book the next few rows, each in an act and a transaction of its own.

    The row's key is the form's one-time key: a row that was booked when the worker died is
    found booked, and never twice, whoever goes on with it. What `book` refuses, it refuses of
    this row alone, and so with whatever else goes wrong with one. Raises NotAllowed where the
    one who started it may not book any more.
    """
    if not by.can(Permission.IMPORT, run.clinic_id):
        raise NotAllowed("Your role does not include this.", rule="R54")
    for row in next_rows(run, CHUNK):
        once, reason = f"import-{row.pk.hex}", ""
        visit = _booked(once)
        try:
            visit = visit or book(**_asked(row, run), by=by, at=at, once=once)
        except (NotAllowed, *AWAY):
            raise
        except Refusal as no:
            if isinstance(no.__cause__, AWAY):
                raise no.__cause__ from no
            reason = no.text[:300]
        except Exception as error:
            log.error("Row %s of %s is rejected: %s", row.line, run.code, kind_of(error))
            reason = ROW_FAULT
        with transaction.atomic():
            held = ImportRun.objects.held().get(pk=run.pk)
            mine = ImportRow.objects.filter(pk=row.pk, verdict__in=TO_DO)
            if visit is None:
                changed = mine.update(verdict=Verdict.REJECTED, reason=reason)
            else:
                taken = {"appointment": visit, "cells": "", "values": "", "reason": ""}
                changed = mine.update(verdict=Verdict.IMPORTED, **taken)
            held.done += changed
            held.write(only=["done"])


def _booked(once: str) -> Appointment | None:
    """The visit that was booked with this row's key, by whoever went on with the import then."""
    found = IdempotencyKey.objects.filter(key=once).exclude(result="").first()
    return Appointment.objects.get(pk=found.result) if found else None


def _nobody(who: dict[str, str]) -> str:
    """That nobody on file fits, and what would work: what the row lacks, or the patient."""
    told = [("birth date", "birth_date"), ("phone", "phone"), ("email", "email")]
    lacks = [f"the {word}" for word, key in told if not who.get(key)]
    named = who["first_name"] and who["last_name"]
    first = "import or register the patient first."
    if named and not lacks:
        return (
            "Nobody on file has this name with this birth date, phone or email. "
            f"{first.capitalize()}"
        )
    if not named:
        lacks = ["the name with the birth date, the phone or the email"]
    elif not (who["number"] or who["outside"]):
        lacks.append("the patient's number")
    return f"No patient on file fits. Add {' or '.join(lacks)}, or {first}"


def _code(number: str) -> str:
    """A patient's number as it is printed on her card; empty where it is none."""
    found = NUMBER.fullmatch(number.upper())
    return f"PT-{int(found[1]):06d}" if found else ""


def _asked(row: ImportRow, run: ImportRun) -> dict[str, Any]:
    values = json.loads(row.values)
    room, who = values["room"], values["practitioner"]
    return {
        "clinic": run.clinic,
        "patient": row.patient,
        "service": Service.objects.get(pk=values["service"]),
        "practitioner": Practitioner.objects.get(pk=who) if who else None,
        "room": Room.objects.get(pk=room) if room else None,
        "starts_at": dt.datetime.fromisoformat(values["starts_at"]),
        "note": values["note"],
        "tell": run.tells,
    }


def _by_words(named: Iterable[tuple[Any, Iterable[str]]]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for one, words in named:
        for key in {word_key(word) for word in words}:
            if one not in found[key]:
                found[key].append(one)
    return found


def _one(what: str, word: str, known: dict[str, list[Any]]) -> Any:
    """The one row of this name; None where no name was given."""
    if not word:
        return None
    key = word_key(word)
    if "," in word:  # "Ruiz, Ana"
        last, _, first = word.partition(",")
        key = key if key in known else word_key(f"{first} {last}")
    found = known.get(key, [])
    if not found:
        raise Wrong(f"No {what} here is called “{word[:40]}”.")
    if len(found) > 1:
        raise Wrong(f"Several of this clinic's are called “{word[:40]}”. Write the {what} in full.")
    return found[0]
