"""Years of history within minutes: the measured clinic's full day, copied back in time.

What is copied by INSERT…SELECT is a finished visit as the desk knows it: the appointment, its four
holds, its treated areas and the confirmation that was sent. Every guard of the database judges
every row, as it would a booking. What is not copied: charts, the ledger of cartridges and the
audit; of those the demo's own past (`seed_demo`) has as many as its visits, and the desk's pages
read nothing else of them. The people rotate through the clinic's whole file, so that nobody has
more visits than a patient has.
"""

from __future__ import annotations

import datetime as dt
import sys
import time
import uuid
from typing import Any

from django.db import connection, models, transaction

from bench.world import World
from bookings.models import LANES, Appointment, Hold, PerformedArea
from clinic.models import Message, Patient

DAYS_AT_ONCE = 50
AREAS = ("forehead", "cheek_l")
# How many patients one day's visits are spread over in `world.build`: twenty a lane.
A_LANE = 20


def enroll(world: World, count: int) -> float:
    """Put patients on file until the clinic has so many; the seconds it took."""
    begun = time.perf_counter()
    there = Patient.objects.filter(clinic=world.clinic).count()
    for first in range(there, count, 5000):
        Patient.objects.bulk_create(
            [_someone(world, number) for number in range(first, min(first + 5000, count))],
            batch_size=500,
        )
    return round(time.perf_counter() - begun, 1)


def _someone(world: World, n: int) -> Patient:
    return Patient(
        clinic=world.clinic,
        number=n + 1,
        first_name=f"{FIRST[n % len(FIRST)]}{n % 89 or ''}",
        last_name=f"{LAST[n // 7 % len(LAST)]}{n // 7 % 613}",
        birth_date=dt.date(1940, 1, 1) + dt.timedelta(days=n * 37 % 25_000),
        phone=f"+1512{2_000_000 + n}",
        created_at=world.made_at,
        created_by=world.clerk,
    )


FIRST = [
    "Ada",
    "Bea",
    "Cleo",
    "Dora",
    "Élise",
    "Fay",
    "Greta",
    "Hana",
    "Ida",
    "Jo",
    "Kim",
    "Łucja",
    "Mia",
    "Noa",
    "Olga",
    "Pia",
]
LAST = [
    "Álvarez",
    "Brandt",
    "Chen",
    "Díaz",
    "Evans",
    "Fischer",
    "Garcia",
    "Hoang",
    "Ito",
    "Jones",
    "Kim",
    "Lee",
    "Müller",
]


def remember(world: World, upto: int) -> float:
    """Let the clinic have so many finished visits; the seconds it took."""
    begun = time.perf_counter()
    there = Appointment.objects.filter(clinic=world.clinic, local_date__lt=world.day).count()
    a_day = Appointment.objects.filter(clinic=world.clinic, local_date=world.day).count()
    if not a_day or upto <= 0:
        return 0.0
    first, last = there // a_day + 2, upto // a_day + 1
    for nearest in range(first, last + 1, DAYS_AT_ONCE):
        farthest = min(nearest + DAYS_AT_ONCE - 1, last)
        with transaction.atomic(), connection.cursor() as cursor:
            for sql, given in _copies(world, nearest, farthest):
                cursor.execute(sql, given)
        print(f"  {(farthest - 1) * a_day} of {upto} copies", file=sys.stderr)
    return round(time.perf_counter() - begun, 1)


def _copies(world: World, nearest: int, farthest: int) -> list[tuple[str, list[Any]]]:
    """The statements that copy the full day to each of the days so far back."""
    key = _key(world.clinic.pk)
    days = (world.day - dt.timedelta(days=farthest), world.day - dt.timedelta(days=nearest))
    people = Patient.objects.filter(clinic=world.clinic).count()
    turn = A_LANE * len(world.practitioners)
    shifted = {
        "id": _new_key(),
        "patient_id": "p.id",
        "local_date": _earlier_date("a.local_date", "d.k"),
        "status": "'booked'",
        "arrived_at": _off(_earlier("a.starts_at", "d.k"), "-", "24"),
        "arrived_by_id": "a.created_by_id",
        "numbing_on": _off(_earlier("a.starts_at", "d.k"), "-", "a.numbing_min"),
        "numbing_off": _off(_earlier("a.starts_at", "d.k"), "-", "2"),
        "starts_at": _earlier("a.starts_at", "d.k"),
        "created_at": _earlier("a.starts_at", "d.k + 9"),
    }
    visits = _insert(Appointment, shifted, "a") + (
        " FROM bookings_appointment a CROSS JOIN d JOIN clinic_patient p ON p.clinic_id = "
        f"a.clinic_id AND p.number = (SELECT (q.number - 1 + d.k * {turn}) "
        f"%% {people} + 1 FROM clinic_patient q WHERE q.id = a.patient_id) "
        "WHERE a.clinic_id = %s AND a.local_date = %s ORDER BY d.k DESC, a.starts_at"
    )
    with_days = (
        f"WITH RECURSIVE d(k) AS (SELECT {nearest} UNION ALL "
        f"SELECT k + 1 FROM d WHERE k < {farthest}) "
    )
    where = " FROM bookings_appointment a WHERE a.clinic_id = %s AND a.local_date BETWEEN %s AND %s"
    of_these = [key, *days]
    done: list[tuple[str, list[Any]]] = [(_with(with_days, visits), [key, world.day])]
    for lane in LANES:
        done.append((_insert(Hold, _hold(lane), "a") + where, of_these))
    for area in AREAS:
        kept = {"id": _new_key(), "clinic_id": "a.clinic_id", "patient_id": "a.patient_id"}
        kept |= {"appointment_id": "a.id", "area": f"'{area}'", "performed_on": "a.local_date"}
        done.append((_insert(PerformedArea, kept, "a") + where, of_these))
    done.append((_insert(Message, _letter(), "a") + where, of_these))
    for status in ("arrived", "completed"):
        done.append(
            (
                f"UPDATE bookings_appointment SET status = '{status}' "
                "WHERE clinic_id = %s AND local_date BETWEEN %s AND %s",
                of_these,
            )
        )
    return done


def _hold(lane: str) -> dict[str, str]:
    """As `rules.visit.lanes`; these visits have no check-in."""
    starts = "a.starts_at"
    numbs = _off(starts, "-", "a.numbing_min")
    ends = _off(starts, "+", "a.treatment_min")
    clean = _off(starts, "+", "(a.treatment_min + a.clean_down_min)")
    spans = {
        "practitioner": (starts, ends),
        "room": (numbs, clean),
        "device": (starts, clean),
        "patient": (numbs, ends),
    }
    first, last = spans[lane]
    nobody = {f"{one}_id": "NULL" for one in LANES}
    own = {f"{lane}_id": f"a.{lane}_id", "starts_at": first, "ends_at": last}
    return nobody | own | {"id": _new_key(), "appointment_id": "a.id", "offer_id": "NULL"}


def _letter() -> dict[str, str]:
    """The confirmation, sent the moment she was booked."""
    own = {
        "id": _new_key(),
        "clinic_id": "a.clinic_id",
        "key": "'booked ' || a.id",
        "about": "CAST(a.id AS varchar(40))",
        "due_at": "a.created_at",
        "not_after": "a.starts_at",
        "finished_at": "a.created_at",
        "status": "'sent'",
        "channel": "'sms'",
        "to": "'+15125550123'",
        "body": "'Your visit is booked.'",
        "attempts": "1",
        "withdrawn": _no(),
        "leased_until": "NULL",
    }
    return dict.fromkeys(("subject", "attachment", "error"), "''") | own


def _insert(model: type[models.Model], values: dict[str, str], alias: str) -> str:
    columns = [str(one.column) for one in model._meta.concrete_fields]
    named = ", ".join(f'"{one}"' for one in columns)
    given = ", ".join(values.get(one, f'{alias}."{one}"') for one in columns)
    return f'INSERT INTO "{model._meta.db_table}" ({named}) SELECT {given}'


def _with(days: str, insert: str) -> str:
    head, _, select = insert.partition(" SELECT ")
    return f"{head} {days} SELECT {select}"


def _is_sqlite() -> bool:
    return connection.vendor == "sqlite"


def _key(key: uuid.UUID) -> object:
    return key.hex if _is_sqlite() else key


def _new_key() -> str:
    return "lower(hex(randomblob(16)))" if _is_sqlite() else "gen_random_uuid()"


def _no() -> str:
    return "0" if _is_sqlite() else "false"


def _earlier(instant: str, days: str) -> str:
    if _is_sqlite():
        return f"datetime({instant}, '-' || ({days}) || ' days')"
    return f"({instant} - ({days}) * INTERVAL '1 day')"


def _earlier_date(day: str, days: str) -> str:
    return f"date({day}, '-' || ({days}) || ' days')" if _is_sqlite() else f"({day} - ({days}))"


def _off(instant: str, sign: str, minutes: str) -> str:
    if _is_sqlite():
        return f"datetime({instant}, '{sign}' || {minutes} || ' minutes')"
    return f"({instant} {sign} {minutes} * INTERVAL '1 minute')"
