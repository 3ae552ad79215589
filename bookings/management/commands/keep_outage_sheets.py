"""Put tomorrow's sheet of each clinic away once it has closed, for a day without computers."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from bookings import operations
from bookings.queries import clinics_in_use
from bookings.rules.sheet import outage_due
from bookings.views.paper import keep_sheet, kept_sheet
from clinic.printing import CannotPrint, what_lacks


class Command(BaseCommand):
    """`manage.py keep_outage_sheets`: safe to repeat; the worker runs it every few minutes."""

    help = "Put tomorrow's day sheet of each clinic that has closed into VAR_DIR/outage, as PDF."

    def handle(self, **options: Any) -> None:
        at, made = timezone.now(), 0
        if lacks := what_lacks():
            if options["verbosity"]:
                self.stdout.write(lacks)
            return
        for clinic in clinics_in_use():
            local = clinic.local(at)
            tomorrow = local.date() + dt.timedelta(days=1)
            hours = clinic.hours[local.weekday()]
            due = outage_due(hours, local.hour * 60 + local.minute)
            if not due or kept_sheet(clinic, tomorrow).exists():
                continue
            try:
                keep_sheet(clinic=clinic, day=tomorrow, at=at)
            except CannotPrint as no:
                self.stderr.write(f"{clinic}: {no}")
                continue
            operations.keep_outage_sheet(clinic=clinic, day=tomorrow, at=at)
            made += 1
        if options["verbosity"]:
            self.stdout.write(f"Sheets put away: {made}.")
