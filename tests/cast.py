"""The named people of the tests, and the two clinics they work in.

A test that takes `cast` gets all of them, in the database it has chosen (`db` or `fresh_db`).
`clock` stops the time at nine in the morning in Austin; `enter(user)` is a browser in which
that user is logged in.
"""

from __future__ import annotations

import datetime as dt
import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
import time_machine
from django.db import transaction
from django.test import Client
from pytest_django import DjangoDbBlocker

from bookings.models import Service
from clinic.models import (
    Clinic,
    Device,
    DeviceModel,
    License,
    Patient,
    Practitioner,
    Room,
    User,
)
from clinic.permissions import Role
from tests import database as databases
from tests import factories
from tests.factories import NOW, PASSWORD, TODAY
from treatments.models import CartridgeLot, CartridgeProduct, NumbingProduct

__all__ = ["NOW", "PASSWORD", "TODAY", "Cast"]

YESTERDAY = TODAY - dt.timedelta(days=1)


@dataclass
class Cast:
    """Everyone and everything, by name. What begins with `other` belongs to the other clinic."""

    # Austin, Texas, America/Chicago
    clinic: Clinic
    room: Room
    second_room: Room
    device: Device
    second_device: Device
    service: Service
    short_service: Service
    # Pasadena, California, America/Los_Angeles
    other_clinic: Clinic
    other_room: Room
    other_device: Device
    other_service: Service
    # who logs in
    reception: User
    esthetician: User
    lapsed: User
    director: User
    manager: User
    auditor: User
    administrator: User
    colleague: User
    stranger: User
    other_nurse: User
    nobody: User
    # who treats: Ana (esthetician), Lena (lapsed), Priya (director), Bo (both clinics), Nora
    ana: Practitioner
    lena: Practitioner
    priya: Practitioner
    bo: Practitioner
    nora: Practitioner
    ana_license: License
    lapsed_license: License
    # who comes
    mia: Patient
    wang: Patient
    siobhan: Patient
    other_patient: Patient
    # what is used
    model: DeviceModel
    product: CartridgeProduct
    lot: CartridgeLot
    expired_lot: CartridgeLot
    other_lot: CartridgeLot
    cream: NumbingProduct

    @property
    def staff(self) -> dict[Role, User]:
        """One person of each role in Austin."""
        return {
            Role.RECEPTIONIST: self.reception,
            Role.ESTHETICIAN: self.esthetician,
            Role.DIRECTOR: self.director,
            Role.MANAGER: self.manager,
            Role.AUDITOR: self.auditor,
            Role.ADMINISTRATOR: self.administrator,
        }


def build() -> Cast:
    """Write the whole cast in one transaction."""
    with transaction.atomic():
        return _build()


def _build() -> Cast:
    austin = factories.clinic(code="austin", name="Austin")
    pasadena = factories.clinic(
        code="pasadena", name="Pasadena", state="CA", time_zone="America/Los_Angeles"
    )
    people = {
        "reception": factories.user("Rosa Alvarez", {austin: [Role.RECEPTIONIST]}),
        "esthetician": factories.user("Ana Ruiz", {austin: [Role.ESTHETICIAN]}),
        "lapsed": factories.user("Lena Brandt", {austin: [Role.ESTHETICIAN]}),
        "director": factories.user("Priya Raman", {austin: [Role.DIRECTOR]}),
        "manager": factories.user("Maya Okoye", {austin: [Role.MANAGER]}),
        "auditor": factories.user("Iris Novak", {austin: [Role.AUDITOR]}),
        "administrator": factories.user(
            "Sam Patel", {austin: [Role.ADMINISTRATOR], pasadena: [Role.ADMINISTRATOR]}
        ),
        "colleague": factories.user(
            "Bo Chen", {austin: [Role.ESTHETICIAN], pasadena: [Role.ESTHETICIAN]}
        ),
        "stranger": factories.user(
            "Tess Quinn", {pasadena: [Role.MANAGER, Role.RECEPTIONIST, Role.DIRECTOR]}
        ),
        "other_nurse": factories.user("Nora Kim", {pasadena: [Role.ESTHETICIAN]}),
        "nobody": factories.user("Finn Moss"),
    }
    by = people["manager"]

    ana = factories.practitioner([austin], "LE", user=people["esthetician"])
    lena = factories.practitioner([austin], "LE", user=people["lapsed"])
    priya = factories.practitioner([austin], "MD", user=people["director"])
    bo = factories.practitioner([austin, pasadena], "NP", user=people["colleague"])
    nora = factories.practitioner([pasadena], "RN", user=people["other_nurse"])
    ana_license = factories.license(ana, "esthetician", "TX", by=by, number_raw="LE-100200")
    lapsed_license = factories.license(
        lena, "esthetician", "TX", by=by, number_raw="LE-100300", expires_on=YESTERDAY
    )
    factories.license(priya, "md", "TX", by=by, number_raw="MD-55501")
    factories.license(bo, "aprn_np", "TX", by=by, number_raw="NP-77701")
    factories.license(bo, "aprn_np", "CA", by=by, number_raw="NP-88801")
    factories.license(nora, "rn", "CA", by=by, number_raw="RN-99901")
    for one in (ana, lena, priya):
        factories.shifts(one, austin)
    factories.shifts(bo, austin, weekdays=[0, 1, 2])
    factories.shifts(bo, pasadena, weekdays=[3, 4])
    factories.shifts(nora, pasadena)

    model = factories.device_model(name="Demo Pen")
    product = factories.product([model], "09521234543213", name="Demo Cartridge 14")
    factories.identifier(product, "19521234543210", level="box", units=10)
    factories.identifier(product, "A999SPCART10", scheme="HIBC")
    return Cast(
        **people,
        clinic=austin,
        room=factories.room(austin, "Room 1"),
        second_room=factories.room(austin, "Room 2"),
        device=factories.device(austin, model, "D-1"),
        second_device=factories.device(austin, model, "D-2"),
        service=factories.service(austin),
        short_service=factories.service(austin, minutes=30, numbing=0),
        other_clinic=pasadena,
        other_room=factories.room(pasadena, "Room 1"),
        other_device=factories.device(pasadena, model, "D-1"),
        other_service=factories.service(pasadena),
        ana=ana,
        lena=lena,
        priya=priya,
        bo=bo,
        nora=nora,
        ana_license=ana_license,
        lapsed_license=lapsed_license,
        mia=factories.patient(austin, "Mia", "Lee", by=by),
        wang=factories.patient(austin, "小明", "王", by=by, phone="+15125550188"),
        siobhan=factories.patient(
            austin, "Siobhán", "O'Brien-Łęcka", by=by, email="siobhan@example.org", phone=""
        ),
        other_patient=factories.patient(
            pasadena, "Diego", "Santos", by=people["stranger"], phone="+16265550101"
        ),
        model=model,
        product=product,
        lot=factories.lot(austin, product, "LOT42A", units=5, by=by),
        expired_lot=factories.lot(austin, product, "OLD1", units=2, by=by, expires_on=YESTERDAY),
        other_lot=factories.lot(pasadena, product, "B7781", units=3, by=people["stranger"]),
        cream=factories.numbing_product(),
    )


@dataclass(frozen=True)
class Peopled:
    """Two databases of this process: `name` has the cast in it, `empty` has nobody."""

    name: str
    empty: str
    cast: bytes


@pytest.fixture(scope="session")
def peopled(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Peopled]:
    """The cast, written once: thousands of tests begin with the same rows."""
    empty, clone = databases.current(), databases.cloned()
    with django_db_blocker.unblock():
        name = clone.__enter__().name
        cast = pickle.dumps(build())
        databases.switch(empty)
    yield Peopled(name, empty, cast)
    with django_db_blocker.unblock():
        clone.__exit__(None, None, None)


@pytest.fixture
def home(
    request: pytest.FixtureRequest, peopled: Peopled, django_db_blocker: DjangoDbBlocker
) -> None:
    """Before the transaction that is rolled back begins: in which database it does."""
    wanted = peopled.name if "cast" in request.fixturenames else peopled.empty
    if wanted != databases.current():
        with django_db_blocker.unblock():
            databases.switch(wanted)


@pytest.fixture
def _django_db_helper(home: None, _django_db_helper: None) -> None:
    """What begins that transaction, after `home`."""


@pytest.fixture
def cast(peopled: Peopled, database: None) -> Cast:
    """Everyone, in the database that the test has chosen."""
    if databases.current() != peopled.name:
        return build()
    there: Cast = pickle.loads(peopled.cast)
    return there


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """The time is `NOW` and goes on from there; `clock.shift(60)` lets a minute pass."""
    with time_machine.travel(NOW) as traveller:
        yield traveller


@pytest.fixture
def enter(database: None) -> Callable[[User], Client]:
    """A browser in which the given user is logged in."""

    def browser(user: User, *, csrf: bool = False) -> Client:
        client = Client(enforce_csrf_checks=csrf)
        client.force_login(user, backend="clinic.accounts.StaffBackend")
        return client

    return browser
