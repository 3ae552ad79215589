"""A query whose SQL was made once finds what the query itself finds, with whatever is filled in."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models.functions import Upper

from bookings.models import Hold
from clinic.models import Clinic, License, Practitioner, RoleAssignment, Room, User
from clinic.prepared import prepared
from tests import factories
from tests.cast import NOW, Cast
from tests.database import Database, is_postgresql

pytestmark = pytest.mark.usefixtures("database")
HOUR = dt.timedelta(hours=1)


def of_people(*, clinic: Any, people: Any) -> Any:
    rows = Practitioner.objects.filter(clinics=clinic, pk__in=people)
    return rows.order_by("name", "pk").values_list("name", "pk")


def test_what_is_filled_in_is_found_and_nothing_else(cast: Cast):
    ask = prepared(of_people)
    clinics = [one.pk for one in Clinic.objects.order_by("name")]
    people = [one.pk for one in Practitioner.objects.order_by("name")]
    assert len(clinics) > 1
    assert len(people) > 3
    for clinic in clinics:
        for some in (people, people[:1], people[1:2], people[2:], []):
            assert ask(clinic=clinic, people=some) == list(of_people(clinic=clinic, people=some))
    assert ask(clinic=uuid.uuid4(), people=people) == []


def test_the_sql_is_made_once_for_each_length_of_a_list(cast: Cast, django_assert_num_queries):
    built = []

    def build(*, keys: Any, named: Any) -> Any:
        built.append(named is None)
        rows = Room.objects.filter(pk__in=keys)
        rows = rows if named is None else rows.filter(name=named)
        return rows.order_by("name").values_list("name", "pk")

    ask = prepared(build)
    rooms = list(Room.objects.order_by("name"))
    with django_assert_num_queries(4):
        assert ask(keys=[rooms[0].pk], named=None) == [(rooms[0].name, rooms[0].pk)]
        assert ask(keys=[rooms[1].pk], named=None) == [(rooms[1].name, rooms[1].pk)]
        assert len(ask(keys=[rooms[0].pk, rooms[1].pk], named=None)) == 2
        assert ask(keys=[rooms[0].pk], named="No such room") == []
    assert built == [True, True, False]
    assert ask(keys=[rooms[1].pk], named=rooms[1].name) == [(rooms[1].name, rooms[1].pk)]
    assert built == [True, True, False]


def test_rows_of_a_model_come_whole_with_what_they_are_joined_to(
    cast: Cast, django_assert_num_queries
):
    def build(*, user: Any) -> Any:
        rows = RoleAssignment.objects.filter(user=user).select_related("clinic")
        return rows.annotate(shouted=Upper("clinic__name"))

    ask = prepared(build)
    for user in User.objects.order_by("email"):
        theirs = list(build(user=user.pk))
        with django_assert_num_queries(1):
            ours = ask(user=user.pk)
            assert [(one, one.clinic, one.shouted) for one in ours] == [
                (one, one.clinic, one.shouted) for one in theirs
            ]
            assert [vars(one.clinic).keys() for one in ours] == [
                vars(one.clinic).keys() for one in theirs
            ]
        assert all(not one._state.adding for one in ours)


def test_instants_and_dates_are_read_back_as_they_are_written(cast: Cast):
    visit = factories.appointment(
        patient=cast.mia,
        practitioner=cast.ana,
        service=cast.service,
        room=cast.room,
        device=cast.device,
        by=cast.reception,
        starts_at=NOW + HOUR * 24,
    )

    def build(*, first: Any, last: Any) -> Any:
        rows = Hold.objects.crossing(first, last).order_by("starts_at", "pk")
        return rows.values_list("starts_at", "pk", "ends_at", "appointment")

    ask, now = prepared(build), NOW
    while now < visit.ends_at + HOUR * 6:
        found = ask(first=now, last=now + HOUR)
        assert found == list(build(first=now, last=now + HOUR))
        now += HOUR

    def of_day(*, on: Any) -> Any:
        rows = License.objects.filter(issued_on__lte=on, expires_on__gte=on)
        return rows.order_by("expires_on", "pk").values_list("expires_on", "pk")

    ask_day = prepared(of_day)
    for days in (-4000, 0, 400, 4000):
        on = NOW.date() + dt.timedelta(days=days)
        assert ask_day(on=on) == list(of_day(on=on))


def test_a_query_that_locks_is_asked_in_a_transaction_only(cast: Cast, fresh_db: Database):
    def build(*, key: Any) -> Any:
        return Room.objects.filter(pk=key).held()

    ask = prepared(build)
    key = Room.objects.order_by("pk").values_list("pk", flat=True)[0]
    for _ in range(2):
        with transaction.atomic():
            assert [one.pk for one in ask(key=key)] == [key]
        with pytest.raises(transaction.TransactionManagementError):
            ask(key=key)


def plans_kept() -> int:
    """How many plans a PostgreSQL server keeps for this connection, of queries for rooms."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%clinic_room%'"
            if is_postgresql()
            else "SELECT 0"
        )
        kept: int = cursor.fetchone()[0]
    return kept


def test_a_plan_is_kept_of_what_is_prepared_and_of_nothing_else(cast: Cast):
    """A list with filters is planned for what is asked for: a kept plan would read what is rare
    as if it were common."""
    rooms = Room.objects.filter(clinic=cast.clinic).order_by("name", "pk")
    for _ in range(8):
        assert list(rooms.all()) == list(rooms)
    assert plans_kept() == 0
    ask = prepared(lambda *, clinic: Room.objects.filter(clinic=clinic).order_by("name", "pk"))
    for _ in range(3):
        assert ask(clinic=cast.clinic.pk) == list(rooms)
    assert plans_kept() == (1 if is_postgresql() else 0)
    assert len(rooms.all()) == len(rooms)
    assert plans_kept() == (1 if is_postgresql() else 0)
