"""Put a backup in the place of the database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from clinic import audit, backups


class Command(BaseCommand):
    """`manage.py restore PATH`: all of it or nothing; ends with `verify_audit`."""

    help = (
        "Restore the backup PATH into this database, bring it up to date and verify the audit. "
        "Whatever stops it leaves the database as it was."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path)
        parser.add_argument(
            "--over-existing",
            action="store_true",
            help="lose everything that is in the database now, even where a newer version made it",
        )

    def handle(self, **options: Any) -> None:
        def tell(step: str) -> None:
            self.stdout.write(step)
            self.stdout.flush()

        try:
            with backups.Archive(options["path"]) as archive:
                outcome = backups.restore(
                    archive, over_existing=options["over_existing"], tell=tell
                )
                manifest, rows = archive.manifest, archive.rows
        except backups.Unfit as error:
            raise CommandError(str(error)) from error
        at = timezone.now()
        detail = {"made_at": manifest["made_at"], "rows": rows, "proven": not outcome.faults}
        with transaction.atomic():
            audit.record("backup.restore", by=None, at=at, clinic_id=None, detail=detail)
        if outcome.faults:
            raise CommandError(
                f"Restored as it was backed up, but that was not whole:\n{outcome.faults}"
            )
        backups.note_proven(options["path"], manifest, at=at)
        tell(f"{outcome.said}\nRestored: {rows:,} rows as of {manifest['made_at']}.")
