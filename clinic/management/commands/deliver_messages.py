"""Send what is due in the outbox, once."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from clinic import outbox


class Command(BaseCommand):
    """`manage.py deliver_messages`: for a timer, where no worker runs."""

    help = "Send the messages that are due, then end."

    def handle(self, **options: Any) -> None:
        sent = outbox.deliver(at=timezone.now())
        self.stdout.write(f"Sent: {sent}.")
