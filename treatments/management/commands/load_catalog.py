"""Bring the catalogs that ship with the product into the database."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from treatments import operations


class Command(BaseCommand):
    """`load_catalog`: safe to run again; what was edited here stays as it is."""

    help = "Add and update device models, numbing and glide products, and depth rules."
    requires_system_checks: list[str] = []

    def handle(self, **options: Any) -> None:
        done = operations.load_catalog(at=timezone.now())
        if not options["verbosity"]:
            return
        self.stdout.write(
            f"Catalog: {len(done.added)} added, {len(done.updated)} updated, "
            f"{len(done.kept)} kept as edited here."
        )
