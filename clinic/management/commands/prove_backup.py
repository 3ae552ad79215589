"""Prove that a backup can be restored, and leave the database alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from clinic import backups


class Command(BaseCommand):
    """`manage.py prove_backup PATH`: exit 0, or what is wrong with the backup and exit 1."""

    help = "Restore the backup PATH to a scratch database and verify the audit there."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path)

    def handle(self, **options: Any) -> None:
        def tell(step: str) -> None:
            self.stdout.write(step)
            self.stdout.flush()

        try:
            with backups.Archive(options["path"]) as archive:
                outcome = backups.prove(archive, tell=tell)
                manifest = archive.manifest
        except backups.Unfit as error:
            raise CommandError(str(error)) from error
        if outcome.faults:
            raise CommandError(f"What it holds is not whole:\n{outcome.faults}")
        backups.note_proven(options["path"], manifest, at=timezone.now())
        tell(f"{outcome.said}\nProven: the backup of {manifest['made_at']} can be restored.")
