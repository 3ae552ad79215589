"""The license pages: who may treat, until when, most urgent first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic import operations
from clinic.forms.house import day_field
from clinic.models import AuditEvent, License, User
from clinic.permissions import Role
from clinic.queries.licenses import license_board
from clinic.rules import chain_of
from tests import factories
from tests.cast import NOW, TODAY, Cast
from tests.refusals import refusal

ADD = "/licenses/add/"


def typed(cast: Cast, **given: Any) -> dict[str, Any]:
    """A license as typed into the form."""
    return {
        "practitioner": str(cast.lena.pk),
        "kind": "esthetician",
        "state": "TX",
        "number": "LE-200 400",
        "issued_on": "2025-01-31",
        "expires_on": "2027-01-31",
        "once": "key-1",
        **given,
    }


def trail() -> list[tuple[str, str, str]]:
    rows = AuditEvent.objects.filter(action__startswith="license.").order_by("seq")
    return list(rows.values_list("action", "outcome", "subject_code"))


def fill(cast: Cast) -> None:
    """One practitioner for each way a license can stand."""
    for name, state, given in (
        ("Deb Unlicensed", "", {}),
        ("Ira Suspended", "TX", {"status": "suspended"}),
        ("Kai Today", "TX", {"expires_on": TODAY}),
        ("Uma Elsewhere", "AZ", {}),
        ("Zoe Soon", "TX", {"expires_on": TODAY + dt.timedelta(days=60)}),
        ("Yan Later", "TX", {"expires_on": TODAY + dt.timedelta(days=61)}),
    ):
        holder = factories.practitioner([cast.clinic], "RN", name=name)
        if state:
            factories.license(holder, "rn", state, by=cast.manager, **given)
    gone = factories.practitioner([cast.clinic], "RN", name="Former Colleague", is_active=False)
    factories.license(gone, "rn", "TX", by=cast.manager)


def test_everyone_who_works_here_is_shown_most_urgent_first(cast: Cast) -> None:
    fill(cast)
    board = license_board(cast.clinic, today=TODAY)
    assert [(line.practitioner.name, line.label, line.note) for line in board.lines] == [
        ("Deb Unlicensed", "No license on file", ""),
        ("Uma Elsewhere", "No TX license", ""),
        ("Ira Suspended", "Suspended", ""),
        ("Lena Brandt", "Expired 1 day ago", ""),
        ("Kai Today", "Expires today", ""),
        ("Zoe Soon", "Expires in 60 days", ""),
        ("Yan Later", "Active", ""),
        ("Ana Ruiz", "Active", ""),
        ("Bo Chen", "Active", ""),
        ("Bo Chen", "Active", "Counts in CA, not here"),
        ("Priya Raman", "Active", ""),
        ("Uma Elsewhere", "Active", "Counts in AZ, not here"),
    ]
    assert (board.people, board.covered, len(board.urgent)) == (10, 6, 6)


def test_the_other_clinic_has_its_own_list(cast: Cast) -> None:
    board = license_board(cast.other_clinic, today=TODAY)
    assert [(line.practitioner.name, line.note) for line in board.lines] == [
        ("Bo Chen", ""),
        ("Bo Chen", "Counts in TX, not here"),
        ("Nora Kim", ""),
    ]


def test_the_list_costs_the_same_for_one_and_for_many(cast: Cast) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as spent:
            license_board(cast.clinic, today=TODAY)
        return len(spent)

    few = queries()
    for _ in range(30):
        fill(cast)
    assert (few, queries()) == (2, 2)


def test_the_page_counts_who_may_treat_and_filters(cast: Cast, clock: Any, enter: Any) -> None:
    browser = enter(cast.manager)
    page = browser.get("/licenses/").content.decode()
    assert "3 of 4 practitioners may treat in Austin, TX, today." in page
    assert "Needs attention (1)" in page
    assert "Ana Ruiz" in page
    urgent = browser.get("/licenses/?show=attention").content.decode()
    assert "Lena Brandt" in urgent
    assert "Ana Ruiz" not in urgent


def test_a_clinic_without_practitioners_is_told_so(cast: Cast, clock: Any, enter: Any) -> None:
    empty = factories.clinic(name="New clinic")
    manager = factories.user("Ned New", {empty: [Role.MANAGER]})
    assert "No practitioners" in enter(manager).get("/licenses/").content.decode()


def test_when_all_is_well_the_filter_says_so(cast: Cast, clock: Any, enter: Any) -> None:
    cast.lapsed_license.expires_on = factories.FAR_AHEAD
    cast.lapsed_license.write()
    page = enter(cast.manager).get("/licenses/?show=attention").content.decode()
    assert "Nothing needs attention" in page


@pytest.mark.rule("R17")
def test_no_kind_of_license_is_proposed_and_none_is_taken_for_granted(
    cast: Cast, clock: Any, enter: Any
) -> None:
    browser = enter(cast.manager)
    for address in (ADD, f"{ADD}?practitioner={cast.bo.pk}"):
        kind = browser.get(address).context["form"]["kind"]
        assert kind.value() is None
        assert next(iter(kind.field.choices)) == ("", "Choose the kind of license")
    answer = browser.post(ADD, typed(cast, kind=""))
    assert answer.status_code == 422
    assert "Choose the kind of license." in answer.content.decode()


def test_a_license_is_put_on_file_as_printed(cast: Cast, clock: Any, enter: Any) -> None:
    answer = enter(cast.manager).post(ADD, typed(cast))
    made = License.objects.get(number_norm="LE200400")
    assert (answer.status_code, answer["Location"]) == (302, f"/licenses/{made.pk}/")
    assert (made.number_raw, made.practitioner, made.expires_on) == (
        "LE-200 400",
        cast.lena,
        dt.date(2027, 1, 31),
    )
    assert trail() == [("license.add", "done", "TX LE-200 400")]


@pytest.mark.rule("P3")
def test_the_button_pressed_twice_puts_one_license_on_file(
    cast: Cast, clock: Any, enter: Any
) -> None:
    browser = enter(cast.manager)
    answers = [browser.post(ADD, typed(cast)) for _ in range(2)]
    assert answers[0]["Location"] == answers[1]["Location"]
    assert License.objects.filter(number_norm="LE200400").count() == 1


@pytest.mark.rule("R17")
@pytest.mark.parametrize("number", ["LE-100200", "le 100 200"])
def test_a_number_on_file_is_a_conflict_beside_its_field(
    cast: Cast, clock: Any, enter: Any, number: str
) -> None:
    answer = enter(cast.manager).post(ADD, typed(cast, number=number))
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "This license number is on file for that state and kind." in page
    assert f'value="{number}"' in page
    assert trail() == [("license.add", "refused", "austin")]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"expires_on": "2025-01-31"}, "A license is issued before it expires."),
        ({"expires_on": "2025-01-30"}, "A license is issued before it expires."),
        ({"number": " - - "}, "Enter the license number as printed."),
        ({"number": ""}, "Enter the number as printed on the license."),
        ({"issued_on": ""}, "Enter the day on which it was issued."),
        ({"practitioner": ""}, "Choose who holds it."),
        ({"number": "x" * 31}, "Use at most 30 characters; this has 31."),
        ({"number": "a\x00b"}, "The text has a NUL character in it."),
        ({"issued_on": "0001-01-01"}, "Use a date between 1900 and 2200."),
        ({"expires_on": "9999-12-31"}, "Use a date between 1900 and 2200."),
        ({"expires_on": "2027-02-29"}, "Enter a date, for example Nov 24, 2026."),
        ({"expires_on": "soon"}, "Enter a date, for example Nov 24, 2026."),
        ({"state": "ZZ"}, "Choose a state from the list, by its two letters."),
        ({"kind": "wizard"}, "Choose one from the list."),
        ({"state": ""}, "Choose the state that issued it."),
        ({"kind": ""}, "Choose the kind of license."),
        ({"practitioner": "x"}, "Choose someone who works in this clinic."),
    ],
)
def test_bad_input_gets_a_sentence_and_keeps_what_was_typed(
    cast: Cast, clock: Any, enter: Any, given: dict[str, str], says: str
) -> None:
    before = License.objects.count()
    answer = enter(cast.manager).post(ADD, typed(cast, **given))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert says in page
    assert f'value="{cast.lena.pk}" selected' in page or "practitioner" in given
    assert License.objects.count() == before


@pytest.mark.parametrize(
    "number", ["<script>alert(1)</script>", "{{7*7}}", "王小明", "'; --", "🙂"]
)
def test_an_odd_number_is_shown_literally(cast: Cast, clock: Any, enter: Any, number: str) -> None:
    browser = enter(cast.manager)
    page = browser.get(browser.post(ADD, typed(cast, number=number))["Location"]).content.decode()
    assert License.objects.filter(number_raw=number).count() == 1
    assert "<script>alert" not in page
    assert ">49<" not in page


@pytest.mark.rule("P15")
def test_nobody_of_another_clinic_is_offered_or_taken(cast: Cast, clock: Any, enter: Any) -> None:
    browser = enter(cast.manager)
    assert "Nora Kim" not in browser.get(ADD).content.decode()
    answer = browser.post(ADD, typed(cast, practitioner=str(cast.nora.pk)))
    assert answer.status_code == 422
    assert "Choose someone who works in this clinic." in answer.content.decode()


@pytest.mark.rule("P16")
def test_a_field_that_was_not_shown_is_not_taken(cast: Cast, clock: Any, enter: Any) -> None:
    extra = {"status": "revoked", "created_by": str(cast.stranger.pk), "clinic": "x"}
    enter(cast.manager).post(ADD, typed(cast, **extra))
    made = License.objects.get(number_norm="LE200400")
    assert (made.status, made.created_by) == ("active", cast.manager)


# One license


def at(license: License, more: str = "") -> str:
    return f"/licenses/{license.pk}/{more}"


@pytest.mark.rule("R26")
def test_a_new_status_needs_a_reason_and_is_noted(cast: Cast, clock: Any, enter: Any) -> None:
    browser, there = enter(cast.manager), at(cast.ana_license)
    assert "Active" in browser.get(there).content.decode()
    change = {"version": 1, "status": "suspended", "reason": "", "once": "key-1"}
    refused = browser.post(there, change)
    assert (refused.status_code, "Say why the status changes." in refused.content.decode()) == (
        422,
        True,
    )
    done = browser.post(there, {**change, "reason": "Board's site, Nov 24"})
    assert done["Location"] == there
    assert License.objects.get(pk=cast.ana_license.pk).status == "suspended"
    event = AuditEvent.objects.get(action="license.change_status")
    assert event.detail == '{"from":"active","reason":"Board\'s site, Nov 24","to":"suspended"}'


@pytest.mark.rule("P12")
def test_a_stale_page_does_not_overwrite(cast: Cast, clock: Any, enter: Any) -> None:
    browser, there = enter(cast.manager), at(cast.ana_license)
    first = {"version": 1, "status": "suspended", "reason": "one", "once": "key-1"}
    second = {"version": 1, "status": "revoked", "reason": "two", "once": "key-2"}
    assert browser.post(there, first).status_code == 302
    stale = browser.post(there, second)
    assert stale.status_code == 409
    assert "Someone changed this record after you opened it." in stale.content.decode()
    assert "two" in stale.content.decode()
    assert License.objects.get(pk=cast.ana_license.pk).status == "suspended"


@pytest.mark.parametrize("version", ["", "0", "-1", "x", "1e9", str(2**63)])
def test_a_page_without_its_version_is_refused(
    cast: Cast, clock: Any, enter: Any, version: str
) -> None:
    change = {"version": version, "status": "suspended", "reason": "one"}
    assert enter(cast.manager).post(at(cast.ana_license), change).status_code == 422


@pytest.mark.rule("R25")
def test_a_renewal_moves_the_last_day_on_never_back(cast: Cast, clock: Any, enter: Any) -> None:
    browser, there = enter(cast.manager), at(cast.lapsed_license, "renew/")
    for day in ("2026-11-23", "2026-11-22"):
        refused = browser.post(there, {"version": 1, "expires_on": day})
        assert refused.status_code == 422
        assert "A renewal ends later than Mon, Nov 23, 2026" in refused.content.decode()
    assert browser.post(there, {"version": 1, "expires_on": "2028-11-23"}).status_code == 302
    assert License.objects.get(pk=cast.lapsed_license.pk).expires_on == dt.date(2028, 11, 23)
    assert trail()[-1] == ("license.renew", "done", "TX LE-100300")


@pytest.mark.rule("P15")
@pytest.mark.parametrize("more", ["", "renew/"])
def test_a_license_of_another_clinic_is_not_there(
    cast: Cast, clock: Any, enter: Any, more: str
) -> None:
    theirs = License.objects.get(practitioner=cast.nora)
    browser = enter(cast.manager)
    change = {"version": 1, "status": "revoked", "reason": "x", "expires_on": "2031-01-01"}
    assert browser.get(at(theirs, more)).status_code == 404
    assert browser.post(at(theirs, more), change).status_code == 404
    assert License.objects.get(pk=theirs.pk).version == 1


def test_whoever_only_sees_licenses_is_offered_no_change_and_refused_one(
    cast: Cast, clock: Any, enter: Any
) -> None:
    browser = enter(cast.auditor)
    page = browser.get(at(cast.ana_license)).content.decode()
    assert "Change the status" not in page
    assert "Renew" not in page
    assert "Add a license" not in browser.get("/licenses/").content.decode()
    change = {"version": 1, "status": "revoked", "reason": "x"}
    assert browser.post(at(cast.ana_license), change).status_code == 403
    assert browser.get(at(cast.ana_license, "renew/")).status_code == 403
    assert browser.get(ADD).status_code == 403
    assert License.objects.get(pk=cast.ana_license.pk).status == "active"


@pytest.mark.parametrize("who", ["reception", "esthetician", "administrator"])
def test_licenses_are_no_business_of(cast: Cast, clock: Any, enter: Any, who: str) -> None:
    browser = enter(getattr(cast, who))
    for path in ("/licenses/", ADD, at(cast.ana_license), at(cast.ana_license, "renew/")):
        assert browser.get(path).status_code == 403, path


def test_no_new_status_is_chosen_beforehand(cast: Cast, enter: Any) -> None:
    browser = enter(cast.manager)
    address = reverse("license", args=[cast.ana_license.pk])
    page = browser.get(address).content.decode()
    assert '<option value="" selected>Choose the new status</option>' in page
    given = {"version": cast.ana_license.version, "status": "", "reason": "Seen", "once": "k"}
    answer = browser.post(address, given)
    assert answer.status_code == 422
    assert "Choose the new status." in answer.content.decode()


def test_a_date_may_be_typed_as_in_the_example() -> None:
    field = day_field()
    assert field.clean("11/24/2026") == dt.date(2026, 11, 24)
    assert field.clean("2026-11-24") == dt.date(2026, 11, 24)


# A license counts in the clinics of its state


def entered(license: License, by: User) -> list[Callable[[], License]]:
    """Each act on a license, by someone at work in her only clinic."""
    act: dict[str, Any] = {"clinic": by.places[0], "by": by, "at": NOW}
    add = {
        "practitioner": license.practitioner,
        "kind": license.kind,
        "state": license.state,
        "number": "NP-1",
        "issued_on": license.issued_on,
        "expires_on": license.expires_on,
    }
    longer = license.expires_on + dt.timedelta(days=365)
    return [
        partial(operations.add_license, **add, **act),
        partial(operations.renew_license, license=license, expires_on=longer, **act),
        partial(
            operations.change_license_status,
            license=license,
            status="suspended",
            reason="Board order",
            **act,
        ),
    ]


@pytest.mark.rule("R54")
def test_a_license_is_kept_by_a_clinic_of_its_state(cast: Cast) -> None:
    there = License.objects.get(practitioner=cast.bo, state="CA")
    for act in entered(there, cast.manager):
        no = refusal(act)
        assert (no.status, no.rule) == (422, "R54")
        assert no.sentence == "Bo Chen works in a clinic in CA whose licenses you do not keep."
    there.refresh_from_db()
    assert (there.version, there.status) == (1, "active")
    for act in entered(there, cast.stranger):
        act()
    there.refresh_from_db()
    assert there.status == "suspended"


@pytest.mark.rule("R54")
@pytest.mark.parametrize("why", ["no clinic there", "not hers", "no manager there"])
def test_where_nobody_there_could_a_clinic_of_hers_keeps_it(cast: Cast, why: str) -> None:
    license = License.objects.get(practitioner=cast.bo, state="CA")
    if why == "no clinic there":
        license = factories.license(cast.bo, "aprn_np", "AZ", by=cast.manager)
    elif why == "not hers":
        cast.bo.clinics.set([cast.clinic])
    else:
        cast.stranger.is_active = False
        cast.stranger.write()
    for act in entered(license, cast.manager):
        act()
    license.refresh_from_db()
    assert license.status == "suspended"


@pytest.mark.rule("R54")
def test_each_clinic_in_which_she_works_has_it_on_record(cast: Cast) -> None:
    license = License.objects.get(practitioner=cast.bo, state="TX")
    for act in entered(license, cast.manager):
        act()
    for clinic in (cast.clinic, cast.other_clinic):
        rows = AuditEvent.objects.filter(chain=chain_of(clinic.pk), outcome="done")
        assert list(rows.order_by("seq").values_list("action", flat=True)) == [
            "license.add",
            "license.renew",
            "license.change_status",
        ]


@pytest.mark.rule("R54")
def test_the_page_says_who_enters_another_state_s_license(
    cast: Cast, clock: Any, enter: Any
) -> None:
    license = License.objects.get(practitioner=cast.bo, state="CA")
    typed = {"version": license.version, "status": "suspended", "reason": "x", "once": "k"}
    answer = enter(cast.manager).post(f"/licenses/{license.pk}/", typed)
    assert answer.status_code == 422
    assert "Ask the manager of that clinic to enter it." in answer.content.decode()
