"""Write down where the audit chains end, signed, to be kept away from the database."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from clinic import audit


class Command(BaseCommand):
    """`manage.py audit_anchor [FILE]`; `verify_audit --anchor FILE` reads it."""

    help = "Export a signed anchor of the audit chains, to a new file or to the screen."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="a new file (default: the screen)")

    def handle(self, **options: Any) -> None:
        text = json.dumps(audit.anchor_now(timezone.now()), indent=1)
        if options["file"] is None:
            self.stdout.write(text)
            return
        try:
            # "x": an anchor is never written over.
            with options["file"].open("x") as file:
                file.write(text + "\n")
        except OSError as error:
            raise CommandError(
                f"The anchor could not be written to {options['file']}: {error.strerror}."
            ) from error
        self.stdout.write(f"Anchored in {options['file']}.")
