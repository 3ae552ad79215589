"""Prove that audit, signed records and ledger are as they were written, or name what is not."""

from __future__ import annotations

import json
import time
from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from clinic import audit, constraints
from clinic.models import AuditEvent
from treatments.queries.contents import false_addenda, false_signatures
from treatments.queries.proof import ledger_faults
from treatments.queries.told import chains_of_clinics, false_areas


class Command(BaseCommand):
    """`manage.py verify_audit [--anchor FILE]`: exit 0, or the first fault of each part, exit 1.

    The parts are each audit chain, the signed records, their addenda, the areas on file, and the
    lots, the cartridges and their ledger.
    """

    help = (
        "Check every event of every audit chain, every signed record, every lot, every "
        "cartridge and its movements, and that the database's guards stand."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--anchor", type=Path, help="an anchor exported earlier: shows a cut-off end"
        )

    def handle(self, **options: Any) -> None:
        anchor = read_anchor(options["anchor"]) if options["anchor"] else None
        began = time.monotonic()
        found = [
            f"Chain {fault.chain}: {fault.sentence}"
            for fault in audit.faults(anchor, wanted=chains_of_clinics())
        ]
        took = max(time.monotonic() - began, 1e-6)
        found += [first for part in PARTS if (first := first_of(part()))]
        found += [f"Guard {name} is missing." for name in constraints.missing(connection)]
        if found:
            raise CommandError("\n".join(found))
        events = AuditEvent.objects.count()
        self.stdout.write(
            f"{events} events are as they were written: {took:.2f} s, {events / took:.0f} a second."
        )


PARTS = (false_signatures, false_addenda, false_areas, ledger_faults)


def first_of(faults: Generator[str, None, None]) -> str:
    """The first of the faults, or ""; the reader is closed at once, and with it its moment."""
    with closing(faults):
        return next(faults, "")


def read_anchor(file: Path) -> dict[str, Any]:
    """The anchor in the file; refused when unreadable or not signed with this system's key."""
    try:
        anchor = json.loads(file.read_text())
    except OSError as error:
        raise CommandError(f"The anchor {file} can't be read: {error.strerror}.") from error
    except ValueError as error:
        raise CommandError(f"The anchor {file} is damaged: it is not JSON.") from error
    if not isinstance(anchor, dict) or not audit.anchor_is_ours(anchor):
        raise CommandError(f"The anchor {file} was not signed with this system's key.")
    return anchor
