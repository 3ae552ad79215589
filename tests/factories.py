"""One row each, with sensible values; what a test cares about, it names.

These write past the operations on purpose: they build the world in which an operation is
then tried. The database's guards hold here too.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from django.contrib.auth.hashers import make_password

from bookings.models import LANES, Appointment, Course, Hold, PerformedArea, Service, Shift
from bookings.rules.status import HOLDING
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
from clinic.permissions import Role
from clinic.rules import covers
from treatments.models import (
    Cartridge,
    CartridgeLot,
    CartridgeProduct,
    DepthRule,
    GlideProduct,
    NumbingProduct,
    ProductIdentifier,
    StockMovement,
)

PASSWORD = "a quiet room with a view"
# Tuesday, 9:00 am in Austin and 7:00 am in Pasadena; both clinics keep standard time.
NOW = dt.datetime(2026, 11, 24, 15, 0, tzinfo=dt.UTC)
TODAY = dt.date(2026, 11, 24)
LONG_AGO = dt.date(2020, 1, 1)
FAR_AHEAD = dt.date(2029, 12, 31)

_count = itertools.count(1)


@cache
def _hashed() -> str:
    return make_password(PASSWORD)


def _written(row: Any) -> Any:
    row.write()
    return row


def clinic(**given: Any) -> Clinic:
    """A clinic; in Austin, Texas, unless told otherwise."""
    number = next(_count)
    return _written(
        Clinic(
            **{
                "code": f"clinic-{number}",
                "name": f"Clinic {number}",
                "state": "TX",
                "time_zone": "America/Chicago",
                "phone": "+15125550100",
                **given,
            }
        )
    )


def room(clinic: Clinic, name: str = "Room 1") -> Room:
    """A treatment room."""
    return _written(Room(clinic=clinic, name=name))


def device_model(**given: Any) -> DeviceModel:
    """A cleared make of needling pen, 0.25 mm steps to 2.50 mm."""
    values = {"maker": "Demo Medical", "name": f"Pen {next(_count)}", "clearance_no": "K202243"}
    return _written(DeviceModel(**{**values, **given}))


def device(clinic: Clinic, model: DeviceModel, code: str = "D-1", **given: Any) -> Device:
    """A handpiece in service."""
    values = {"clinic": clinic, "model": model, "code": code, "serial": f"SN{next(_count):05d}"}
    return _written(Device(**{**values, **given}))


def user(name: str, roles: Mapping[Clinic, Iterable[Role]] | None = None, **given: Any) -> User:
    """A user with roles per clinic; logs in with `PASSWORD`."""
    email = f"{name.split()[0].lower()}@demo.example"
    made = User(**{"name": name, "email": email, "password": _hashed(), **given})
    made.write()
    for at, held in (roles or {}).items():
        for role in held:
            RoleAssignment(user=made, clinic=at, role=role).write()
    return made


def practitioner(
    clinics: Iterable[Clinic], credential: str, *, user: User | None = None, **given: Any
) -> Practitioner:
    """Someone who treats, in one or several clinics."""
    name = user.name if user else f"Practitioner {next(_count)}"
    made = Practitioner(**{"user": user, "name": name, "credential": credential, **given})
    made.write()
    made.clinics.set(clinics)
    return made


def license(holder: Practitioner, kind: str, state: str, *, by: User, **given: Any) -> License:
    """An active license, in force from 2020 through 2029."""
    values = {
        "practitioner": holder,
        "kind": kind,
        "state": state,
        "number_raw": f"{state}-{next(_count):06d}",
        "issued_on": LONG_AGO,
        "expires_on": FAR_AHEAD,
        "created_at": NOW,
        "created_by": by,
    }
    return _written(License(**{**values, **given}))


def shifts(
    practitioner: Practitioner,
    clinic: Clinic,
    *,
    weekdays: Iterable[int] = range(5),
    starts: int = 9,
    ends: int = 17,
) -> None:
    """Weekly working time from 2020 on; 9 to 5, Monday to Friday, unless told otherwise."""
    Shift.objects.bulk_create(
        Shift(
            practitioner=practitioner,
            clinic=clinic,
            weekday=weekday,
            starts_min=starts * 60,
            ends_min=ends * 60,
            valid_from=LONG_AGO,
        )
        for weekday in weekdays
    )


def service(clinic: Clinic, minutes: int = 45, numbing: int = 25, **given: Any) -> Service:
    """A service: 45 minutes after 25 of numbing, with 10 of clean-down."""
    values = {
        "clinic": clinic,
        "code": f"face-{minutes}",
        "name": f"Face, {minutes} minutes",
        "treatment_min": minutes,
        "numbing_min": numbing,
        "clean_down_min": 10,
    }
    return _written(Service(**{**values, **given}))


def patient(clinic: Clinic, first: str, last: str, *, by: User, **given: Any) -> Patient:
    """A patient on file; the number follows the clinic's last."""
    taken = Patient.objects.filter(clinic=clinic).order_by("-number").values_list("number").first()
    values = {
        "clinic": clinic,
        "number": (taken[0] if taken else 0) + 1,
        "first_name": first,
        "last_name": last,
        "birth_date": dt.date(1991, 3, 3),
        "phone": "+15125550123",
        "created_at": NOW,
        "created_by": by,
    }
    return _written(Patient(**{**values, **given}))


def product(fits: Iterable[DeviceModel], di: str, **given: Any) -> CartridgeProduct:
    """A cartridge in the catalog whose pouch bears the GS1 identifier `di`."""
    values = {
        "name": f"Cartridge {next(_count)}",
        "maker": "Demo Medical",
        "needles": 14,
        "clearance_no": "K202243",
    }
    made = CartridgeProduct(**{**values, **given})
    made.write()
    made.fits.set(fits)
    identifier(made, di)
    return made


def identifier(product: CartridgeProduct, value: str, **given: Any) -> ProductIdentifier:
    """A device identifier of a product's pouch, box or case."""
    values = {"product": product, "value": value, "scheme": "GS1", "level": "unit", "units": 1}
    return _written(ProductIdentifier(**{**values, **given}))


def lot(
    clinic: Clinic,
    product: CartridgeProduct,
    number: str,
    *,
    units: int,
    by: User,
    aside: bool = False,
    **given: Any,
) -> CartridgeLot:
    """A received lot with its units, each with its first line in the ledger; `aside`: they came
    into quarantine."""
    values = {
        "clinic": clinic,
        "product": product,
        "lot": number,
        "expires_on": dt.date(2028, 6, 30),
        "received_on": TODAY - dt.timedelta(days=30),
        "created_at": NOW,
        "created_by": by,
    }
    made = CartridgeLot(**{**values, **given})
    made.write()
    highest = Cartridge.objects.order_by("-number").values_list("number", flat=True).first() or 0
    rows = [
        Cartridge(
            clinic=clinic,
            lot=made,
            number=n,
            unit_code=f"C-{n:06d}",
            status="quarantined" if aside else "in_stock",
        )
        for n in range(highest + 1, highest + 1 + units)
    ]
    Cartridge.objects.bulk_create(rows)
    StockMovement.objects.bulk_create(
        StockMovement(
            clinic=clinic,
            lot=made,
            cartridge=row,
            kind=StockMovement.Kind.RECEIVE,
            to_status=row.status,
            at=NOW - dt.timedelta(days=30),
            by=by,
        )
        for row in rows
    )
    return made


def numbing_product(code: str = "LIDO4", **given: Any) -> NumbingProduct:
    """Lidocaine 4%, 20 to 60 minutes (N2)."""
    values = {
        "code": code,
        "name": "Lidocaine 4%" if code == "LIDO4" else code,
        "ingredients": "lidocaine 40 mg/g",
        "min_dwell": 20,
        "max_dwell": 60,
        "is_active": True,
    }
    return _written(NumbingProduct(**{**values, **given}))


def depth_rule(area: str = "scalp", **given: Any) -> DepthRule:
    """How deep an area is needled: one millimeter."""
    return _written(DepthRule(**{"area": area, "max_depth": 100, **given}))


def glide_product(name: str = "Demo Gel", **given: Any) -> GlideProduct:
    """A sterile hydrogel."""
    return _written(GlideProduct(**{"name": name, "maker": "Demo Medical", **given}))


def course(patient: Patient, service: Service, *, by: User, **given: Any) -> Course:
    """Four visits, four weeks apart, at noon; on file, with none of them booked."""
    values = {
        "clinic": service.clinic,
        "patient": patient,
        "service": service,
        "planned": 4,
        "interval_days": 28,
        "starts_min": 12 * 60,
        "created_at": NOW,
        "created_by": by,
    }
    return _written(Course(**{**values, **given}))


def appointment(
    *,
    patient: Patient,
    practitioner: Practitioner,
    service: Service,
    room: Room,
    device: Device,
    starts_at: dt.datetime,
    by: User,
    **given: Any,
) -> Appointment:
    """A booked visit with its holds, written past the booking operation."""
    at = service.clinic
    local_date = at.day_of(starts_at)
    # A visit begins booked.
    ends = ("status", "cancelled", "cancel_", "no_show")
    became = {name: given.pop(name) for name in [*given] if name.startswith(ends)}
    if became.get("status") == "cancelled":
        became = {"cancelled_as": "clinic"} | became
    made = Appointment(
        **{
            "clinic": at,
            "patient": patient,
            "practitioner": practitioner,
            "license": covers(
                practitioner.licenses.all(), name=practitioner.name, state=at.state, on=local_date
            ).license,
            "service": service,
            "room": room,
            "device": device,
            "starts_at": starts_at,
            "local_date": local_date,
            "numbing_min": service.numbing_min,
            "treatment_min": service.treatment_min,
            "clean_down_min": service.clean_down_min,
            "created_at": NOW,
            "created_by": by,
            **given,
        }
    )
    made.write()
    if became:
        for name, value in became.items():
            setattr(made, name, value)
        made.write()
    for lane in LANES if made.status in HOLDING else ():
        span = getattr(made.lanes, lane)
        Hold(
            appointment=made,
            starts_at=span.starts_at,
            ends_at=span.ends_at,
            **{lane: getattr(made, lane)},
        ).write()
    return made


def performed(
    cast: Any, on: dt.date, *areas: str, patient: Patient | None = None, hour: int = 16
) -> Appointment:
    """A visit of Mia with Ana on a clinic-local day, on which the areas were needled."""
    made = appointment(
        patient=patient or cast.mia,
        practitioner=cast.ana,
        service=cast.service,
        room=cast.room,
        device=cast.device,
        starts_at=dt.datetime.combine(on, dt.time(hour), dt.UTC),
        by=cast.reception,
    )
    for area in areas or ("cheek_l",):
        PerformedArea(
            clinic=cast.clinic,
            patient=made.patient,
            appointment=made,
            area=area,
            performed_on=on,
        ).write()
    return made
