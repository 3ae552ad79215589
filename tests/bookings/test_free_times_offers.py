"""Free times against the booking itself; how many queries; the nearest ones."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from bookings import queries
from bookings.models import Hold, TimeOff
from bookings.operations.placing import find_place
from bookings.rules.visit import lanes
from clinic.models import Practitioner
from clinic.refusals import Refusal
from tests import factories
from tests.bookings.test_free_times import DAY, EARLY, TOMORROW, booked, local
from tests.cast import NOW, TODAY, Cast

pytestmark = pytest.mark.django_db
MINUTE = dt.timedelta(minutes=1)


@pytest.mark.rule("R47")
@pytest.mark.parametrize("day", [TODAY, dt.date(2026, 3, 8), dt.date(2026, 11, 1)])
def test_what_is_offered_can_be_booked_and_nothing_else(cast: Cast, day: dt.date):
    """Against the booking itself, for each quarter hour of a busy day and each practitioner.

    But for those that would have the patient come before anyone is there.
    """
    everyone = [cast.ana, cast.lena, cast.priya, cast.bo]
    for one in everyone:
        factories.shifts(one, cast.clinic, weekdays=[6], starts=0, ends=8)
    zero = local(cast, day, 0) if day.weekday() == 6 else local(cast, day, 9)
    places = [(cast.room, cast.device), (cast.second_room, cast.second_device)]
    booked(cast, cast.ana, zero + MINUTE * 60)
    booked(
        cast, cast.bo, zero + MINUTE * 70, patient=cast.wang, room=places[1][0], device=places[1][1]
    )
    booked(cast, cast.priya, zero + MINUTE * 185, patient=cast.siobhan, numbing_min=0)
    need = cast.service
    lines = queries.FreeSearch(
        clinic=cast.clinic, need=need, first=day, days=1, at=zero - DAY, patient=cast.mia
    ).lines()
    found = {(t.practitioner.pk, t.starts_at) for line in lines for t in line.times}

    def fits(practitioner: Practitioner, starts_at: dt.datetime) -> bool:
        if starts_at - MINUTE * need.numbing_min < zero:
            return False
        plan = lanes(
            starts_at=starts_at,
            numbing_min=need.numbing_min,
            treatment_min=need.treatment_min,
            clean_down_min=need.clean_down_min,
        )
        try:
            with transaction.atomic():
                find_place(
                    clinic=cast.clinic,
                    practitioner=practitioner,
                    patient=cast.mia,
                    service=need,
                    lanes=plan,
                    room=None,
                    device=None,
                    at=zero,
                )
        except Refusal:
            return False
        return True

    quarters = [zero + MINUTE * 15 * n for n in range(-2, 34)]
    fitting = {(one.pk, at) for one in everyone for at in quarters if fits(one, at)}
    assert {pair for pair in found if pair[1] in set(quarters)} == fitting
    assert fitting


def test_the_queries_are_as_many_for_one_as_for_three_as_for_a_full_fortnight(cast: Cast):
    def count(**given) -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            queries.FreeSearch(
                clinic=cast.clinic, need=cast.service, first=TODAY, at=NOW, **given
            ).lines()
        return len(seen)

    # One who is asked for is known already. Today, one asks what goes on now; of a patient, what
    # was needled.
    assert count(days=1, practitioner=cast.ana) == 5
    three = count(days=1, patient=cast.mia)
    booked(cast, cast.ana, local(cast, TODAY, 10))
    booked(cast, cast.bo, local(cast, TODAY, 12), patient=cast.wang)
    booked(cast, cast.priya, local(cast, TODAY, 14), patient=cast.siobhan)
    for n in range(7):
        more = factories.practitioner([cast.clinic], "RN", name=f"Nurse {n}")
        factories.license(more, "rn", "TX", by=cast.manager)
        factories.shifts(more, cast.clinic)
    assert count(days=14, patient=cast.mia) == three == 7


def test_the_nearest_times_lie_around_the_one_that_is_taken(cast: Cast):
    booked(cast, cast.ana, local(cast, TODAY, 12))
    wanted = local(cast, TODAY, 12)
    found = queries.nearest_free_times(
        clinic=cast.clinic,
        need=cast.service,
        around=wanted,
        at=NOW,
        practitioner=cast.ana,
        patient=cast.wang,
    )
    assert [(t.practitioner.name, t.says) for t in found] == [
        ("Ana Ruiz", "11:15 AM"),
        ("Ana Ruiz", "12:45 PM"),
        ("Bo Chen", "12:00 PM"),
    ]
    assert [t.key.rpartition("@")[2] for t in found] == [
        "2026-11-24T17:15Z",
        "2026-11-24T18:45Z",
        "2026-11-24T18:00Z",
    ]


def test_of_others_the_nearest_is_never_left_out(cast: Cast):
    cast.ana_license.expires_on = TODAY - dt.timedelta(days=1)
    cast.ana_license.write()
    for number, one in enumerate((cast.bo, cast.priya)):
        booked(
            cast,
            one,
            local(cast, TODAY, 12, 15),
            patient=factories.patient(cast.clinic, "P", f"{number}", by=cast.manager),
            room=factories.room(cast.clinic, f"Room {number + 7}"),
            device=factories.device(cast.clinic, cast.model, f"D-{number + 7}"),
        )
    wanted = local(cast, TODAY, 11, 30)
    found = queries.nearest_free_times(
        clinic=cast.clinic,
        need=cast.service,
        around=wanted,
        at=NOW,
        practitioner=cast.ana,
        patient=cast.wang,
    )
    assert [t.says for t in found] == ["11:30 AM", "11:15 AM"]


def test_the_nearest_times_go_on_to_the_next_open_day_and_never_into_the_past(cast: Cast):
    found = queries.nearest_free_times(
        clinic=cast.clinic,
        need=cast.service,
        around=local(cast, TODAY, 23),
        at=local(cast, TODAY, 23),
        practitioner=cast.priya,
    )
    assert (found[0].day, found[0].says) == (TOMORROW, "9:30 AM")
    assert len(found) == 3


def test_times_end_where_booking_ends_two_years_ahead(cast: Cast):
    last = EARLY + dt.timedelta(days=731)
    day = cast.clinic.day_of(last)
    lines = queries.FreeSearch(
        clinic=cast.clinic, need=cast.short_service, first=day - DAY * 7, days=14, at=EARLY
    ).lines()
    starts = [t.starts_at for line in lines for t in line.times]
    assert max(starts) <= last
    assert Hold.objects.count() == 0


def test_what_is_kept_of_a_search_is_not_asked_again_once_it_is_no_longer_so(cast: Cast):
    """Hours are worked out once for each roster; another roster, step or opening is another."""

    def offered() -> list[str]:
        search = queries.FreeSearch(
            clinic=cast.clinic,
            need=cast.service,
            first=TOMORROW,
            days=2,
            at=EARLY,
            practitioner=cast.ana,
        )
        return [time.says for line in search.lines() for time in line.times]

    before = offered()
    assert before == offered() != []
    TimeOff(
        practitioner=cast.ana,
        clinic=cast.clinic,
        starts_at=local(cast, TOMORROW, 0),
        ends_at=local(cast, TOMORROW + DAY, 0),
        created_at=NOW,
        created_by=cast.manager,
    ).write()
    off = offered()
    assert 0 < len(off) < len(before)
    factories.shifts(
        cast.ana, cast.clinic, weekdays=[(TOMORROW + DAY).weekday()], starts=18, ends=20
    )
    longer = offered()
    assert len(longer) > len(off)
    cast.clinic.start_step_min = 60
    assert len(offered()) < len(longer)
