"""Who treats: put on file, changed, given an account once, taken out of use."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from bookings import operations as desk
from clinic import operations
from clinic.models import AuditEvent, Practitioner, RoleAssignment, User
from clinic.permissions import Role
from tests import factories
from tests.cast import NOW, Cast
from tests.refusals import refusal, told

LIST, ADD = "/setup/practitioners/", "/setup/practitioners/add/"
NPI = "1234567893"


def at(who: Practitioner, more: str = "") -> str:
    return f"{LIST}{who.pk}/{more}"


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def typed(**given: Any) -> dict[str, Any]:
    """Someone who treats, as typed into the form."""
    return {"name": "Ida Berg", "credential": "RN", "npi": "", "account": "", "once": "k", **given}


@pytest.fixture
def both(cast: Cast) -> User:
    """A manager of both clinics."""
    return factories.user(
        "Olga Petrov", {cast.clinic: [Role.MANAGER], cast.other_clinic: [Role.MANAGER]}
    )


def book(cast: Cast, who: Practitioner, hour: int = 18) -> None:
    desk.book(
        clinic=cast.clinic,
        patient=cast.mia,
        practitioner=who,
        service=cast.short_service,
        starts_at=NOW.replace(hour=hour),
        by=cast.reception,
        at=NOW,
    )


def test_the_list_shows_who_works_here_in_use_first(cast: Cast, clock: Any, enter: Any) -> None:
    cast.ana.is_active = False
    cast.ana.write()
    page = text(enter(cast.manager).get(LIST))
    names = ["Bo Chen", "Lena Brandt", "Priya Raman", "Ana Ruiz"]
    assert sorted(names, key=page.index) == names
    assert "Nora Kim" not in page
    assert "Austin, Pasadena" in page


def test_someone_who_treats_is_put_on_file(cast: Cast, clock: Any, enter: Any) -> None:
    RoleAssignment(user=cast.nobody, clinic=cast.clinic, role=Role.ESTHETICIAN).write()
    browser = enter(cast.manager)
    page = text(browser.get(ADD))
    assert "Finn Moss" in page
    for no_choice in ("Ana Ruiz", "Nora Kim", "Works in"):
        assert no_choice not in page
    form = typed(npi="1234 567-893", account=str(cast.nobody.pk))
    answers = [browser.post(ADD, form) for _ in range(2)]
    made = Practitioner.objects.get(name="Ida Berg")
    assert [one["Location"] for one in answers] == [at(made)] * 2
    assert (made.npi, made.user, [*made.clinics.all()]) == (NPI, cast.nobody, [cast.clinic])
    page = text(browser.get(at(made)))
    assert f"/licenses/add/?practitioner={made.pk}" in page
    assert "None on file. Without one in force nothing can be booked." in page
    event = AuditEvent.objects.get(action="practitioner.add")
    assert event.chain == cast.clinic.pk.hex


@pytest.mark.parametrize(
    ("given", "status", "says"),
    [
        ({"name": ""}, 422, "Enter the name."),
        ({"name": "x" * 81}, 422, "Use at most 80 characters; this has 81."),
        ({"credential": ""}, 422, "Enter the credential, for example RN."),
        ({"npi": "1234567890"}, 422, "its last digit does not fit the others"),
        ({"npi": "123"}, 422, "An NPI has ten digits and nothing else."),
        ({"npi": "1003000126"}, 409, "Another practitioner has this NPI."),
        ({"account": "x"}, 422, "Choose someone with a role in this clinic."),
        ({"name": "a\x00b"}, 422, "The text has a NUL character in it."),
    ],
)
def test_bad_input_gets_a_sentence(
    cast: Cast, clock: Any, enter: Any, given: dict[str, str], status: int, says: str
) -> None:
    cast.nora.npi = "1003000126"
    cast.nora.write()
    answer = enter(cast.manager).post(ADD, typed(**given))
    assert (answer.status_code, says in text(answer)) == (status, True)
    assert not Practitioner.objects.filter(credential="RN", name="Ida Berg").exists()


def test_the_database_knows_each_npi_once(cast: Cast) -> None:
    cast.nora.npi = cast.ana.npi = NPI
    cast.nora.write()
    with pytest.raises(IntegrityError), transaction.atomic():
        cast.ana.write()


@pytest.mark.rule("R52")
def test_an_account_is_chosen_once(cast: Cast, clock: Any, enter: Any) -> None:
    act = {"clinic": cast.clinic, "name": "X", "credential": "RN", "by": cast.manager, "at": NOW}
    someone = operations.add_practitioner(**act)
    for user, status, rule in (
        (cast.stranger, 422, "P15"),
        (cast.esthetician, 409, "input"),
    ):
        no = refusal(operations.change_practitioner, practitioner=someone, account=user, **act)
        assert told(no) == (status, rule, "account")
    operations.change_practitioner(practitioner=someone, account=cast.reception, **act)
    no = refusal(operations.change_practitioner, practitioner=someone, account=cast.auditor, **act)
    assert told(no) == (422, "R52", "account")
    page = text(enter(cast.manager).get(at(someone)))
    assert 'name="account"' not in page
    assert "rosa@demo.example" in page


@pytest.mark.rule("R54")
def test_one_says_where_she_works_only_for_clinics_one_sets_up(
    cast: Cast, clock: Any, enter: Any, both: User
) -> None:
    browser = enter(both)
    assert "Works in" in text(browser.get(at(cast.ana)))
    form = typed(name="Ana Ruiz", credential="LE", version=1)
    form["clinics"] = [str(cast.clinic.pk), str(cast.other_clinic.pk)]
    assert browser.post(at(cast.ana), form)["Location"] == LIST
    assert cast.ana.clinics.count() == 2
    form |= {"version": 2, "clinics": [], "once": "2"}
    refused = browser.post(at(cast.ana), form)
    assert (refused.status_code, "at least one clinic" in text(refused)) == (422, True)
    act = {"clinic": cast.clinic, "name": "Bo Chen", "credential": "NP", "at": NOW}
    no = refusal(
        operations.change_practitioner,
        practitioner=cast.lena,
        clinics=[cast.clinic, cast.other_clinic],
        by=cast.manager,
        **act,
    )
    assert no.status == 403
    operations.change_practitioner(practitioner=cast.bo, clinics=[], by=cast.manager, **act)
    assert [*cast.bo.clinics.all()] == [cast.other_clinic]


@pytest.mark.rule("P12")
def test_after_a_lost_race_both_texts_are_shown(
    cast: Cast, clock: Any, enter: Any, both: User
) -> None:
    browser = enter(both)
    form = typed(name="Ana Ruiz-Lee", credential="LE", version=1, clinics=[str(cast.clinic.pk)])
    assert browser.post(at(cast.ana), form).status_code == 302
    form |= {"name": "Ana R.", "once": "2", "clinics": [str(cast.other_clinic.pk)]}
    stale = browser.post(at(cast.ana), form)
    page = text(stale)
    assert stale.status_code == 409
    for said in ("Ana Ruiz-Lee", "Ana R.", "Pasadena", 'name="version" value="2"'):
        assert said in page


@pytest.mark.rule("P15")
def test_whoever_works_elsewhere_is_not_there(cast: Cast, clock: Any, enter: Any) -> None:
    browser = enter(cast.manager)
    for more in ("", "use/"):
        assert browser.get(at(cast.nora, more)).status_code == 404
        form = typed(version=1, in_use="")
        assert browser.post(at(cast.nora, more), form).status_code == 404
    act = {"clinic": cast.clinic, "practitioner": cast.nora, "by": cast.manager, "at": NOW}
    assert refusal(operations.set_practitioner_use, in_use=False, **act).rule == "P15"


def test_out_of_use_says_what_stays_booked_and_cancels_nothing(
    cast: Cast, clock: Any, enter: Any
) -> None:
    book(cast, cast.ana)
    browser = enter(cast.manager)
    line = "Tue, Nov 24, 12:00 PM: Mia Lee with Ana Ruiz LE"
    assert line in text(browser.get(at(cast.ana)))
    assert line in text(browser.get(at(cast.ana, "use/")))
    off = {"version": 1, "in_use": "", "once": "1"}
    assert browser.post(at(cast.ana, "use/"), off)["Location"] == LIST
    assert str(cast.ana.pk) not in text(browser.get("/appointments/new/"))
    assert line in text(browser.get(at(cast.ana)))
    again = {"version": 2, "in_use": "", "once": "2"}
    assert "is out of use already" in text(browser.post(at(cast.ana, "use/"), again))
    on = {"version": 2, "in_use": "on", "once": "3"}
    assert browser.post(at(cast.ana, "use/"), on).status_code == 302
    assert Practitioner.objects.get(pk=cast.ana.pk).is_active


@pytest.mark.rule("R54")
def test_whoever_also_works_elsewhere_is_not_taken_out_of_use_from_here(
    cast: Cast, both: User
) -> None:
    act = {"clinic": cast.clinic, "practitioner": cast.bo, "in_use": False, "at": NOW}
    no = refusal(operations.set_practitioner_use, by=cast.manager, **act)
    assert (no.rule, "Pasadena" in no.text) == ("R54", False)
    assert not operations.set_practitioner_use(by=both, **act).is_active


def test_an_administrator_sees_no_licenses_and_no_names(cast: Cast, clock: Any, enter: Any) -> None:
    book(cast, cast.ana)
    page = text(enter(cast.administrator).get(at(cast.ana)))
    assert "A manager keeps the licenses." in page
    assert "LE-100200" not in page
    assert "1 visit ahead" in page
    assert "Mia Lee" not in page
    assert "LE-100200" in text(enter(cast.manager).get(at(cast.ana)))


@pytest.mark.rule("P12")
def test_of_two_accounts_chosen_at_once_the_first_stays(cast: Cast, clock: Any, enter: Any) -> None:
    ida = factories.practitioner([cast.clinic], "RN", name="Ida Berg")
    browser = enter(cast.manager)
    form = typed(version=1, account=str(cast.reception.pk))
    assert browser.post(at(ida), form).status_code == 302
    # As if the page had been opened before: the form still had the field.
    no = refusal(
        operations.change_practitioner,
        clinic=cast.clinic,
        practitioner=ida,
        name="Ida Berg",
        credential="RN",
        account=cast.auditor,
        version=1,
        by=cast.manager,
        at=NOW,
    )
    assert told(no) == (409, "P12", None)
    assert Practitioner.objects.get(pk=ida.pk).user == cast.reception
