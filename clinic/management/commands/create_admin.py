"""Invite an administrator from the machine itself; on an empty installation, begin it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse
from django.utils import timezone

from clinic import operations
from clinic.models import Clinic
from clinic.permissions import Role
from clinic.queries.first_start import is_empty
from clinic.queries.places import clinics_in_use
from clinic.refusals import Refusal
from clinic.rules.states import STATES, ZONES

MORE = [role.value for role in Role if role != Role.ADMINISTRATOR]


class Command(BaseCommand):
    """`manage.py create_admin EMAIL --name NAME`; prints the link, which is kept nowhere."""

    help = (
        "Invite an administrator, by a link that is printed once. On an empty installation also "
        "make the organization and its first clinic: add --organization, --clinic-name, --state."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="their email address, with which they will log in")
        parser.add_argument("--name", default="", help="their name, as colleagues know them")
        parser.add_argument(
            "--more",
            action="store_true",
            help="they have an account: give it the roles of --also, and no new link",
        )
        parser.add_argument("--clinic", help="the code of one clinic (default: all in use)")
        parser.add_argument(
            "--also", nargs="+", default=[], choices=MORE, help="more roles, for who begins alone"
        )
        parser.add_argument(
            "--another", action="store_true", help="though an administrator's account is in use"
        )
        parser.add_argument("--organization", help="empty installation: who runs it")
        parser.add_argument("--clinic-name", help="empty installation: the first clinic's name")
        parser.add_argument("--state", help="empty installation: its state, by two letters")
        parser.add_argument("--time-zone", help="empty installation: if not that of most of it")

    def handle(self, **options: Any) -> None:
        begin = _beginning(options) if is_empty() else None
        clinics = [] if begin else list(clinics_in_use())
        if options["clinic"] and not begin:
            clinics = [one for one in clinics if one.code == options["clinic"]]
            if not clinics:
                raise CommandError(f"There is no clinic in use with the code {options['clinic']}.")
        if options["more"]:
            self._give_more(clinics, options)
            return
        if not options["name"]:
            raise CommandError("Add --name with their name, as colleagues know them.")
        try:
            made = operations.create_administrator(
                email=options["email"],
                name=options["name"],
                clinics=clinics,
                begin=begin,
                also=[Role(one) for one in options["also"]],
                another=options["another"],
                at=timezone.now(),
            )
        except Refusal as no:
            more = " Or add --another." if no.rule == "R54" and not begin else ""
            raise CommandError(f"{no.text}{more}") from no
        link = f"{settings.SITE_ADDRESS}{reverse('invitation', args=[made.secret])}"
        self.stdout.write(f"{made.user.name} chooses a password here; once, within seven days:")
        self.stdout.write(link)

    def _give_more(self, clinics: list[Clinic], options: dict[str, Any]) -> None:
        if not options["also"]:
            raise CommandError("Add --also with the roles to give, for example: --also manager")
        try:
            user = operations.give_roles(
                email=options["email"],
                clinics=clinics,
                roles=[Role(one) for one in options["also"]],
                at=timezone.now(),
            )
        except Refusal as no:
            raise CommandError(no.text) from no
        where = ", ".join(str(one) for one in clinics)
        self.stdout.write(f"{user.name} is also {', '.join(options['also'])} in {where}.")


def _beginning(options: dict[str, Any]) -> operations.Beginning:
    """What an empty installation begins with; says which options are missing."""
    needed = ("organization", "clinic_name", "state")
    missing = [f"--{name.replace('_', '-')}" for name in needed if not options[name]]
    if missing:
        raise CommandError(
            f"This installation is empty. Add {', '.join(missing)}, for example: --organization "
            '"Stratum Skin" --clinic-name "Austin" --state TX'
        )
    state = options["state"].upper()
    if state not in STATES:
        raise CommandError(f"{options['state']} is no state. Use its two letters, for example TX.")
    zone = options["time_zone"] or STATES[state][1]
    if zone not in ZONES:
        raise CommandError(f"{zone} is no time zone of ours. Use one of {', '.join(ZONES)}.")
    return operations.Beginning(
        organization=options["organization"],
        clinic_name=options["clinic_name"],
        state=state,
        time_zone=zone,
    )
