"""What is measured: beside the demo's history, a clinic with full days and one with empty ones."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from bookings.models import LANES, Appointment, Hold, Service, Shift
from clinic.models import (
    Clinic,
    Device,
    DeviceModel,
    License,
    Patient,
    Practitioner,
    RoleAssignment,
    Room,
    User,
)
from clinic.models.places import all_week
from clinic.permissions import Role

LONG_AGO = dt.date(2020, 1, 1)
FAR_AHEAD = dt.date(2035, 12, 31)


@dataclass
class World:
    """One clinic, and what the measurements need to know of it."""

    clinic: Clinic
    clerk: User
    service: Service
    practitioners: list[Practitioner]
    patients: list[Patient]
    day: dt.date
    made_at: dt.datetime


def build(code: str, *, lanes: int, visits: int, password: str) -> World:
    """A clinic of so many practitioners, each with so many visits tomorrow.

    On the thirteen days after it, each has half as many.
    """
    now = timezone.now()
    with transaction.atomic():
        model = DeviceModel.objects.order_by("name").first()
        if model is None:
            raise SystemExit("Seed the demo first.")
        clinic = Clinic(
            code=code, name=code, state="TX", time_zone="America/Chicago", hours=all_week(540, 1260)
        )
        clinic.write()
        clerk = User(email=f"clerk@{code}.example", name="Clerk")
        clerk.set_password(password)
        clerk.write()
        RoleAssignment(user=clerk, clinic=clinic, role=Role.RECEPTIONIST).write()
        service = Service(
            clinic=clinic, code="face-30", name="Face 30", treatment_min=30, numbing_min=20
        )
        service.write()
        practitioners = [_practitioner(clinic, n, clerk, now) for n in range(lanes)]
        # A visit's room is wanted by the visits before and after it too, of every lane: with
        # three rooms a lane there is one, in whatever order the visits are booked.
        for n in range(lanes * 3):
            Room(clinic=clinic, name=f"Room {n:02d}").write()
            Device(clinic=clinic, model=model, code=f"D-{n:02d}", serial=f"{code}{n:05d}").write()
        world = World(
            clinic=clinic,
            clerk=clerk,
            service=service,
            practitioners=practitioners,
            patients=[_patient(clinic, n, clerk, now) for n in range(lanes * 20)],
            day=clinic.day_of(now) + dt.timedelta(days=1),
            made_at=now,
        )
        _fill(world, visits, now)
    return world


def _practitioner(clinic: Clinic, n: int, by: User, now: dt.datetime) -> Practitioner:
    one = Practitioner(name=f"Practitioner {n:02d}", credential="RN")
    one.write()
    one.clinics.add(clinic)
    License(
        practitioner=one,
        kind="rn",
        state="TX",
        number_raw=f"{clinic.code}-{n:04d}",
        issued_on=LONG_AGO,
        expires_on=FAR_AHEAD,
        created_at=now,
        created_by=by,
    ).write()
    for weekday in range(7):
        Shift(
            practitioner=one,
            clinic=clinic,
            weekday=weekday,
            starts_min=9 * 60,
            ends_min=21 * 60,
            valid_from=LONG_AGO,
        ).write()
    return one


def _patient(clinic: Clinic, n: int, by: User, now: dt.datetime) -> Patient:
    one = Patient(
        clinic=clinic,
        number=n + 1,
        first_name=f"First{n:03d}",
        last_name=f"Last{n:03d}",
        birth_date=dt.date(1990, 1, 1),
        phone=f"+1512555{n:04d}",
        created_at=now,
        created_by=by,
    )
    one.write()
    return one


def _fill(world: World, visits: int, now: dt.datetime) -> None:
    rooms = list(Room.objects.filter(clinic=world.clinic).order_by("name"))
    devices = list(Device.objects.filter(clinic=world.clinic).order_by("code"))
    made: list[Appointment] = []
    for day in (world.day + dt.timedelta(days=n) for n in range(14)):
        for lane, practitioner in enumerate(world.practitioners):
            license = practitioner.licenses.get()
            for slot in range(visits if day == world.day else visits // 2):
                minute = 9 * 60 + slot * 45
                wall = dt.time(minute // 60, minute % 60)
                local = dt.datetime.combine(day, wall, tzinfo=world.clinic.zone)
                made.append(
                    Appointment(
                        clinic=world.clinic,
                        patient=world.patients[lane * 20 + slot],
                        practitioner=practitioner,
                        license=license,
                        service=world.service,
                        room=rooms[lane * 2 + slot % 2],
                        device=devices[lane * 2 + slot % 2],
                        starts_at=local.astimezone(dt.UTC),
                        local_date=day,
                        numbing_min=20,
                        treatment_min=30,
                        clean_down_min=10,
                        created_at=now,
                        created_by=world.clerk,
                    )
                )
    Appointment.objects.bulk_create(made, batch_size=200)
    holds = [
        Hold(
            appointment=visit,
            starts_at=getattr(visit.lanes, lane).starts_at,
            ends_at=getattr(visit.lanes, lane).ends_at,
            **{lane: getattr(visit, lane)},
        )
        for visit in made
        for lane in LANES
    ]
    Hold.objects.bulk_create(holds, batch_size=200)
