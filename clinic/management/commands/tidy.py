"""Drop what is kept for a while only: drafts that nobody came back for, old one-time keys. And
let SQLite count its tables anew."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from clinic import acts, drafts, planner


class Command(BaseCommand):
    """`manage.py tidy`: safe to repeat; the worker runs it every hour."""

    help = (
        "Drop drafts older than half a day and one-time keys older than a week, let SQLite count "
        "its tables anew, then end."
    )

    def handle(self, **options: Any) -> None:
        at = timezone.now()
        gone, keys = drafts.forget_old(at=at), acts.forget_keys(at=at)
        planner.count_anew()
        if options["verbosity"]:
            self.stdout.write(f"Dropped: drafts {gone}, one-time keys {keys}.")
