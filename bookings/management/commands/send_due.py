"""Do what the clock asks for: put the reminders that are due into the outbox."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from bookings.operations import send_reminders


class Command(BaseCommand):
    """`manage.py send_due`: safe to repeat; the worker runs it every minute."""

    help = "Put the reminders that are due into the outbox, once each, then end."

    def handle(self, **options: Any) -> None:
        due = send_reminders(at=timezone.now())
        if options["verbosity"]:
            self.stdout.write(f"Visits to remind of: {due}.")
