"""Do what the clock asks for: reminders that are due, offers and waits that are over."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from bookings.operations import close_waits_over, end_offers_over, send_reminders, tell_the_rest


class Command(BaseCommand):
    """`manage.py send_due`: safe to repeat; the worker runs it every minute."""

    help = "Put due reminders into the outbox, once each, and end offers and waits that are over."

    def handle(self, **options: Any) -> None:
        at = timezone.now()
        # First the offers: the next in line waits for them.
        ended = end_offers_over(at=at)
        closed = close_waits_over(at=at)
        # Whoever is told of a visit only now needs no reminder of it.
        told = tell_the_rest(at=at)
        due = send_reminders(at=at)
        if options["verbosity"]:
            self.stdout.write(f"Visits to remind of: {due}; messages told in part: {told}.")
            self.stdout.write(f"Offers that are over: {ended}; waits that are over: {closed}.")
