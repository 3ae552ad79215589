"""Patients from another system: one large file, from its upload to the last of its rows."""

from __future__ import annotations

import datetime as dt
import random
import time
from typing import Any

from django.utils import timezone

from bookings import operations
from bookings.models import ImportRow
from bookings.rules.importing import FileGiven
from clinic.models import Clinic, RoleAssignment, User
from clinic.permissions import Role

HEADS = "ID,Last Name,First Name,Birthdate,Mobile Phone,Email,Address,City,State,Postal Code"
COLUMNS = ["outside", "last_name", "first_name", "birth_date", "phone", "email"]
COLUMNS += ["address", "city", "state", "postal_code"]
FIRST_DAY = dt.date(1940, 1, 1)


def file_of(rows: int) -> bytes:
    """A file of so many patients, now and then one that cannot be taken."""
    draw = random.Random(11)  # the same file each time
    lines = [HEADS]
    for n in range(rows):
        born = FIRST_DAY + dt.timedelta(days=draw.randrange(25_000))
        day = f"{born.month}/{born.day}/{born.year}" if n % 100 else "2/31/1990"
        lines.append(
            f"{n},Last{draw.randrange(30_000)},First{draw.randrange(3_000)},{day},"
            f'512 555 {n % 10_000:04d},p{n}@example.org,"{n} Main St, Apt 3",Austin,TX,78701'
        )
    return "\n".join(lines).encode()


def run(rows: int) -> dict[str, Any]:
    """How long a clinic waits for its patients; the worker does nothing else meanwhile."""
    clinic = Clinic(code="moved", name="Moved", state="TX", time_zone="America/Chicago")
    clinic.write()
    by = User(email="manager@moved.example", name="Manager")
    by.set_unusable_password()
    by.write()
    RoleAssignment(user=by, clinic=clinic, role=Role.MANAGER).write()
    took: dict[str, float] = {}
    given = FileGiven("clients.csv", file_of(rows))
    begun = time.perf_counter()

    def lap(name: str) -> None:
        took[name] = round(time.perf_counter() - begun - sum(took.values()), 1)

    run = operations.upload_import(
        clinic=clinic, kind="patients", file=given, by=by, at=timezone.now()
    )
    lap("read_s")
    run = operations.choose_columns(
        run=run,
        version=run.version,
        columns=COLUMNS,
        date_order="mdy",
        by=by,
        at=timezone.now(),
    )
    _work()
    lap("check_s")
    run.refresh_from_db()
    run = operations.start_import(
        run=run, version=run.version, twins="other", tells=False, by=by, at=timezone.now()
    )
    _work()
    lap("import_s")
    done = ImportRow.objects.filter(run=run, verdict="imported").count()
    rejected = ImportRow.objects.filter(run=run, verdict="rejected").count()
    seconds = round(time.perf_counter() - begun, 1)
    return {"rows": rows, "imported": done, "rejected": rejected, "seconds": seconds, **took}


def _work() -> None:
    while operations.go_on_with_imports(at=timezone.now()):
        pass
