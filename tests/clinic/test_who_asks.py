"""Who asks, and by which session: what every page pays before its own questions."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clinic.models import Organization, RoleAssignment, User
from clinic.queries.factors import Wanted, wanted_of, who_asks
from clinic.sessions import SessionStore
from tests.cast import Cast

pytestmark = pytest.mark.django_db


OF_WHO_ASKS = [one._meta.db_table for one in (Session, User, RoleAssignment, Authenticator)]


def test_a_page_asks_once_for_the_session_and_once_for_whose_it_is(cast: Cast, enter: Any) -> None:
    client = enter(cast.reception)
    with CaptureQueriesContext(connection) as asked:
        assert client.get("/site-map/").status_code == 200
    found = [
        {table for table in OF_WHO_ASKS if f'"{table}"' in one["sql"]}
        for one in asked.captured_queries
        if one["sql"].startswith("SELECT")
    ]
    session, *others = OF_WHO_ASKS
    assert [one for one in found if one] == [{session}, {*others}]


def test_whoever_asks_comes_with_roles_clinics_and_factors(cast: Cast) -> None:
    with CaptureQueriesContext(connection) as asked:
        user = who_asks(cast.reception.pk)
        assert user is not None
        found = user, user.grants, user.places, wanted_of(user)
    assert len(asked) == 1
    held = cast.reception
    assert found == (held, held.grants, held.places, Wanted(has=False, must=False))


def test_a_factor_and_the_need_for_one_are_told(cast: Cast) -> None:
    Authenticator.objects.create(
        user=cast.reception, type=Authenticator.Type.TOTP, data={"secret": "x"}
    )
    organization = Organization.objects.first() or Organization(
        name="All", created_at=timezone.now(), created_by=cast.reception
    )
    organization.mfa_required = True
    organization.write()
    rosa, mia = who_asks(cast.reception.pk), who_asks(cast.manager.pk)
    assert rosa is not None
    assert mia is not None
    assert (wanted_of(rosa), wanted_of(mia)) == (Wanted(True, True), Wanted(False, True))


def test_whoever_has_no_role_is_known_all_the_same(cast: Cast) -> None:
    found = who_asks(cast.nobody.pk)
    assert (found, found and found.places) == (cast.nobody, [])


def test_a_session_that_has_ended_is_not_brought_back_by_a_page_that_still_runs() -> None:
    first = SessionStore()
    first["clinic"] = "one"
    first.create()
    late = SessionStore(first.session_key)
    assert late["clinic"] == "one"
    first.flush()
    late["clinic"] = "two"
    with pytest.raises(UpdateError):
        late.save()
    assert not Session.objects.exists()


def test_a_session_is_written_in_one_statement_and_read_as_it_was_written() -> None:
    store = SessionStore()
    store.create()
    store["clinic"] = "Łódź"
    with CaptureQueriesContext(connection) as asked:
        store.save()
    assert [one["sql"].split(" ")[0] for one in asked.captured_queries] == ["UPDATE"]
    assert SessionStore(store.session_key)["clinic"] == "Łódź"


def test_a_session_past_its_day_is_none() -> None:
    store = SessionStore()
    store["clinic"] = "one"
    store.set_expiry(timezone.now() - dt.timedelta(seconds=1))
    store.create()
    store.save()
    late = SessionStore(store.session_key)
    assert late.get("clinic") is None
    assert late.session_key is None
