"""Fill an empty installation with a demo that is alive today, and give it a past."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction
from django.utils import timezone

from clinic.models import Clinic
from treatments import operations
from treatments.management.demo import bulk, history
from treatments.management.demo.catalog import catalog
from treatments.management.demo.clinics import PLANS, Plan, Site, build, load, organize
from treatments.management.demo.days import Queue, play
from treatments.management.demo.stockroom import is_stocked

# Enough for an audit page with something to read; the benchmarks ask for 22,000.
PAST_VISITS = 240
PATIENTS = 60


class Command(BaseCommand):
    """`seed_demo [--clinics 2] [--history N]`: what is there already stays as it is."""

    help = "Write the demo clinics, N past visits with signed treatments, and a day under way."
    # The database is all it needs; looking at every page first costs a second of each start.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--clinics", type=int, choices=(1, 2), default=2)
        parser.add_argument(
            "--history", type=int, default=PAST_VISITS, metavar="N", help="past visits in all"
        )

    def handle(self, **options: Any) -> None:
        now = timezone.now().replace(microsecond=0)
        operations.load_catalog(at=now)
        plans = PLANS[: options["clinics"]]
        made = self._set_up(plans, now)
        past = self._remember(plans, options["history"], now)
        acts = self._play(plans, now)
        if made or past or acts:
            self.stdout.write(
                f"Demo: {made} clinics set up, {past} past visits, {acts} acts up to now."
            )
        else:
            self.stdout.write("The demo is there already; nothing was changed.")
        self._tell_accounts(plans)

    def _set_up(self, plans: tuple[Plan, ...], now: dt.datetime) -> int:
        """The clinics that are not there yet; how many were made."""
        made = 0
        with transaction.atomic():
            goods = catalog()
            for plan in plans:
                if not Clinic.objects.filter(code=plan.code).exists():
                    today = now.astimezone(ZoneInfo(plan.time_zone)).date()
                    build(plan, goods, password=settings.DEMO_PASSWORD, today=today, at=now)
                    made += 1
            organize(at=now)
        return made

    def _remember(self, plans: tuple[Plan, ...], wanted: int, now: dt.datetime) -> int:
        """Bring the past up to `wanted` visits, shared among the clinics; how many were added."""
        added = 0
        for number, (plan, site) in enumerate(_sites(plans)):
            share = (number + 1) * wanted // len(plans) - number * wanted // len(plans)
            lacking = share - history.already(site)
            if lacking <= 0:
                continue
            today = site.clinic.day_of(now)
            last = history.first_day(site, today=today) - dt.timedelta(days=1)
            lasting = 0 if is_stocked(site) else history.LEFT_OVER
            for written in bulk.remember(
                site, lacking, last=last, area_code=plan.area_code, left_over=lasting
            ):
                added += written
                if wanted > 2 * history.BATCH:
                    self.stdout.write(f"  {plan.name}: {added} of {wanted} past visits")
        return added

    def _play(self, plans: tuple[Plan, ...], now: dt.datetime) -> int:
        """Yesterday, today up to now and the bookings ahead, where nothing was played yet."""
        with transaction.atomic():
            fresh = [(plan, site) for plan, site in _sites(plans) if not is_stocked(site)]
            stage = [
                (site, Queue(bulk.patients_of(site, PATIENTS, plan.area_code, at=now)))
                for plan, site in fresh
            ]
            return play(stage, now=now, password=settings.DEMO_PASSWORD)

    def _tell_accounts(self, plans: tuple[Plan, ...]) -> None:
        for plan in plans:
            self.stdout.write(f"{plan.name}, {plan.state}")
            for post in plan.posts:
                address = f"{post.account}@demo.example"
                self.stdout.write(f"  {address:28} {post.role.label.lower()}")
        self.stdout.write(f"The password of all: {settings.DEMO_PASSWORD}")


def _sites(plans: tuple[Plan, ...]) -> list[tuple[Plan, Site]]:
    goods = catalog()
    return [(plan, load(plan, goods)) for plan in plans]
