"""Take the second factors of an account away, from the machine itself."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from clinic import operations
from clinic.queries.users import user_by_email
from clinic.refusals import Refusal


class Command(BaseCommand):
    """`manage.py reset_second_factor EMAIL`: for an administrator whom nobody else can help."""

    help = (
        "Take the authenticator app, passkeys and recovery codes of an account away and end its "
        "sessions. Its owner logs in by the password and sets up another second factor. Other "
        "staff are helped by an administrator, on the page Users."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="the email address of the account")

    def handle(self, **options: Any) -> None:
        user = user_by_email(options["email"])
        if user is None:
            raise CommandError(f"Nobody here has the email address {options['email']}.")
        try:
            operations.reset_from_machine(user=user, at=timezone.now())
        except Refusal as no:
            raise CommandError(no.text) from no
        self.stdout.write(f"{user.name} has no second factor now, and is logged out everywhere.")
