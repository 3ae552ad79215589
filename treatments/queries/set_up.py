"""What a clinic still lacks before its first booking, and before its first treatment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from bookings.models import Appointment, Service, Shift
from clinic.models import Clinic, Device, Practitioner, RoleAssignment, Room
from clinic.permissions import MAY, Permission
from clinic.rules import covers, say_week
from treatments.models import Cartridge, CartridgeProduct, NumbingProduct


@dataclass(frozen=True)
class Step:
    """One thing to have: `page` is where one gets it, by name; `says` what there is or lacks.

    `for_booking`: without it nothing can be booked; else nothing can be treated. `to_check`: it
    came filled in, and stands to do until someone has said that it is so.
    """

    label: str
    page: str
    done: bool
    says: str
    for_booking: bool = True
    to_check: bool = False


@dataclass(frozen=True)
class Progress:
    """The steps in the order in which one takes them."""

    steps: list[Step]

    @property
    def missing(self) -> list[Step]:
        """What is still to do before the first booking."""
        return [one for one in self.steps if one.for_booking and not one.done]

    @property
    def done(self) -> int:
        """How many of the steps are done."""
        return sum(one.done for one in self.steps)


def set_up_of(clinic: Clinic, *, on: dt.date) -> Progress:
    """How far the clinic's set-up has come on that clinic-local date; a constant number of
    queries."""
    rooms = Room.objects.filter(clinic=clinic, is_active=True).count()
    devices = list(Device.objects.filter(clinic=clinic, status=Device.Status.IN_SERVICE))
    services = Service.objects.filter(clinic=clinic, is_active=True).count()
    people = list(Practitioner.objects.working_in(clinic).prefetch_related("licenses"))
    licensed = [
        one
        for one in people
        if covers(one.licenses.all(), name=one.name, state=clinic.state, on=on).allowed
    ]
    shifts = Shift.objects.in_force(clinic, first=on, last=on + dt.timedelta(days=365))
    working = set(shifts.values_list("practitioner_id", flat=True))
    ready = [one for one in licensed if one.pk in working]
    clerks = _who_may(Permission.BOOK, clinic)
    products = CartridgeProduct.objects.filter(is_active=True)
    fitting = products.filter(fits__in={one.model_id for one in devices}).distinct().count()
    creams = NumbingProduct.objects.filter(is_active=True).count()
    units = Cartridge.objects.filter(clinic=clinic).fit_to_use(on=on).count()
    return Progress(
        [
            Step("Address and phone", "setup-clinic", bool(clinic.address), _where(clinic)),
            Step(
                "Opening hours",
                "setup-hours",
                clinic.hours_said,
                say_week(clinic.hours) + ("" if clinic.hours_said else ". Are they yours?"),
                for_booking=False,
                to_check=True,
            ),
            Step("Rooms", "setup-rooms", rooms > 0, _count(rooms, "room")),
            Step("Devices", "setup-devices", bool(devices), _count(len(devices), "device")),
            Step("Services", "setup-services", services > 0, _count(services, "service")),
            Step(
                "Who treats",
                "setup-practitioners",
                bool(people),
                _count(len(people), "practitioner"),
            ),
            Step("Licenses", "licenses", bool(licensed), _of(licensed, people, "licensed today")),
            Step(
                "Working hours",
                "setup-shifts",
                bool(ready),
                _hours(len(ready), len(licensed), sum(one.pk in working for one in people)),
            ),
            Step("Who books", "setup-users", clerks > 0, _count(clerks, "account")),
            Step(
                "Cartridge products",
                "setup-cartridge-products",
                fitting > 0,
                _count(fitting, "fitting product"),
                for_booking=False,
            ),
            Step(
                "Numbing products",
                "setup-numbing-products",
                creams > 0,
                _count(creams, "product"),
                for_booking=False,
            ),
            Step(
                "Cartridges in stock",
                "cartridge-receive",
                units > 0,
                _count(units, "unit"),
                for_booking=False,
            ),
        ]
    )


def missing_before_booking(clinic: Clinic, *, on: dt.date) -> list[Step]:
    """What is still to do before the first booking; nothing where a visit was ever booked, which
    one query tells."""
    if Appointment.objects.filter(clinic=clinic).exists():
        return []
    return set_up_of(clinic, on=on).missing


def _who_may(permission: Permission, clinic: Clinic) -> int:
    roles = [role for role, may in MAY.items() if permission in may]
    held = RoleAssignment.objects.filter(clinic=clinic, role__in=roles, user__is_active=True)
    return held.order_by().values("user").distinct().count()


def _where(clinic: Clinic) -> str:
    return clinic.address or "No address yet"


def _hours(ready: int, licensed: int, working: int) -> str:
    if not licensed:
        return f"{working or 'No one'} with hours, none of them licensed today"
    return f"{ready} of {licensed} licensed with hours"


def _count(number: int, word: str) -> str:
    if not number:
        return f"No {word} yet"
    return f"{number} {word}{'' if number == 1 else 's'}"


def _of(some: Iterable[object], all_: Iterable[object], word: str) -> str:
    return f"{len(list(some))} of {len(list(all_))} {word}"
