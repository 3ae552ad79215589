"""One person, one lane, several clinics: who may change what of her, and where it is on record."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from bookings import operations, queries
from bookings.models import ShiftException, TimeOff
from clinic import operations as building
from clinic.models import AuditEvent, Clinic, Practitioner, User
from clinic.permissions import Role
from clinic.refusals import Conflict, Refusal
from clinic.rules import chain_of
from tests import factories
from tests.cast import NOW, TODAY, Cast

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
DAY = dt.timedelta(days=1)


@pytest.fixture
def other(cast: Cast) -> Clinic:
    """A clinic that Austin's manager does not set up."""
    return factories.clinic(code="elsewhere", name="Elsewhere", state="CA")


def chains(action: str) -> set[str]:
    """Where an act is on record."""
    return set(AuditEvent.objects.filter(action=action).values_list("chain", flat=True))


def gone(cast: Cast, other: Clinic) -> TimeOff:
    """Long time off from Austin of someone who works in the other clinic now."""
    off = operations.give_time_off(
        clinic=cast.clinic,
        practitioner=cast.ana,
        starts_at=NOW + DAY,
        ends_at=NOW + 200 * DAY,
        by=cast.manager,
        at=NOW,
    )
    cast.ana.clinics.set([other])
    return off


# --- Time off counts everywhere, and is taken back wherever she works or worked


@pytest.mark.parametrize("where", ["given", "now"])
def test_time_off_of_who_moved_is_taken_back_by_the_one_clinic_or_the_other(
    cast: Cast, other: Clinic, where: str
) -> None:
    off = gone(cast, other)
    by = cast.manager if where == "given" else factories.user("Zed", {other: [Role.MANAGER]})
    clinic = cast.clinic if where == "given" else other
    operations.withdraw_time_off(clinic=clinic, time_off=off, by=by, at=NOW)
    assert not TimeOff.objects.standing().exists()
    assert chains("time_off.withdraw") == {chain_of(cast.clinic.pk), chain_of(clinic.pk)}


@pytest.mark.rule("P15")
def test_time_off_is_not_taken_back_by_a_clinic_that_it_does_not_concern(
    cast: Cast, other: Clinic
) -> None:
    off = gone(cast, other)
    third = factories.clinic(code="third", name="Third", state="TX")
    by = factories.user("Zed", {third: [Role.MANAGER]})
    with pytest.raises(Refusal) as no:
        operations.withdraw_time_off(clinic=third, time_off=off, by=by, at=NOW)
    assert no.value.rule == "P15"


def test_the_pages_of_both_clinics_lead_to_the_time_off(
    cast: Cast, other: Clinic, enter: Callable[[User], Client]
) -> None:
    off = gone(cast, other)
    page = reverse("setup-time-off", args=[off.pk])
    here = enter(cast.manager)
    assert page in here.get(reverse("setup-shifts")).content.decode()
    there = enter(factories.user("Zed", {other: [Role.MANAGER]}))
    assert page in there.get(reverse("setup-shift", args=[cast.ana.pk])).content.decode()
    answer = there.get(page)
    assert answer.status_code == 200
    answer = here.post(page, {"version": off.version, "once": "key-1"})
    assert answer.headers["Location"] == reverse("setup-shifts")


# --- Her data


def change(cast: Cast, who: Practitioner, by: User, **given: Any) -> Practitioner:
    values = {"name": who.name, "credential": who.credential, "npi": who.npi}
    return building.change_practitioner(
        clinic=cast.clinic, practitioner=who, by=by, at=NOW, **(values | given)
    )


@pytest.mark.rule("R54")
@pytest.mark.parametrize("given", [{"name": "Other"}, {"credential": "LE"}, {"npi": "1234567893"}])
def test_who_sets_up_one_of_her_clinics_does_not_say_who_she_is(
    cast: Cast, other: Clinic, given: dict[str, str]
) -> None:
    who = factories.practitioner([cast.clinic, other], "MD", user=None)
    with pytest.raises(Refusal) as no:
        change(cast, who, cast.manager, **given)
    assert (no.value.rule, no.value.field) == ("R54", next(iter(given)))
    both = factories.user("Zed", {cast.clinic: [Role.MANAGER], other: [Role.MANAGER]})
    change(cast, who, both, **given)
    assert chains("practitioner.change") == {chain_of(cast.clinic.pk), chain_of(other.pk)}


def test_what_is_done_to_an_account_is_on_record_in_each_of_its_clinics(
    cast: Cast, other: Clinic
) -> None:
    keeper = factories.user("Adam", {cast.clinic: [Role.ADMINISTRATOR]})
    who = factories.user(
        "Xena", {cast.clinic: [Role.RECEPTIONIST], other: [Role.DIRECTOR, Role.ADMINISTRATOR]}
    )
    act: dict[str, Any] = {"clinic": cast.clinic, "user": who, "by": keeper, "at": NOW}
    building.change_user(name="Somebody Else", **act)
    building.end_sessions(**act)
    building.make_reset_link(**act)
    for action in ("account.change", "account.end_sessions", "account.send_reset"):
        done = AuditEvent.objects.filter(action=action, outcome="done")
        assert {one.chain for one in done} == {chain_of(cast.clinic.pk), chain_of(other.pk)}, action


@pytest.mark.rule("R52")
@pytest.mark.parametrize("on_file", [True, False])
def test_nobody_gives_herself_the_lane_of_someone_on_file(cast: Cast, on_file: bool) -> None:
    both = factories.user("Eve", {cast.clinic: [Role.MANAGER, Role.ESTHETICIAN]})
    dora = factories.practitioner([cast.clinic], "MD", user=None)
    if not on_file:  # a solo owner puts herself on file
        assert change(cast, dora, both, account=both).user == both
        return
    factories.license(dora, "md", "TX", by=cast.manager)
    with pytest.raises(Refusal) as no:
        change(cast, dora, both, account=both)
    assert (no.value.rule, no.value.field) == ("R52", "account")
    assert change(cast, dora, cast.manager, account=both).user == both


# --- Stale pages


@pytest.mark.rule("P12")
@pytest.mark.parametrize("then", ["set", "clear"])
def test_a_page_made_before_the_day_was_changed_is_refused(cast: Cast, then: str) -> None:
    day = TODAY + DAY
    act: dict[str, Any] = {"clinic": cast.clinic, "practitioner": cast.ana, "day": day}
    act |= {"by": cast.manager, "at": NOW}
    seen = queries.mark_of_days(cast.ana, cast.clinic)
    operations.set_day(hours=[(600, 700)], seen=seen, **act)
    second: dict[str, Callable[[], Any]] = {
        "set": lambda: operations.set_day(hours=[(800, 900)], seen=seen, **act),
        "clear": lambda: operations.clear_day(seen=seen, **act),
    }
    with pytest.raises(Conflict) as no:
        second[then]()
    assert no.value.rule == "P12"
    assert [one.starts_min for one in ShiftException.objects.standing()] == [600]


@pytest.mark.rule("P12")
def test_two_pages_of_one_day_lose_nothing(cast: Cast, enter: Callable[[User], Client]) -> None:
    client = enter(cast.manager)
    page = reverse("setup-shift-day", args=[cast.ana.pk])
    seen = client.get(page).context["form"]["seen"].value()
    typed = {"day": (TODAY + DAY).isoformat(), "seen": seen, "hours_0_from": "10:00"}
    first = client.post(page, typed | {"hours_0_to": "11:00", "once": "key-1"})
    second = client.post(page, typed | {"hours_0_to": "12:00", "once": "key-2"})
    assert (first.status_code, second.status_code) == (302, 409)
