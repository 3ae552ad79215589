"""Patients from a file: put on file in chunks, by the same rules as at the desk."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import F

from bookings.models import ImportRow, ImportRun
from bookings.operations.imports.ground import LIKENESS, TAKEN, Likeness, next_rows, person_of
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
    rows = next_rows(run, most)
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
    made: dict[UUID, Patient] = field(default_factory=dict)
    joined: dict[UUID, Patient] = field(default_factory=dict)
    added: dict[UUID, list[str]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self.number = lock_numbers(self.run.clinic)
        self.today = self.run.clinic.day_of(self.at)
        self.values = {row.pk: json.loads(row.values) for row in self.rows}
        self.on_file: dict[dt.date, list[tuple[int, UUID, Likeness]]] = defaultdict(list)
        days = {Likeness.of(values).birth_date for values in self.values.values()}
        born = Patient.objects.filter(clinic=self.run.clinic, birth_date__in=days)
        for number, key, *values in born.order_by("number").values_list("number", "pk", *LIKENESS):
            one = Likeness(*values)
            self.on_file[one.birth_date].append((number, key, one))
        prints = [row.fingerprint for row in self.rows]
        before = ImportRow.objects.filter(clinic=self.run.clinic, fingerprint__in=prints)
        self.before = set(before.filter(verdict__in=TAKEN).values_list("fingerprint", flat=True))

    @property
    def numbers(self) -> tuple[str, str]:
        """The first and the last number that was given; empty where none was."""
        made = [*self.made.values()]
        return (made[0].code, made[-1].code) if made else ("", "")

    def take(self, row: ImportRow) -> None:
        """Judge one row and prepare what is to be written of it."""
        person = Likeness.of(self.values[row.pk])
        choice = row.choice or self.run.twins
        there = self.on_file[person.birth_date]
        twins = [(number, key) for number, key, one in there if may_be_same(one, person)]
        if row.fingerprint in self.before:
            row.verdict, row.reason = Verdict.AGAIN, "The same row was imported before."
        elif not twins or choice == Twins.OTHER:
            self._make(row, person)
        elif choice == Twins.SKIP or len(twins) > 1:
            codes = ", ".join(f"PT-{number:06d}" for number, _key in twins[:5])
            row.verdict = Verdict.SKIPPED
            row.reason = (
                f"{codes} {'is' if len(twins) == 1 else 'are'} on file and may be the same."
            )
        else:
            self._join(row, twins[0][1])

    def _make(self, row: ImportRow, person: Likeness) -> None:
        """A patient whose number follows the last; her key is the row's, so that there is one.

        What her fields hold was checked with the row and has not changed since; the day has.
        """
        try:
            check_patient(person, today=self.today)
        except Refusal as no:
            row.verdict, row.reason = Verdict.REJECTED, no.text[:300]
            return
        patient = person_of(self.values[row.pk], self.run)
        patient.pk, patient.number, patient.clinic = row.pk, self.number, self.run.clinic
        patient.created_at, patient.created_by = self.at, self.by
        self.number += 1
        self.made[patient.pk] = patient
        self.on_file[person.birth_date].append((patient.number, patient.pk, person))
        self.before.add(row.fingerprint)
        row.verdict = Verdict.IMPORTED

    def _join(self, row: ImportRow, key: UUID) -> None:
        """What the patient on file lacks is added; what is there is never changed."""
        twin = self.made.get(key)
        if twin is None:
            twin = self.joined.get(key) or Patient.objects.held().get(pk=key)
            self.joined[key] = twin
        row.patient, row.verdict, row.reason = twin, Verdict.JOINED, f"Taken as {twin.code}."
        values = self.values[row.pk]
        for name in ADDED:
            if values[name] and not getattr(twin, name):
                setattr(twin, name, values[name])
                self.added[key].append(name)

    def write(self) -> None:
        """Write all of it, with an event for each patient who is new or changed."""
        made, detail = [*self.made.values()], {"import": self.run.code}
        Patient.objects.bulk_create(made)
        events = [audit.Entry("patient.register", self.by, self.at, one, detail) for one in made]
        for key, names in self.added.items():
            if key in self.joined:
                self.joined[key].write()
                more = detail | {"fields": names}
                entry = audit.Entry("patient.change", self.by, self.at, self.joined[key], more)
                events.append(entry)
        # The person stands in the list of patients now; a copy of her row is not kept.
        ImportRow.objects.filter(run=self.run, pk__in=self.made).update(
            verdict=Verdict.IMPORTED, patient_id=F("id"), reason="", cells="", values=""
        )
        for row in self.rows:
            if row.verdict == Verdict.JOINED:
                row.cells = row.values = ""
            if row.verdict != Verdict.IMPORTED:
                row.write(only=["verdict", "reason", "patient", "cells", "values"])
        audit.record_many(events, clinic_id=self.run.clinic_id)
