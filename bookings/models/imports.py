"""Imports: one file that another system exported, and what became of each of its rows."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from bookings.models.appointments import Appointment
from clinic.constraints import bounded, check, together
from clinic.models import Clinic, Patient, Record, Row
from clinic.models.base import ScopedQuerySet


class ImportRun(Record):
    """One file, from the moment it is given to the last of its rows.

    `content` is the file itself, packed, until the import begins or is discarded: its rows
    say the same.
    `columns` says what each column means, as JSON; `done` counts the rows of the step under way.
    """

    class Kind(models.TextChoices):
        PATIENTS = "patients", "Patients"
        APPOINTMENTS = "appointments", "Appointments"

    class State(models.TextChoices):
        UPLOADED = "uploaded", "Columns to be chosen"
        CHECKING = "checking", "Being checked"
        CHECKED = "checked", "Ready to import"
        RUNNING = "running", "Being imported"
        STOPPED = "stopped", "Stopped"
        DONE = "done", "Done"
        DISCARDED = "discarded", "Discarded"

    class Twins(models.TextChoices):
        SKIP = "skip", "Leave them out"
        SAME = "same", "Take them as the same person"
        OTHER = "other", "Take them as other people"

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="imports")
    kind = models.CharField(max_length=12, choices=Kind)
    file_name = models.CharField(max_length=120)
    digest = models.CharField(max_length=64)
    content = models.BinaryField(blank=True)
    read_as = models.CharField(max_length=80)
    heads = models.TextField()
    columns = models.TextField(default="[]")
    date_order = models.CharField(max_length=3, default="mdy")
    twins = models.CharField(max_length=5, choices=Twins, default=Twins.SKIP)
    tells = models.BooleanField(default=False)
    state = models.CharField(max_length=9, choices=State, default=State.UPLOADED)
    stopped_because = models.CharField(max_length=200, blank=True)
    rows = models.PositiveIntegerField()
    done = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    started_at = models.DateTimeField(null=True, blank=True)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "pk"]
        indexes = [
            models.Index(fields=["clinic", "created_at"], name="import_by_time"),
            models.Index(
                fields=["created_at"],
                condition=Q(state__in=["checking", "running"]),
                name="import_under_way",
            ),
        ]
        constraints = [
            check(
                "import_kind_known",
                Q(kind__in=["patients", "appointments"]),
                "Import patients or appointments.",
            ),
            check(
                "import_state_known",
                Q(
                    state__in=[
                        "uploaded",
                        "checking",
                        "checked",
                        "running",
                        "stopped",
                        "done",
                        "discarded",
                    ]
                ),
                "Use a known state.",
            ),
            check(
                "import_twins_known",
                Q(twins__in=["skip", "same", "other"]),
                "Say what becomes of those who may be on file.",
            ),
            check(
                "import_started_by_someone",
                Q(started_at__isnull=False) | ~Q(state__in=["running", "stopped", "done"]),
                "An import runs once someone has started it.",
            ),
            together("import_started_together", "started_at", "started_by"),
            bounded("import_dates_bounded", instants=["created_at", "started_at", "finished_at"]),
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def code(self) -> str:
        """A short code for people and for the audit."""
        return f"I-{self.pk.hex[:8].upper()}"

    @property
    def is_under_way(self) -> bool:
        """Whether the worker has something to do."""
        return self.state in (self.State.CHECKING, self.State.RUNNING)


class ImportRow(Row):
    """One row of a file: what was judged of it before, and then what became of it.

    `cells` is the row as it stands in the file, `values` what is to be put on file, both JSON.
    `fingerprint` covers the values: the same row is imported once, whatever file it is in. A
    patient who is made from a row bears the row's own key. `choice` is what a person has said
    of this one row, where it differs from what holds for the whole import.
    """

    class Verdict(models.TextChoices):
        READY = "ready", "Ready"
        ON_FILE = "on_file", "May be on file"
        IN_FILE = "in_file", "Twice in the file"
        AGAIN = "again", "Imported before"
        REJECTED = "rejected", "Rejected"
        IMPORTED = "imported", "Imported"
        JOINED = "joined", "Taken as the same person"
        SKIPPED = "skipped", "Left out"

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+")
    run = models.ForeignKey(ImportRun, models.PROTECT, related_name="lines")
    line = models.PositiveIntegerField()
    verdict = models.CharField(max_length=8, choices=Verdict)
    reason = models.CharField(max_length=300, blank=True)
    choice = models.CharField(max_length=5, choices=ImportRun.Twins, blank=True)
    outside = models.CharField(max_length=80, blank=True)
    fingerprint = models.CharField(max_length=64, blank=True)
    cells = models.TextField(blank=True)
    values = models.TextField(blank=True)
    patient = models.ForeignKey(
        Patient, models.PROTECT, null=True, blank=True, related_name="import_rows"
    )
    appointment = models.ForeignKey(
        Appointment, models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = models.Manager()

    class Meta:
        ordering = ["run", "line"]
        indexes = [
            models.Index(fields=["run", "verdict", "line"], name="import_row_by_verdict"),
            models.Index(
                fields=["clinic", "outside"],
                condition=~Q(outside=""),
                name="import_row_by_outside",
            ),
            models.Index(
                fields=["clinic", "fingerprint"],
                condition=~Q(fingerprint=""),
                name="import_row_by_print",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "line"],
                name="import_row_once_per_line",
                violation_error_message="This row of the file is there already.",
            ),
            models.UniqueConstraint(
                fields=["clinic", "fingerprint"],
                condition=Q(verdict="imported"),
                name="import_row_imported_once",
                violation_error_message="This row was imported before.",
            ),
            check(
                "import_row_verdict_known",
                Q(
                    verdict__in=[
                        "ready",
                        "on_file",
                        "in_file",
                        "again",
                        "rejected",
                        "imported",
                        "joined",
                        "skipped",
                    ]
                ),
                "Use a known verdict.",
            ),
            check(
                "import_row_choice_known",
                Q(choice__in=["", "skip", "same", "other"]),
                "Say what becomes of this row.",
            ),
            check(
                "import_row_says_why",
                ~Q(verdict="rejected") | ~Q(reason=""),
                "A rejected row says why.",
            ),
        ]

    def __str__(self) -> str:
        return f"row {self.line}"
