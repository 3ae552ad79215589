"""One of everything in Austin, as the operations make it, for tests that open every page."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from bookings import operations as desk
from bookings.models import Appointment, Closure, Course, ImportRun, Offer, TimeOff
from bookings.rules.importing import FileGiven
from clinic import outbox
from clinic.models import Patient, User
from tests import factories
from tests.cast import NOW, PASSWORD, Cast
from treatments import operations as room
from treatments.models import Cartridge, Treatment

MINUTE = dt.timedelta(minutes=1)


@dataclass
class World:
    """Austin on a Tuesday at nine: a visit to come, one under way, one signed the day before."""

    cast: Cast
    booked: Appointment
    under_way: Treatment
    signed: Treatment
    in_stock: Cartridge
    time_off: TimeOff
    block: TimeOff
    closure: Closure
    given: ImportRun
    course: Course
    offer: Offer


def build(cast: Cast) -> World:
    """Book, treat and sign with Ana; everything is hers and Austin's."""
    monday = NOW - dt.timedelta(days=1)
    signed = treat(cast, cast.siobhan, monday + 60 * MINUTE)
    finish_and_sign(signed, by=cast.esthetician, at=monday + 100 * MINUTE)
    under_way = treat(cast, cast.mia, NOW)
    booked = book(cast, cast.wang, NOW + 90 * MINUTE, at=NOW - 60 * MINUTE)
    in_stock = cast.lot.units.filter(status="in_stock").order_by("number").first()
    assert in_stock is not None
    factories.glide_product()
    factories.depth_rule()
    outbox.deliver(at=NOW)
    # Far ahead, where nothing else is.
    july = NOW + dt.timedelta(days=220)
    time_off = desk.give_time_off(
        clinic=cast.clinic,
        practitioner=cast.lena,
        starts_at=july,
        ends_at=july + 60 * MINUTE,
        by=cast.manager,
        at=NOW,
    )
    block = desk.block_time(
        clinic=cast.clinic,
        practitioner=cast.lena,
        starts_at=july + 120 * MINUTE,
        ends_at=july + 150 * MINUTE,
        by=cast.manager,
        at=NOW,
    )
    closure = desk.close_clinic(
        clinic=cast.clinic,
        name="Training day",
        first_on=july.date(),
        last_on=july.date(),
        by=cast.manager,
        at=NOW,
    )
    waits = desk.add_to_waitlist(
        clinic=cast.clinic,
        patient=cast.siobhan,
        service=cast.short_service,
        first_on=NOW.date(),
        by=cast.reception,
        at=NOW,
    )
    offer = desk.offer_time(
        entry=waits,
        practitioner=cast.ana,
        starts_at=july - dt.timedelta(days=3),
        by=cast.reception,
        at=NOW,
    )
    outbox.deliver(at=NOW)
    file = given(cast)
    return World(
        cast,
        booked,
        under_way,
        signed,
        in_stock,
        time_off,
        block,
        closure,
        file,
        course(cast),
        offer,
    )


def course(cast: Cast) -> Course:
    """Two visits for Wang, far ahead, of which the first is booked."""
    first = desk.CourseVisit(1, NOW + dt.timedelta(days=230), cast.ana)
    return desk.book_course(
        clinic=cast.clinic,
        patient=cast.wang,
        service=cast.short_service,
        planned=2,
        interval_days=28,
        starts_min=600,
        visits=[first],
        by=cast.reception,
        at=NOW,
    )


def given(cast: Cast) -> ImportRun:
    """A file of two new patients, given and checked; nothing of it is imported."""
    content = b"First name,Last name,DOB,Phone\nIda,Berg,3/3/1990,512 555 0111\nUwe,Berg,,x\n"
    act: dict[str, Any] = {"by": cast.manager, "at": NOW}
    run = desk.upload_import(
        clinic=cast.clinic, kind="patients", file=FileGiven("berg.csv", content), **act
    )
    columns = ["first_name", "last_name", "birth_date", "phone"]
    run = desk.choose_columns(
        run=run, version=run.version, columns=columns, date_order="mdy", **act
    )
    return desk.check_soon(run=run, at=NOW)


def book(cast: Cast, patient: Patient, starts_at: dt.datetime, *, at: dt.datetime) -> Appointment:
    """A visit of half an hour with Ana, without numbing."""
    return desk.book(
        clinic=cast.clinic,
        patient=patient,
        practitioner=cast.ana,
        service=cast.short_service,
        starts_at=starts_at,
        by=cast.reception,
        at=at,
    )


def treat(cast: Cast, patient: Patient, starts_at: dt.datetime) -> Treatment:
    """A treatment begun a minute before its time, with one unit open and one pass charted."""
    visit = book(cast, patient, starts_at, at=starts_at - 60 * MINUTE)
    desk.mark_arrived(appointment=visit, by=cast.reception, at=starts_at - 10 * MINUTE)
    act: dict[str, Any] = {"by": cast.esthetician, "at": starts_at - MINUTE}
    chart = room.open_chart(appointment=visit, **act)
    room.decline_numbing(treatment=chart, reason="Not wanted", **act)
    room.start(treatment=chart, confirmed=True, screened_on_paper=True, **act)
    unit = cast.lot.units.filter(status="in_stock").order_by("number").first()
    assert unit is not None
    room.claim_unit(treatment=chart, unit_code=unit.unit_code, pack_intact=True, **act)
    room.add_pass(
        treatment=chart, area="chin", depth=50, passes=2, endpoint="erythema_uniform", **act
    )
    return Treatment.objects.get(pk=chart.pk)


def finish_and_sign(chart: Treatment, *, by: User, at: dt.datetime) -> None:
    """Finish the treatment and sign its chart as its author."""
    room.finish(treatment=chart, endpoint="erythema_uniform", aftercare_given=True, by=by, at=at)
    room.sign(treatment=chart, password=PASSWORD, by=by, at=at + MINUTE)
