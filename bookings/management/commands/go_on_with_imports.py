"""Go on with the imports that are under way, for some seconds."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from bookings.operations import go_on_with_imports


class Command(BaseCommand):
    """`manage.py go_on_with_imports`: safe to repeat; the worker runs it every few seconds."""

    help = "Check and import what is under way, a piece at a time, then end."

    def handle(self, **options: Any) -> None:
        steps = go_on_with_imports(at=timezone.now())
        if options["verbosity"]:
            self.stdout.write(f"Steps taken: {steps}.")
