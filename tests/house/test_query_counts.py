"""A list costs as many database queries with thirty rows as with one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bookings.models import Appointment, Closure, Override
from bookings.rules.choice import choice_key
from clinic import audit, operations
from clinic.models import Message, Patient, Practitioner, RoleAssignment, Room, User
from clinic.permissions import Role
from clinic.sitemap import PLACES
from tests import factories
from tests.bookings.waiting import wait
from tests.cast import NOW, Cast
from tests.house import world
from treatments.models import DepthRule, NeedlingPass, NumbingIngredient, Treatment
from treatments.operations import clean_device
from treatments.rules.areas import AREAS

HALF_HOUR = dt.timedelta(minutes=30)
# The half hours of Austin's day, from midnight on, in which `world` books nobody.
MIDNIGHT = dt.datetime(2026, 11, 24, 6, 0, tzinfo=dt.UTC)
FREE = [MIDNIGHT + n * HALF_HOUR for n in range(48) if n not in {18, 21}]


@dataclass(frozen=True)
class Case:
    """A page, who opens it, and how it gets one row more; `most` queries at any length."""

    name: str
    who: str
    grow: Callable[[Cast, int], Any]
    address: Callable[[Cast], str] | None = None
    most: int = 15

    def __str__(self) -> str:
        return f"{self.name} {self.who}"


def one_wait(cast: Cast, n: int) -> None:
    wait(cast, one_patient(cast, n), practitioners=[cast.ana])


def one_patient(cast: Cast, n: int) -> Patient:
    return factories.patient(cast.clinic, f"Ida {n}", "Berg", by=cast.manager)


def one_room(cast: Cast, n: int) -> Room:
    return factories.room(cast.clinic, f"Room {n + 100}")


def one_clinic(cast: Cast, n: int) -> None:
    more = factories.clinic(name=f"Clinic {n}", code=f"more-{n}")
    RoleAssignment(user=cast.administrator, clinic=more, role=Role.ADMINISTRATOR).write()


def one_practitioner(cast: Cast, n: int) -> Practitioner:
    made = factories.practitioner([cast.clinic], "RN", name=f"Nurse {n}")
    factories.license(made, "rn", "TX", by=cast.manager)
    factories.shifts(made, cast.clinic)
    return made


def one_event(cast: Cast, n: int) -> None:
    with transaction.atomic():
        audit.record(
            "patient.change", by=cast.manager, at=NOW, clinic_id=cast.clinic.pk, on=cast.mia
        )


def one_lot(cast: Cast, n: int) -> Any:
    return factories.lot(cast.clinic, cast.product, f"NEW{n}", units=3, by=cast.manager)


def one_model(cast: Cast, n: int) -> None:
    factories.device_model(name=f"Model {n}")


def one_product(cast: Cast, n: int) -> None:
    product = factories.product([cast.model], f"{n:014d}", name=f"Product {n}")
    factories.identifier(product, f"9{n:013d}", level="box", units=6)


def one_cream(cast: Cast, n: int) -> None:
    product = factories.numbing_product(f"CREAM{n}")
    NumbingIngredient(product=product, name="lidocaine", family="amide", mg_per_g=40).write()


def one_glide(cast: Cast, n: int) -> None:
    factories.glide_product(f"Gel {n}")


def one_rule(cast: Cast, n: int) -> None:
    # The last area has its rule already.
    if n < len(AREAS):
        DepthRule(area=AREAS[n - 1][0], max_depth=100).write()


def one_override(cast: Cast, n: int) -> None:
    Override(
        clinic=cast.clinic,
        appointment=one_visit(cast, n),
        kind="interval",
        reason="She flies home.",
        detail={"last_on": "2026-11-03", "from_on": "2026-12-01", "days": 21},
        made_at=NOW,
        made_by=cast.manager,
    ).write()


def one_device(cast: Cast, n: int) -> None:
    device = factories.device(cast.clinic, cast.model, f"N-{n}")
    clean_device(device=device, agent="Wipe", by=cast.manager, at=NOW)


def one_visit(
    cast: Cast, n: int, *, patient: Patient | None = None, practitioner: Any = None
) -> Appointment:
    """A visit of half an hour, the n-th of the day, in a room of its own."""
    return factories.appointment(
        patient=patient or one_patient(cast, n),
        practitioner=practitioner or one_practitioner(cast, n),
        service=cast.short_service,
        room=factories.room(cast.clinic, f"Extra {n}"),
        device=factories.device(cast.clinic, cast.model, f"X-{n}"),
        starts_at=FREE[n],
        by=cast.reception,
    )


def one_visit_of_siobhan(cast: Cast, n: int) -> None:
    chart(cast, one_visit(cast, n, patient=cast.siobhan, practitioner=cast.ana))


def one_chart(cast: Cast, n: int) -> Treatment:
    return chart(cast, one_visit(cast, n, practitioner=cast.ana))


def chart(cast: Cast, visit: Appointment) -> Treatment:
    made = Treatment(
        clinic=cast.clinic,
        appointment=visit,
        patient=visit.patient,
        practitioner=visit.practitioner,
        license=visit.license,
        license_text=str(visit.license),
        room=visit.room,
        device=visit.device,
        opened_at=NOW,
        opened_by=cast.esthetician,
    )
    made.write()
    return made


def one_pass(cast: Cast, n: int) -> None:
    under_way = Treatment.objects.get(patient=cast.mia)
    NeedlingPass(
        clinic=cast.clinic,
        treatment=under_way,
        seq=100 + n,
        area="chin",
        depth=50,
        passes=2,
        endpoint="erythema_mild",
        at=NOW,
        created_by=cast.esthetician,
    ).write()


def the_chart(cast: Cast) -> str:
    return reverse("treatment", kwargs={"pk": Treatment.objects.get(patient=cast.mia).pk})


def one_visit_outside(cast: Cast, n: int) -> None:
    one_visit(cast, n, practitioner=cast.ana)


def one_closure(cast: Cast, n: int) -> Closure:
    made = Closure(
        clinic=cast.clinic,
        name=f"Closure {n}",
        first_on=NOW.date() + dt.timedelta(days=n),
        last_on=NOW.date() + dt.timedelta(days=n),
        created_at=NOW,
        created_by=cast.manager,
    )
    made.write()
    return made


def one_service(cast: Cast, n: int) -> None:
    made = factories.service(cast.clinic, code=f"extra-{n}", name=f"Extra {n}")
    made.device_models.set([cast.model])


def one_import(cast: Cast, n: int) -> None:
    world.given(cast)


def one_user(cast: Cast, n: int) -> User:
    return factories.user(
        f"User{n} Berg", {cast.clinic: [Role.MANAGER], cast.other_clinic: [Role.AUDITOR]}
    )


def one_message(cast: Cast, n: int) -> None:
    visit = one_visit(cast, n)
    Message(
        clinic=cast.clinic,
        key=f"booked {visit.pk} 1",
        about=visit.pk.hex,
        to="ida@example.org",
        subject="S",
        body="B",
        due_at=NOW,
        not_after=visit.starts_at,
        status="failed",
    ).write()


def one_token(cast: Cast, n: int) -> None:
    act: dict[str, Any] = {"name": f"No. {n}", "lasts": 30, "at": NOW}
    made = operations.create_token_from_machine(user=cast.reception, **act)
    if n % 2 == 0:
        operations.revoke_token(token=made, by=cast.reception, at=NOW)


def one_course(cast: Cast, n: int) -> None:
    factories.course(cast.siobhan, cast.service, by=cast.reception)


LISTS = [
    Case(
        "patient with courses",
        "reception",
        one_course,
        lambda cast: reverse("patient", kwargs={"pk": cast.siobhan.pk}),
        most=25,
    ),
    Case("messages", "reception", one_message),
    Case("day", "reception", lambda cast, n: one_visit(cast, n)),
    Case("day", "esthetician", one_chart),
    Case("week", "reception", lambda cast, n: one_visit(cast, n)),
    Case("landing", "reception", lambda cast, n: one_visit(cast, n)),
    Case("landing", "esthetician", one_chart),
    Case("landing", "manager", one_lot, most=20),
    Case("patients", "reception", one_patient),
    Case("treatments", "esthetician", one_chart),
    Case("treatments", "director", one_chart),
    Case("cartridges", "manager", one_lot),
    Case("cartridge-audit", "manager", one_lot, most=20),
    Case("licenses", "manager", one_practitioner),
    Case("setup", "manager", one_practitioner, most=20),
    Case("setup-rooms", "manager", one_room),
    Case("setup-clinics", "administrator", one_clinic),
    Case("audit", "manager", one_event, most=16),
    Case("setup-services", "manager", one_service),
    Case("setup-imports", "manager", one_import),
    Case("setup-practitioners", "manager", one_practitioner),
    Case("setup-users", "administrator", one_user),
    Case("setup-shifts", "manager", one_practitioner),
    Case("setup-closures", "manager", one_closure),
    Case(
        "setup-closure",
        "manager",
        one_visit_outside,
        lambda cast: reverse("setup-closure", kwargs={"pk": one_closure(cast, 0).pk}),
    ),
    Case(
        "setup-shift",
        "manager",
        one_visit_outside,
        lambda cast: reverse("setup-shift", kwargs={"pk": cast.ana.pk}),
        most=20,
    ),
    Case("tokens", "reception", one_token),
    Case("waitlist", "reception", one_wait),
    Case(
        "waitlist-for",
        "reception",
        one_wait,
        lambda cast: (
            f"{reverse('waitlist-for')}?time={choice_key(cast.ana.pk, NOW + 6 * HALF_HOUR)}"
        ),
        most=26,
    ),
    Case("appointment-new", "reception", one_practitioner, most=20),
    Case("setup-cartridge-products", "manager", one_product),
    Case("setup-numbing-products", "manager", one_cream),
    Case("setup-glide-products", "manager", one_glide),
    Case("setup-depth-rules", "manager", one_rule),
    Case("overrides", "manager", one_override),
    Case("setup-devices", "manager", one_device),
    Case("setup-device-models", "manager", one_model),
    Case(
        "patient",
        "reception",
        one_visit_of_siobhan,
        lambda cast: reverse("patient", kwargs={"pk": cast.siobhan.pk}),
        most=20,
    ),
    Case("treatment", "esthetician", one_pass, the_chart, most=40),
]
# Pages of the site map that show no list.
NO_LIST = {
    "waitlist-add",
    "block-time",
    "board-keys",
    "own-calendar",
    "security",
    "setup-security",
    "walk-in",
    "setup-hours",
    "setup-reminders",
    "setup-messages",
    "setup-clinic",
    "setup-clinic-add",
    "setup-room-add",
    "account_change_password",
    "account_logout",
    "cartridge-receive",
    "guide",
    "cartridge-receive-by-hand",
    "license-add",
    "lock",
    "patient-register",
    "site-map",
}


def queries(client: Client, address: str) -> int:
    """How many queries the page costs; the session and the chain are warm."""
    assert client.get(address).status_code == 200
    with CaptureQueriesContext(connection) as caught:
        client.get(address)
    return len(caught)


@pytest.mark.rule("P35")
@pytest.mark.parametrize("case", LISTS, ids=str)
def test_a_list_costs_the_same_at_any_length(
    case: Case,
    cast: Cast,
    clock: time_machine.Traveller,
    enter: Callable[[User], Client],
) -> None:
    world.build(cast)
    client = enter(getattr(cast, case.who))
    address = case.address(cast) if case.address else reverse(case.name)
    counted, made = [], 0
    for rows in (1, 3, 30):
        while made < rows:
            made += 1
            case.grow(cast, made)
        counted.append(queries(client, address))
    assert counted[0] == counted[1] == counted[2]
    assert counted[0] <= case.most


def test_every_list_of_the_site_map_is_counted() -> None:
    assert {one.name for one in PLACES} - NO_LIST == {one.name for one in LISTS} - {
        "patient",
        "patient with courses",
        "setup-closure",
        "setup-shift",
        "treatment",
        "waitlist-for",
    }
