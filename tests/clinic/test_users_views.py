"""The pages of users and invitations: what they show, say, send, and never give away."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.test import Client

from bookings import operations as desk
from clinic.models import AuditEvent, Invitation, RoleAssignment, User
from clinic.permissions import Role
from tests import factories
from tests.cast import NOW, PASSWORD, Cast

USERS, ADD, ACCEPT = "/setup/users/", "/setup/users/add/", "/invitation/"
NEW = "the sea at four in the morning"
LINK = re.compile(r"http://[^/]+(/invitation/[\w-]{43}/)")


class Dead(BaseEmailBackend):
    """A mail server that takes nothing."""

    def send_messages(self, _messages: Any) -> int:
        raise ConnectionRefusedError("the server's own words, with a secret")


def at(user: User, more: str = "") -> str:
    return f"{USERS}{user.pk}/{more}"


def typed(cast: Cast, **given: Any) -> dict[str, Any]:
    """An invitation as typed into the form."""
    return {
        "name": "Ida Berg",
        "email": "ida@demo.example",
        "roles": [f"{cast.clinic.pk}:manager"],
        "once": "key-1",
        **given,
    }


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def invited(cast: Cast, enter: Any, **given: Any) -> str:
    """Invite Ida on the page; the path of the link in her message."""
    mail.outbox.clear()
    assert enter(cast.administrator).post(ADD, typed(cast, **given)).status_code == 302
    found = LINK.search(str(mail.outbox[0].body))
    assert found
    return found[1]


def followed(path: str, browser: Client | None = None) -> tuple[Client, Any]:
    """The browser in which a link was opened, and what it shows."""
    browser = browser or Client()
    away = browser.get(path)
    assert (away.status_code, away["Location"]) == (302, ACCEPT)
    return browser, browser.get(ACCEPT)


# The list and inviting


def test_everyone_is_listed_in_use_first(cast: Cast, clock: Any, enter: Any) -> None:
    invited(cast, enter)
    cast.reception.is_active = False
    cast.reception.write()
    page = text(enter(cast.administrator).get(USERS))
    names = ["Ana Ruiz", "Tess Quinn", "Ida Berg", "Rosa Alvarez"]
    assert sorted(names, key=page.index) == names
    for said in ("Invited", "Switched off", "Austin: Administrator; Pasadena: Administrator"):
        assert said in page


@pytest.mark.rule("P15")
def test_one_sees_the_people_of_ones_own_clinics(cast: Cast, clock: Any, enter: Any) -> None:
    olga = factories.user("Olga Petrov", {cast.clinic: [Role.ADMINISTRATOR]})
    browser = enter(olga)
    page = text(browser.get(USERS))
    assert "Nora Kim" not in page
    assert "Tess Quinn" not in page
    assert "Pasadena" not in page
    for name in ("Bo Chen", "Finn Moss", "Rosa Alvarez"):
        assert name in page
    assert "Also works in a clinic whose users you do not keep." in text(
        browser.get(at(cast.colleague))
    )
    act = {"name": "X", "version": 1, "in_use": ""}
    for more in ("", "use/", "invite/", "withdraw/", "reset/", "end-sessions/"):
        assert browser.post(at(cast.stranger, more), act).status_code == 404
    assert browser.get(at(cast.stranger)).status_code == 404


def test_an_invitation_sends_the_link_to_our_own_address(
    cast: Cast, clock: Any, enter: Any, settings: Any
) -> None:
    settings.SITE_ADDRESS = "https://clinic.example"
    browser = enter(cast.administrator)
    answer = browser.post(ADD, typed(cast), headers={"host": "localhost"})
    user = User.objects.get(email="ida@demo.example")
    assert answer["Location"] == at(user)
    (message,) = mail.outbox
    assert (message.to, message.subject) == (["ida@demo.example"], "Your account at clinic.example")
    assert "https://clinic.example/invitation/" in message.body
    assert "Sam Patel has made an account for you, Ida Berg." in message.body
    page = text(browser.get(at(user)))
    assert "The invitation is on its way to ida@demo.example." in page
    assert "Tue, Dec 1, 2026, 9:00 AM" in page


def test_where_no_mail_leaves_the_link_is_shown_once_to_hand_over(
    cast: Cast, clock: Any, enter: Any, settings: Any
) -> None:
    settings.MAIL_STAYS_HERE = True
    browser = enter(cast.administrator)
    assert "You get the link to hand over." in text(browser.get(ADD))
    browser.post(ADD, typed(cast))
    user = User.objects.get(email="ida@demo.example")
    page = text(browser.get(at(user)))
    assert "No mail leaves this installation: it is written to files." in page
    assert "on its way" not in page
    found = LINK.search(page)
    assert found
    assert not LINK.search(text(browser.get(at(user))))
    assert "Ida Berg" in text(followed(found[1])[1])
    page = text(browser.post(at(cast.colleague, "reset/"), {"once": "r"}, follow=True))
    assert f"Give {cast.colleague.name} this link" in page
    assert "/accounts/password/reset/key/" in page


@pytest.mark.rule("P3")
def test_the_button_pressed_twice_invites_and_writes_once(
    cast: Cast, clock: Any, enter: Any
) -> None:
    browser = enter(cast.administrator)
    answers = [browser.post(ADD, typed(cast)) for _ in range(2)]
    assert answers[0]["Location"] == answers[1]["Location"]
    assert (Invitation.objects.count(), len(mail.outbox)) == (1, 1)


def test_mail_that_fails_is_said_with_the_way_out(
    cast: Cast, clock: Any, enter: Any, settings: Any, caplog: Any
) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.Dead"
    browser = enter(cast.administrator)
    there = browser.post(ADD, typed(cast))["Location"]
    page = text(browser.get(there))
    says = "The message to ida@demo.example could not be sent."
    assert f"{says} Check the address, then press Send again." in page
    assert "Not sent" in page
    assert "the server's own words" not in caplog.text + page
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    browser.post(f"{there}invite/", {"once": "key-2"})
    assert Invitation.objects.get(withdrawn_at=None).mailed
    assert len(mail.outbox) == 1
    assert "Not sent" not in text(browser.get(there))


@pytest.mark.parametrize(
    ("given", "status", "says"),
    [
        ({"name": ""}, 422, "Enter the name."),
        ({"name": "x" * 81}, 422, "Use at most 80 characters; this has 81."),
        ({"email": ""}, 422, "Enter the email address to which the link goes."),
        ({"email": "ida"}, 422, "Enter an email address, for example ana@clinic.example."),
        ({"email": "ROSA@demo.example"}, 409, "Open the page of Rosa Alvarez"),
        ({"roles": []}, 422, "Choose at least one role."),
        ({"roles": ["x"]}, 422, "Choose one from the list."),
    ],
)
def test_bad_input_gets_a_sentence_and_sends_nothing(
    cast: Cast, clock: Any, enter: Any, given: dict[str, Any], status: int, says: str
) -> None:
    answer = enter(cast.administrator).post(ADD, typed(cast, **given))
    assert (answer.status_code, says in text(answer)) == (status, True)
    assert mail.outbox == []


@pytest.mark.rule("R54")
def test_a_box_of_another_clinic_is_neither_shown_nor_taken(
    cast: Cast, clock: Any, enter: Any
) -> None:
    olga = factories.user("Olga Petrov", {cast.clinic: [Role.ADMINISTRATOR]})
    browser = enter(olga)
    elsewhere = f"{cast.other_clinic.pk}:manager"
    assert elsewhere not in text(browser.get(ADD))
    assert browser.post(ADD, typed(cast, roles=[elsewhere])).status_code == 422
    change = {"name": "Rosa Alvarez", "version": 1, "roles": [elsewhere]}
    assert browser.post(at(cast.reception), change).status_code == 422
    assert not RoleAssignment.objects.filter(user=cast.reception, clinic=cast.other_clinic)


# The link


def test_the_link_leads_to_a_password_and_a_log_in(cast: Cast, clock: Any, enter: Any) -> None:
    browser, page = followed(invited(cast, enter))
    assert (page.status_code, "Ida Berg" in text(page)) == (200, True)
    assert page["Cache-Control"] == "no-store, private"
    done = browser.post(ACCEPT, {"password1": NEW, "password2": NEW})
    assert (done.status_code, done["Location"]) == (302, "/accounts/login/")
    login = {"login": "ida@demo.example", "password": NEW}
    assert browser.post("/accounts/login/", login)["Location"] == "/"
    assert browser.get(USERS).status_code == 403
    assert browser.get("/licenses/").status_code == 200


@pytest.mark.parametrize(
    ("first", "second", "says"),
    [
        ("short", "short", "at least 12 characters"),
        ("ida@demo.example", "ida@demo.example", "too similar"),
        ("aaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaa", "same few characters"),
        ("qwertyuiopas", "qwertyuiopas", "along the alphabet or the keyboard"),
        (NEW, f"{NEW}!", "You must type the same password each time."),
        ("", "", "This field is required."),
    ],
)
def test_a_weak_password_is_refused_and_the_link_stays_good(
    cast: Cast, clock: Any, enter: Any, first: str, second: str, says: str
) -> None:
    browser, _ = followed(invited(cast, enter))
    answer = browser.post(ACCEPT, {"password1": first, "password2": second})
    assert (answer.status_code, says in text(answer)) == (422, True)
    assert browser.post(ACCEPT, {"password1": NEW, "password2": NEW}).status_code == 302


@pytest.mark.rule("P38")
def test_a_link_used_twice_says_so_and_no_more(cast: Cast, clock: Any, enter: Any) -> None:
    path = invited(cast, enter)
    browser, _ = followed(path)
    other, _ = followed(path)
    browser.post(ACCEPT, {"password1": NEW, "password2": NEW})
    late = other.post(ACCEPT, {"password1": PASSWORD, "password2": PASSWORD})
    for answer in (late, followed(path)[1], browser.get(ACCEPT)):
        page = text(answer)
        assert "Ida Berg" not in page
        assert "ida@" not in page
    assert "This invitation has been used." in text(followed(path)[1])
    assert User.objects.get(email="ida@demo.example").check_password(NEW)


@pytest.mark.rule("P38")
def test_a_link_that_is_late_withdrawn_or_unknown_says_one_sentence(
    cast: Cast, clock: Any, enter: Any
) -> None:
    path = invited(cast, enter)
    user = User.objects.get(email="ida@demo.example")
    enter(cast.administrator).post(at(user, "withdraw/"), {"once": "w"})
    second = invited(cast, enter, email="eva@demo.example", name="Eva Holm", once="key-2")
    clock.shift(7 * 86400)
    found = [followed(one)[1] for one in (path, second, "/invitation/no-such-key/")]
    assert [one.status_code for one in found] == [410, 410, 404]
    for one, says in zip(
        found, ("was withdrawn", "good for 7 days", "is no invitation"), strict=True
    ):
        page = text(one)
        assert says in page
        assert not re.search("Ida Berg|Eva Holm|demo.example|Austin", page)
    assert Client().get(ACCEPT).status_code == 404


@pytest.mark.rule("P38")
def test_a_link_opened_while_someone_is_logged_in_waits(cast: Cast, clock: Any, enter: Any) -> None:
    path = invited(cast, enter)
    browser, page = followed(path, enter(cast.reception))
    assert page.status_code == 409
    assert "Someone is logged in on this screen." in text(page)
    assert not re.search("Ida Berg|Rosa A", text(page))
    assert browser.post(ACCEPT, {"password1": NEW, "password2": NEW}).status_code == 409
    assert followed(path, enter(cast.nobody))[1].status_code == 409
    browser.post("/accounts/logout/")
    assert followed(path, browser)[1].status_code == 200


def test_the_secret_stands_in_no_page_log_or_session(
    cast: Cast, clock: Any, enter: Any, caplog: Any
) -> None:
    path = invited(cast, enter)
    secret = path.split("/")[2]
    browser, page = followed(path)
    refused = browser.post(ACCEPT, {"password1": "x", "password2": "x"})
    assert secret not in text(page) + text(refused) + caplog.text
    assert secret not in str(dict(browser.session.items()))


def test_nobody_invited_is_let_in_by_a_forgotten_password(
    cast: Cast, clock: Any, enter: Any
) -> None:
    invited(cast, enter)
    mail.outbox.clear()
    Client().post("/accounts/password/reset/", {"email": "ida@demo.example"})
    assert mail.outbox == []


# One account


def test_roles_change_on_the_page(cast: Cast, clock: Any, enter: Any) -> None:
    browser = enter(cast.administrator)
    page = text(browser.get(at(cast.reception)))
    assert f'value="{cast.clinic.pk}:receptionist"' in page
    assert page.count("checked") == 1
    roles = [f"{cast.clinic.pk}:manager", f"{cast.other_clinic.pk}:auditor"]
    change = {"name": "Rosa Alvarez", "version": 1, "roles": roles, "once": "c"}
    assert browser.post(at(cast.reception), change)["Location"] == USERS
    held = RoleAssignment.objects.filter(user=cast.reception).values_list("role", flat=True)
    assert {*held} == {"manager", "auditor"}


@pytest.mark.rule("P12")
def test_after_a_lost_race_both_sets_of_roles_are_shown(cast: Cast, clock: Any, enter: Any) -> None:
    browser = enter(cast.administrator)
    change = {"name": "Rosa Alvarez", "version": 1, "roles": [f"{cast.clinic.pk}:manager"]}
    assert browser.post(at(cast.reception), {**change, "once": "1"}).status_code == 302
    change["roles"] = [f"{cast.clinic.pk}:auditor"]
    stale = browser.post(at(cast.reception), {**change, "once": "2"})
    page = text(stale)
    assert stale.status_code == 409
    assert "Manager in Austin" in page
    assert "Auditor in Austin" in page
    assert 'name="version" value="2"' in page


@pytest.mark.rule("R54")
def test_nobody_is_offered_their_own_roles_or_switch(cast: Cast, clock: Any, enter: Any) -> None:
    browser = enter(cast.administrator)
    page = text(browser.get(at(cast.administrator)))
    assert "Nobody changes their own roles" in page
    assert "checkbox" not in page
    assert "Switch off" not in page
    extra = {"name": "Sam P. Patel", "version": 1, "roles": [f"{cast.clinic.pk}:director"]}
    browser.post(at(cast.administrator), extra)
    assert {one.role for one in RoleAssignment.objects.filter(user=cast.administrator)} == {
        "administrator"
    }
    off = browser.post(at(cast.administrator, "use/"), {"version": 2, "in_use": ""})
    assert (off.status_code, "Nobody switches their own account" in text(off)) == (422, True)


@pytest.mark.rule("P17")
def test_whoever_is_switched_off_is_out_at_once_and_stays_out(
    cast: Cast, clock: Any, enter: Any
) -> None:
    hers, browser = enter(cast.esthetician), enter(cast.administrator)
    desk.book(
        clinic=cast.clinic,
        patient=cast.mia,
        practitioner=cast.ana,
        service=cast.short_service,
        starts_at=NOW.replace(hour=18),
        by=cast.reception,
        at=NOW,
    )
    assert hers.get("/treatments/").status_code == 200
    ask = text(browser.get(at(cast.esthetician, "use/")))
    assert "1 visit ahead" in ask
    assert "Mia Lee" not in ask
    off = {"version": 1, "in_use": "", "once": "1"}
    assert browser.post(at(cast.esthetician, "use/"), off)["Location"] == USERS
    assert hers.get("/treatments/")["Location"].startswith("/accounts/login/")
    assert "Switch on" in text(browser.get(at(cast.esthetician)))
    assert "can log in again" in text(browser.get(at(cast.esthetician, "use/")))
    on = {"version": 2, "in_use": "on", "once": "2"}
    assert browser.post(at(cast.esthetician, "use/"), on).status_code == 302
    assert hers.get("/treatments/")["Location"].startswith("/accounts/login/")


def test_whoever_sees_the_day_is_told_which_visits_stay(cast: Cast, clock: Any, enter: Any) -> None:
    RoleAssignment(user=cast.administrator, clinic=cast.clinic, role=Role.MANAGER).write()
    for hour, patient in ((18, cast.mia), (20, cast.wang)):
        desk.book(
            clinic=cast.clinic,
            patient=patient,
            practitioner=cast.bo,
            service=cast.short_service,
            starts_at=NOW.replace(hour=hour),
            by=cast.reception,
            at=NOW,
        )
    desk.book(
        clinic=cast.other_clinic,
        patient=cast.other_patient,
        practitioner=cast.bo,
        service=cast.other_service,
        starts_at=NOW.replace(day=26, hour=20),
        by=cast.stranger,
        at=NOW,
    )
    page = text(enter(cast.administrator).get(at(cast.colleague, "use/")))
    for said in (
        "Tue, Nov 24, 12:00 PM: Mia Lee with Bo Chen NP",
        "王小明",
        "1 visit ahead elsewhere",
    ):
        assert said in page
    assert "Santos" not in page


@pytest.mark.rule("P17")
def test_all_sessions_end_at_their_next_request(cast: Cast, clock: Any, enter: Any) -> None:
    hers = [enter(cast.reception), enter(cast.reception)]
    answer = enter(cast.administrator).post(at(cast.reception, "end-sessions/"), {"once": "1"})
    assert answer["Location"] == at(cast.reception)
    for one in hers:
        assert one.get("/day/")["Location"].startswith("/accounts/login/")
    login = {"login": "rosa@demo.example", "password": PASSWORD}
    assert hers[0].post("/accounts/login/", login)["Location"] == "/"


def test_a_reset_link_is_sent_and_works(cast: Cast, clock: Any, enter: Any, settings: Any) -> None:
    browser = enter(cast.administrator)
    for _ in range(2):
        browser.post(at(cast.reception, "reset/"), {"once": "1"})
    (message,) = mail.outbox
    found = re.search(r"http://[^/]+(/accounts/password/reset/key/\S+)", str(message.body))
    assert found
    hers = Client()
    form = hers.get(found[1])["Location"]
    assert "Choose a new password" in text(hers.get(form))
    hers.post(form, {"password1": NEW, "password2": NEW})
    assert User.objects.get(pk=cast.reception.pk).check_password(NEW)
    settings.EMAIL_BACKEND = f"{__name__}.Dead"
    browser.post(at(cast.reception, "reset/"), {"once": "2"})
    assert "could not be sent" in text(browser.get(at(cast.reception)))


def test_what_came_too_late_is_said_on_the_page(cast: Cast, clock: Any, enter: Any) -> None:
    invited(cast, enter)
    user, browser = User.objects.get(email="ida@demo.example"), enter(cast.administrator)
    for key in "12":
        assert browser.post(at(user, "withdraw/"), {"once": key})["Location"] == at(user)
    page = text(browser.get(at(user)))
    assert "The invitation of Ida Berg is withdrawn." in page
    assert "No invitation of Ida Berg is open." in page
    refused = AuditEvent.objects.filter(action="account.withdraw", outcome="refused")
    assert refused.count() == 1


def test_the_audit_tells_it_in_words(cast: Cast, clock: Any, enter: Any) -> None:
    invited(cast, enter)
    page = text(enter(cast.administrator).get("/audit/"))
    for said in ("Invited someone", "Who: Ida Berg", "Given: Manager in Austin"):
        assert said in page


@pytest.mark.rule("P33")
@pytest.mark.parametrize("more", ["end-sessions/", "reset/", "invite/", "withdraw/"])
@pytest.mark.parametrize("once", ["x" * 65, "a\x00b"], ids=["long", "nul"])
def test_a_press_that_no_button_sends_is_refused_in_words(
    cast: Cast, enter: Any, more: str, once: str
) -> None:
    answer = enter(cast.administrator).post(at(cast.colleague, more), {"once": once})
    assert answer.status_code == 422
    assert "This form is not as the page made it. Nothing was changed." in text(answer)
