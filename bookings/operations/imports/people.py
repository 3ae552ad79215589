"""Patients from a file: put on file in chunks, by the same rules as at the desk."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from django.db.models import F

from bookings.models import ImportRow, ImportRun
from bookings.operations.imports.ground import TAKEN, TO_DO, person_of
from clinic import audit
from clinic.acts import act
from clinic.models import Patient, User
from clinic.operations.patients import check_patient, lock_numbers
from clinic.permissions import Permission
from clinic.refusals import Refusal
from clinic.rules import may_be_same

State, Verdict, Twins = ImportRun.State, ImportRow.Verdict, ImportRun.Twins
CHUNK = 500
# What a row may add to a patient on file who lacks it; nothing that is there is ever changed.
ADDED = ("preferred_name", "phone", "email", "address", "emergency_contact")


@act("import.patients", may=Permission.IMPORT, on="run")
def import_patients(*, run: ImportRun, by: User, at: dt.datetime, most: int = CHUNK) -> ImportRun:
    """Put the next rows of an import on file, all of them in one transaction.

    Each is judged anew, as at the desk: someone who came on file since the check is not put
    there twice. A row that may not be put on file is rejected with the reason; the others go
    on. Refuses an import that is not under way (R46).
    """
    run = ImportRun.objects.held().select_related("clinic").get(pk=run.pk)
    if run.state != State.RUNNING:
        raise Refusal("This import is not under way.", rule="R46")
    todo = ImportRow.objects.filter(run=run, verdict__in=TO_DO).order_by("line")
    rows = list(todo[:most])
    chunk = _Chunk(run, rows, by=by, at=at)
    for row in rows:
        chunk.take(row)
    chunk.write()
    run.done += len(rows)
    run.write(only=["done"])
    counts = Counter(str(row.verdict) for row in rows)
    first, last = chunk.numbers
    audit.record(
        "import.patients",
        by=by,
        at=at,
        clinic_id=run.clinic_id,
        on=run,
        detail={"first": first, "last": last, **counts},
    )
    return run


@dataclass
class _Chunk:
    """Some rows of one import and what becomes of them, all at once."""

    run: ImportRun
    rows: list[ImportRow]
    by: User
    at: dt.datetime
    made: list[Patient] = field(default_factory=list)
    changed: list[tuple[Patient, list[str]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.number = lock_numbers(self.run.clinic)
        self.today = self.run.clinic.day_of(self.at)
        self.persons = {row.pk: person_of(json.loads(row.values), self.run) for row in self.rows}
        days = {one.birth_date for one in self.persons.values()}
        self.on_file: dict[dt.date, list[Patient]] = defaultdict(list)
        born = Patient.objects.filter(clinic=self.run.clinic, birth_date__in=days)
        for one in born.select_related("clinic").order_by("number"):
            self.on_file[one.birth_date].append(one)
        prints = [row.fingerprint for row in self.rows]
        before = ImportRow.objects.filter(clinic=self.run.clinic, fingerprint__in=prints)
        self.before = set(before.filter(verdict__in=TAKEN).values_list("fingerprint", flat=True))

    @property
    def numbers(self) -> tuple[str, str]:
        """The first and the last number that was given; empty where none was."""
        return (self.made[0].code, self.made[-1].code) if self.made else ("", "")

    def take(self, row: ImportRow) -> None:
        """Judge one row and prepare what is to be written of it."""
        person = self.persons[row.pk]
        choice = row.choice or self.run.twins
        there = self.on_file[person.birth_date]
        twins = [one for one in there if may_be_same(one, person)]
        if row.fingerprint in self.before:
            row.verdict, row.reason = Verdict.AGAIN, "The same row was imported before."
        elif not twins or choice == Twins.OTHER:
            self._make(row, person)
        elif choice == Twins.SKIP or len(twins) > 1:
            codes = ", ".join(one.code for one in twins[:5])
            row.verdict = Verdict.SKIPPED
            row.reason = (
                f"{codes} {'is' if len(twins) == 1 else 'are'} on file and may be the same."
            )
        else:
            self._join(row, person, twins[0])

    def _make(self, row: ImportRow, person: Patient) -> None:
        person.pk, person.number = row.pk, self.number
        person.created_at, person.created_by = self.at, self.by
        try:
            check_patient(person, today=self.today)
            person.check_fields()
        except Refusal as no:
            row.verdict, row.reason = Verdict.REJECTED, no.text[:300]
            return
        person.clinic = self.run.clinic
        self.number += 1
        self.made.append(person)
        self.on_file[person.birth_date].append(person)
        self.before.add(row.fingerprint)
        row.verdict = Verdict.IMPORTED

    def _join(self, row: ImportRow, person: Patient, twin: Patient) -> None:
        if twin not in self.made:
            twin = Patient.objects.held().select_related("clinic").get(pk=twin.pk)
        row.patient, row.verdict = twin, Verdict.JOINED
        lacking = [name for name in ADDED if getattr(person, name) and not getattr(twin, name)]
        row.reason = f"Taken as {twin.code}."
        for name in lacking:
            setattr(twin, name, getattr(person, name))
        if lacking and twin not in self.made:
            self.changed.append((twin, lacking))

    def write(self) -> None:
        """Write all of it, with an event for each patient who is new or changed."""
        Patient.objects.bulk_create(self.made)
        detail = {"import": self.run.code}
        events = [
            audit.Entry("patient.register", self.by, self.at, one, detail) for one in self.made
        ]
        for twin, lacking in self.changed:
            twin.write()
            more = detail | {"fields": lacking}
            events.append(audit.Entry("patient.change", self.by, self.at, twin, more))
        mine = ImportRow.objects.filter(run=self.run)
        made = [one.pk for one in self.made]
        # The person stands in the list of patients now; a copy of her row is not kept.
        mine.filter(pk__in=made).update(
            verdict=Verdict.IMPORTED, patient_id=F("id"), reason="", cells="", values=""
        )
        for row in self.rows:
            if row.verdict == Verdict.JOINED:
                row.cells = row.values = ""
            if row.verdict != Verdict.IMPORTED:
                row.write(only=["verdict", "reason", "patient", "cells", "values"])
        audit.record_many(events, clinic_id=self.run.clinic_id)
