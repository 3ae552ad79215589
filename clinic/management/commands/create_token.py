"""Make a token of the JSON API, from the machine itself."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from clinic import operations
from clinic.queries.users import user_by_email
from clinic.refusals import Refusal
from clinic.rules.tokens import LASTS


class Command(BaseCommand):
    """`manage.py create_token EMAIL`: prints the token, once."""

    help = (
        "Make a token by which a program asks the JSON API in a user's name and with their rights, "
        "and print it. It is shown this once and kept nowhere; the page API tokens revokes it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="the email address of the account")
        parser.add_argument("--name", default="Made on the machine", help="what it is for")
        days = [one for one in LASTS if one]
        parser.add_argument(
            "--days", type=int, choices=days, help="how long it is good; by default it has no end"
        )

    def handle(self, **options: Any) -> None:
        user = user_by_email(options["email"])
        if user is None:
            raise CommandError(f"Nobody here has the email address {options['email']}.")
        try:
            made = operations.create_token_from_machine(
                user=user, name=options["name"], lasts=options["days"], at=timezone.now()
            )
        except Refusal as no:
            raise CommandError(no.text) from no
        self.stdout.write(made.secret)
