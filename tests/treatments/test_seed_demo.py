"""The demo: alive at whatever hour it is set up, lawful to the last row, and set up once."""

from __future__ import annotations

import datetime as dt
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection

from bookings.models import Appointment, Closure, Hold, Shift
from clinic import audit, constraints
from clinic.models import AuditEvent, Clinic, License, Organization, Patient, PatientKey, User
from clinic.models.patients import search_text
from clinic.permissions import Role
from treatments.management.demo.holidays import is_holiday
from treatments.models import (
    Cartridge,
    CartridgeLot,
    NumbingProduct,
    Signature,
    StockMovement,
    Treatment,
)
from treatments.queries.contents import content_hash
from treatments.queries.set_up import set_up_of

NOON = dt.datetime(2026, 11, 24, 18, 7, tzinfo=dt.UTC)  # a Tuesday, 12:07 pm in Texas
HOURS = {
    "in the morning": dt.datetime(2026, 11, 24, 15, 0, tzinfo=dt.UTC),
    "ten minutes after midnight": dt.datetime(2026, 11, 25, 6, 10, tzinfo=dt.UTC),
    "at three in the night": dt.datetime(2026, 11, 25, 9, 0, tzinfo=dt.UTC),
    "ten minutes before midnight": dt.datetime(2026, 11, 25, 5, 50, tzinfo=dt.UTC),
    "on a Sunday evening": dt.datetime(2026, 11, 23, 1, 14, tzinfo=dt.UTC),
    "in the hour that the clocks repeat": dt.datetime(2026, 11, 1, 7, 20, tzinfo=dt.UTC),
    "after the hour that the clocks skip": dt.datetime(2026, 3, 8, 8, 40, tzinfo=dt.UTC),
}


def seed(at: dt.datetime, **options: int) -> str:
    told = StringIO()
    with time_machine.travel(at, tick=False):
        call_command("seed_demo", stdout=told, **options)
    return told.getvalue()


def states(clinic: Clinic, day: dt.date) -> set[str]:
    return {*Appointment.objects.on_day(clinic, day).values_list("status", flat=True)}


def rows() -> dict[str, int]:
    tables = (Clinic, User, Patient, Appointment, Hold, Treatment, Cartridge, StockMovement)
    return {table.__name__: table.objects.count() for table in (*tables, AuditEvent)}


@pytest.mark.usefixtures("db")
def test_the_demo_has_everything_that_a_visit_needs() -> None:
    seed(NOON, history=0)
    texas, california = Clinic.objects.order_by("-state")
    assert (texas.state, texas.time_zone) == ("TX", "America/Chicago")
    assert (california.state, california.time_zone) == ("CA", "America/Los_Angeles")
    accounts = {
        f"{name}@demo.example"
        for name in (
            "admin", "manager", "director", "reception", "esthetician", "auditor",
            "manager2", "reception2", "esthetician2",
        )
    }  # fmt: skip
    assert accounts <= {*User.objects.values_list("email", flat=True)}
    assert all(user.check_password("demo-only-change-me") for user in User.objects.all())
    esthetician = User.objects.get(email="esthetician@demo.example")
    assert esthetician.roles_in(texas) == {Role.ESTHETICIAN}
    kinds = {*License.objects.filter(state="TX").values_list("kind", flat=True)}
    assert kinds == {"esthetician", "aprn_np", "rn", "md"}
    kinds = {*License.objects.filter(state="CA").values_list("kind", flat=True)}
    assert kinds == {"rn", "aprn_np", "pa", "md"}
    soonest = License.objects.order_by("expires_on")[0]
    assert (soonest.expires_on - texas.day_of(NOON)).days == 12
    creams = NumbingProduct.objects.filter(is_active=True).values_list("code", flat=True)
    assert [*creams] == ["LIDO4"]
    assert Organization.objects.get().name == "Lumen Skin Clinics"
    for clinic in (texas, california):
        progress = set_up_of(clinic, on=clinic.day_of(NOON))
        assert [step.label for step in progress.steps if not step.done] == []


@pytest.mark.usefixtures("db")
def test_every_patient_of_the_demo_is_found_by_any_spelling() -> None:
    seed(NOON, history=60)
    everyone = [*Patient.objects.all()]
    assert [one.code for one in everyone if one.search != search_text(one)] == []
    plain = "oconnor"
    written = [one for one in everyone if one.last_name == "O’Connor"]
    clinics = {one.clinic_id for one in written}
    found = [
        one
        for clinic in Clinic.objects.filter(pk__in=clinics)
        for rows in PatientKey.objects.named(plain, clinic=clinic)
        for one in rows
    ]
    assert written
    assert {*found} == {one.pk for one in written}


@pytest.mark.parametrize(
    ("day", "closed"),
    [
        ("2026-11-26", True),
        ("2027-11-25", True),
        ("2028-11-23", True),
        ("2026-11-19", False),
        ("2026-11-27", False),
        ("2026-12-25", True),
        ("2027-01-01", True),
        ("2026-12-26", False),
    ],
)
def test_the_days_on_which_the_demo_is_closed(day: str, closed: bool) -> None:
    assert is_holiday(dt.date.fromisoformat(day)) is closed


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("hour", ["in the morning", "at three in the night"])
def test_the_desk_books_by_day_and_nobody_works_on_a_holiday(hour: str) -> None:
    seed(HOURS[hour], history=40)
    for visit in Appointment.objects.select_related("clinic"):
        local = visit.clinic.local(visit.created_at)
        # Twenty minutes before it opens, the desk takes those who wait at the door.
        assert dt.time(7, 40) <= local.time() < dt.time(17), f"booked at {local:%H:%M}"
        assert not is_holiday(visit.local_date)
    booked = AuditEvent.objects.filter(action__in=["appointment.book", "appointment.cancel"])
    clinic = Clinic.objects.get(state="TX")
    hours = {clinic.local(one.at).hour for one in booked.filter(chain=clinic.pk.hex)}
    assert hours <= {*range(7, 20)}
    assert Shift.objects.filter(weekday=3, valid_to__isnull=True).exists()
    for one in Clinic.objects.all():
        closure = Closure.objects.get(clinic=one, first_on="2026-11-26")
        assert (closure.name, closure.is_holiday) == ("Thanksgiving Day", True)
        assert not Closure.objects.filter(clinic=one, first_on="2026-12-03").exists()


@pytest.mark.usefixtures("db")
def test_today_has_every_state_and_a_second_run_changes_nothing() -> None:
    seed(NOON, history=20)
    for clinic in Clinic.objects.all():
        assert states(clinic, clinic.day_of(NOON)) == {
            "booked", "confirmed", "arrived", "numbing", "in_treatment", "completed", "cancelled",
            "no_show",
        }  # fmt: skip
        tomorrow = clinic.day_of(NOON) + dt.timedelta(days=1)
        assert states(clinic, tomorrow) == {"booked", "confirmed"}
        called = Appointment.objects.filter(clinic=clinic, cancel_reason__startswith="Called:")
        assert {one.cancelled_as for one in called} == {"patient"}
        unsigned = Treatment.objects.filter(clinic=clinic, status="completed")
        assert {one.started_on for one in unsigned} >= {tomorrow - dt.timedelta(days=2)}
        expired = CartridgeLot.objects.get(clinic=clinic, lot="B7740")
        assert expired.expires_on < clinic.day_of(NOON)
        assert {unit.status for unit in expired.units.all()} == {"quarantined"}
    before = rows()
    told = seed(NOON + dt.timedelta(days=3), history=20)
    assert "nothing was changed" in told
    assert rows() == before


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("hour", HOURS.values(), ids=HOURS.keys())
def test_the_demo_can_be_set_up_at_any_hour(hour: dt.datetime) -> None:
    seed(hour, clinics=1, history=0)
    clinic = Clinic.objects.get()
    today = states(clinic, clinic.day_of(hour))
    assert "booked" in today or clinic.local(hour).hour == 23
    # Ten minutes after midnight nobody can have been treated today.
    assert "completed" in today or clinic.local(hour).hour == 0
    assert {"in_treatment", "numbing", "arrived"} & today or clinic.local(hour).hour == 23
    assert not Appointment.objects.filter(arrived_at__gt=hour).exists()
    assert list(audit.faults()) == []


@pytest.mark.rule("R9", "R50", "R53")
@pytest.mark.usefixtures("db")
def test_the_past_is_lawful_to_the_last_row() -> None:
    seed(NOON, clinics=1, history=100)
    assert constraints.missing(connection) == []
    assert list(audit.faults()) == []
    past = Treatment.objects.filter(status="signed", aborted=False)
    assert past.count() >= 100
    for chart in past.select_related("cartridge", "signature"):
        assert chart.cartridge.status == "used"
        assert chart.cartridge.treatment_id == chart.pk
        assert chart.signature.content_hash == content_hash(chart)
    for unit in Cartridge.objects.prefetch_related("movements"):
        last = max(unit.movements.all(), key=lambda one: (one.at, one.from_status != ""))
        assert last.to_status == unit.status
    # The same acts leave the same trail, played one by one or written in bulk.
    trails = {
        code: [*AuditEvent.objects.filter(subject_code=code).values_list("action", flat=True)]
        for code in (chart.code for chart in past)
    }
    usual = ["chart.open", "numbing.apply", "numbing.remove", "treatment.start"]
    usual += ["cartridge.claim", *["treatment.add_pass"] * 3, "treatment.finish", "chart.sign"]
    dropped = [*usual[:5], *usual[4:]]
    contaminated = [*usual[:6], *usual[4:5], *usual[6:]]
    kinds = {tuple(usual), tuple(dropped), tuple(contaminated)}
    assert {tuple(trail) for trail in trails.values()} == kinds
    assert Signature.objects.count() == Treatment.objects.filter(status="signed").count()


@pytest.mark.usefixtures("db")
def test_a_visit_of_the_past_holds_its_time() -> None:
    seed(NOON, clinics=1, history=40)
    holding = Appointment.objects.active()
    assert Hold.objects.count() == 4 * holding.count()
    for hold in Hold.objects.exclude(patient=None).select_related("appointment"):
        lane = hold.appointment.lanes.patient
        assert (hold.starts_at, hold.ends_at) == (lane.starts_at, lane.ends_at)


@pytest.mark.usefixtures("db")
def test_more_past_is_added_before_what_is_there() -> None:
    seed(NOON, clinics=1, history=10)
    clinic = Clinic.objects.get()
    earliest = Appointment.objects.order_by("local_date")[0].local_date
    signed = Treatment.objects.filter(status="signed").count()
    seed(NOON, clinics=1, history=signed + 30)
    assert Treatment.objects.filter(status="signed").count() == signed + 30
    assert Appointment.objects.filter(local_date__lt=earliest).count() == 30
    assert list(audit.faults()) == []
    told = seed(NOON, history=0)
    assert "1 clinics set up" in told
    assert Clinic.objects.exclude(pk=clinic.pk).get().state == "CA"
