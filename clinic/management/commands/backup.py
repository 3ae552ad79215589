"""Back up the whole database into one file, and prove it at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, transaction
from django.utils import timezone

from clinic import audit, backups


class Command(BaseCommand):
    """`manage.py backup PATH`: while everybody works on. Exit 1 when it could not be proven."""

    help = (
        "Write a backup to PATH (a new file, or a folder in which it gets a name with the time), "
        "restore it to a scratch database, and verify the audit there."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, help="a new file, or a folder that is there")

    def handle(self, **options: Any) -> None:
        at = timezone.now()
        file: Path = options["path"]
        if file.is_dir():
            file = file / f"stratum-{at:%Y%m%dT%H%M%SZ}.backup"

        def tell(step: str) -> None:
            self.stdout.write(step)
            self.stdout.flush()

        try:
            tell(f"Backing up to {file}")
            with backups.new_archive(file, at=at, tell=tell) as part, backups.Archive(part) as made:
                manifest, rows = made.manifest, made.rows
                outcome = backups.prove(made, tell=tell)
        except backups.Unfit as error:
            raise CommandError(str(error)) from error
        if not outcome.faults:
            backups.note_proven(file, manifest, at=timezone.now())
        detail = {"file": file.name, "rows": rows, "proven": not outcome.faults}
        try:
            with transaction.atomic():
                audit.record("backup.make", by=None, at=at, clinic_id=None, detail=detail)
        except DatabaseError as error:
            raise CommandError(
                f"{file} is made, but the audit could not take note of it: {backups.why(error)}"
            ) from error
        if outcome.faults:
            raise CommandError(f"{file} is made, but what it holds is not whole:\n{outcome.faults}")
        tell(f"{outcome.said}\nBacked up and proven: {file}, {rows:,} rows.")
