"""What a request may be: hostile headers, charsets, bodies and methods never reach a page."""

from __future__ import annotations

import io
import logging
import re
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core.management import get_commands
from django.test import Client, override_settings
from django.urls import get_resolver, reverse
from django.utils.module_loading import import_string

from clinic.gate import one_charset
from clinic.models import AuditEvent
from clinic.proxy import CLIENT, real_client
from clinic.refusals import Conflict, NotAllowed, Refusal
from clinic.views import site_map
from tests.cast import Cast
from tests.server import Server

FORM = "application/x-www-form-urlencoded"
PAGES = ("/licenses/", "/licenses/add/", "/audit/", "/site-map/", "/lock/")
# Parameters of a Content-Type that whoever takes it apart cannot decode.
CANNOT = (
    "a*=nope''b",
    "a*=punycode''%ff",
    "a*=undefined''b",
    "a*=utf-8''c; a*0=d",
    "charset*=utf-16''utf-8",
)
# What browsers and programs send.
HONEST = (
    "text/plain;charset=UTF-8",
    "application/json",
    "application/json; charset=utf-8",
    'multipart/form-data; boundary="----WebKitFormBoundary7MA4YWxkTrZu0gW"',
    "multipart/form-data; boundary=------------------------d74496d66958873e",
    'application/soap+xml; charset=utf-8; action="urn:a;b"',
    "text/plain; format=flowed; delsp=yes",
    "application/reports+json; x*=utf-8'en'caf%C3%A9",
)
POLICY = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}


def policy(answer: Any) -> dict[str, str]:
    told = answer["Content-Security-Policy"].split(";")
    return dict(part.strip().split(" ", 1) for part in told)


# Headers of every answer


@pytest.mark.rule("P36")
@pytest.mark.parametrize(
    ("path", "status"),
    [
        *((page, 200) for page in PAGES),
        ("/audit/?since=x", 422),
        ("/nowhere/", 404),
        ("/switch-clinic/", 405),
        ("/licenses/?q=%00", 400),
        ("/healthz", 200),
    ],
)
def test_every_answer_carries_the_strict_policy(
    cast: Cast, enter: Any, path: str, status: int
) -> None:
    answer = enter(cast.manager).get(path)
    assert answer.status_code == status
    assert policy(answer) == POLICY
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "geolocation=()" in answer["Permissions-Policy"]


@pytest.mark.rule("P36")
@pytest.mark.parametrize("path", PAGES)
def test_no_page_needs_anything_that_the_policy_forbids(cast: Cast, enter: Any, path: str) -> None:
    page = enter(cast.manager).get(path).content.decode()
    assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=", page)
    assert set(re.findall(r'(?:src|href|action)="(\w+:)', page)) == set()


def test_cookies_are_kept_from_scripts(cast: Cast) -> None:
    browser = Client()
    browser.get("/accounts/login/")
    browser.post("/accounts/login/", {"login": "maya@demo.example", "password": "x"})
    for name, cookie in browser.cookies.items():
        assert cookie["httponly"], name
        assert cookie["samesite"] == "Lax", name


@override_settings(SECURE_SSL_REDIRECT=True, SESSION_COOKIE_SECURE=True)
def test_behind_https_nothing_is_answered_without_it(cast: Cast) -> None:
    assert Client().get("/accounts/login/")["Location"] == "https://testserver/accounts/login/"


# What is turned away


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "a b", "testserver.evil.example", "."]
)
@pytest.mark.parametrize("path", ["/accounts/login/", "/licenses/", "/nowhere/"])
def test_another_host_name_is_refused(cast: Cast, enter: Any, host: str, path: str) -> None:
    answer = enter(cast.manager).get(path, headers={"host": host})
    assert answer.status_code == 400
    assert "This request could not be read" in answer.content.decode()


@pytest.mark.parametrize(
    "kind",
    [
        f"{FORM}; charset=utf-16",
        f"{FORM}; charset=utf-7",
        f"{FORM}; charset=unicode_escape",
        f"{FORM}; charset=nothing-of-the-kind",
        "multipart/form-data; boundary=x; charset=utf-16",
    ],
)
def test_a_form_in_another_charset_is_refused(cast: Cast, enter: Any, kind: str) -> None:
    browser = enter(cast.manager)
    sent = browser.generic("POST", "/licenses/add/", b"number=1", content_type=kind)
    asked = browser.generic("GET", "/licenses/?q=x", content_type=kind, CONTENT_TYPE=kind)
    assert (sent.status_code, asked.status_code) == (400, 400)


@pytest.mark.parametrize(
    ("claimed", "passed_on"),
    [
        (FORM, FORM),
        (f"{FORM}; charset=utf-8", f"{FORM}; charset=utf-8"),
        (f'{FORM}; Charset = "UTF-8"', f'{FORM}; Charset = "UTF-8"'),
        (f"{FORM}; charset=rot13", f"{FORM}; charset=other"),
        (f"{FORM}; charset=", f"{FORM}; charset=other"),
        ("multipart/form-data; boundary=x; CHARSET='zlib'", "multipart/form-data; charset=other"),
        ('text/plain; x="charset=utf-8"; charset=rot13', "text/plain; charset=other"),
        *((f"text/plain; {cannot}", "text/plain; charset=other") for cannot in CANNOT),
        ("a b; x*=nope''b", "; charset=other"),
        *((honest, honest) for honest in HONEST),
        ("", ""),
    ],
)
def test_no_charset_but_utf_8_reaches_the_framework(claimed: str, passed_on: str) -> None:
    seen: list[str] = []
    door = one_charset(lambda environ, _: seen.append(environ["CONTENT_TYPE"]) or [])  # type: ignore[func-returns-value]
    door({"CONTENT_TYPE": claimed}, lambda *_: None)
    assert seen == [passed_on]


@pytest.mark.parametrize(
    ("behind", "said", "counted", "client"),
    [
        (True, "203.0.113.7", "203.0.113.7", "203.0.113.7"),
        (True, "10.9.9.9, 203.0.113.7", "203.0.113.7", "203.0.113.7"),
        # A proxy that listens on both writes IPv4 as IPv6: that is not one household.
        (True, "::ffff:203.0.113.7", "203.0.113.7", "203.0.113.7"),
        (True, "::ffff:cb00:7108", "203.0.113.8", "203.0.113.8"),
        (True, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::", "2001:db8:1:2:3:4:5:6"),
        (True, "fe80::1%a'b", "127.0.0.1", None),
        (True, "no address", "127.0.0.1", None),
        (True, "", "127.0.0.1", None),
        (False, "203.0.113.7", "127.0.0.1", None),
    ],
)
def test_behind_a_proxy_a_browser_stands_for_itself(
    settings: Any, behind: bool, said: str, counted: str, client: str | None
) -> None:
    """What the browser claims of earlier hops is not believed: only what our proxy has seen."""
    settings.BEHIND_PROXY = behind
    environ = {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": said}
    real_client(lambda *_: [])(environ, lambda *_: None)
    assert environ["REMOTE_ADDR"] == counted
    assert environ.get(CLIENT) == client


def test_the_audit_of_a_wrong_log_in_names_the_whole_address(cast: Cast) -> None:
    environ = {"REMOTE_ADDR": "2001:db8:1:2::", CLIENT: "2001:db8:1:2:3:4:5:6"}
    typed = {"login": cast.reception.email, "password": "a guess"}
    Client().post("/accounts/login/", typed, **environ)  # type: ignore[arg-type]
    assert '"source":"2001:db8:1:2:3:4:5:6"' in AuditEvent.objects.latest("seq").detail


@pytest.mark.rule("P33")
@pytest.mark.parametrize("charset", ["rot13", "zlib", "hex", "utf-16", "other", ""])
def test_no_charset_makes_the_server_fall(server: Server, charset: str) -> None:
    where = urlsplit(server.url)
    connection = HTTPConnection(where.hostname or "", where.port, timeout=10)
    kind = {"Content-Type": f"{FORM}; charset={charset}"}
    connection.request("GET", "/accounts/login/?next=/", headers=kind)
    assert connection.getresponse().status == 400
    connection.close()


@pytest.mark.rule("P33")
@pytest.mark.parametrize("path", ["/healthz", "/accounts/login/?a=b", "/offer/x/", "/api/v1/"])
def test_no_content_type_makes_the_server_fall(server: Server, path: str) -> None:
    where = urlsplit(server.url)
    connection = HTTPConnection(where.hostname or "", where.port, timeout=10)

    def ask(kind: str) -> int:
        connection.request("GET", path, headers={"Content-Type": kind})
        answer = connection.getresponse()
        answer.read()
        return answer.status

    usual = ask("text/plain")
    fooled = 'text/plain; x="charset=utf-8"; charset=rot13'
    refused = {ask(kind) for kind in (fooled, *(f"text/plain; {cannot}" for cannot in CANNOT))}
    # The API asks for a token before all else.
    assert refused == ({401} if path.startswith("/api/") else {400})
    assert {ask(kind) for kind in HONEST} == {usual}
    connection.close()


@pytest.mark.rule("P33")
@pytest.mark.parametrize("name", ["SCRIPT_NAME", "PATH_INFO"])
def test_no_header_says_which_address_is_asked_for(gunicorn: Server, name: str) -> None:
    where = urlsplit(gunicorn.url)
    # Its workers may still be on their way.
    connection = HTTPConnection(where.hostname or "", where.port, timeout=60)
    connection.request("GET", "/nowhere/", headers={name: "/healthz"})
    assert connection.getresponse().status == 404
    connection.close()


@pytest.mark.rule("P33")
@pytest.mark.parametrize("path", ["/accounts/login/", "/healthz", "/licenses/add/", "/nowhere/"])
@pytest.mark.parametrize("cannot", CANNOT[:4])
def test_no_part_of_a_body_makes_the_server_fall(cast: Cast, path: str, cannot: str) -> None:
    browser = Client(enforce_csrf_checks=True, raise_request_exception=False)
    browser.cookies["csrftoken"] = "c" * 32
    part = f'--x\r\nContent-Disposition: form-data; name="a"; {cannot}\r\n\r\n1\r\n--x--\r\n'
    kind = "multipart/form-data; boundary=x"
    answer = browser.generic("POST", path, part.encode(), content_type=kind)
    # Django itself passes over a header whose charset it does not know.
    assert answer.status_code in ({400} if "*0" in cannot else {302, 403, 404})
    if answer.status_code == 400:
        assert "This request could not be read" in answer.content.decode()


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8"])
def test_a_form_that_names_its_charset_is_read(cast: Cast, enter: Any, charset: str) -> None:
    answer = enter(cast.manager).post(
        "/licenses/add/", b"number=%C5%81", content_type=f"{FORM}; charset={charset}"
    )
    assert answer.status_code == 422
    assert 'value="Ł"' in answer.content.decode()


@pytest.mark.parametrize(
    "path",
    ["/licenses/?show=%00", "/audit/?who=a%00b", "/audit/?%00=1", "/lic%00enses/", "/%00"],
)
def test_a_nul_in_an_address_is_refused(cast: Cast, enter: Any, path: str) -> None:
    assert enter(cast.manager).get(path).status_code == 400


def test_a_nul_in_a_cookie_is_refused(cast: Cast) -> None:
    browser = Client()
    browser.cookies = SimpleCookie()
    answer = browser.get("/licenses/", headers={"cookie": 'sessionid="aaaaaaaa\\000aaaa"'})
    assert answer.status_code == 400


@pytest.mark.parametrize("cookie", ["x", "a" * 5000, "'; DROP TABLE", "王小明", "%00", "\\"])
def test_a_made_up_session_is_nobodys(cast: Cast, cookie: str) -> None:
    browser = Client(headers={"cookie": f"sessionid={cookie}".encode().decode("latin-1")})
    assert browser.get("/licenses/").status_code == 302


@pytest.mark.parametrize("text", ["%ff%fe", "%ED%A0%80", "%F0%9F%99%82", "a" * 5000, "{{7*7}}"])
def test_an_odd_address_is_answered_without_a_crash(cast: Cast, enter: Any, text: str) -> None:
    browser = enter(cast.manager)
    assert browser.get(f"/licenses/?show={text}").status_code == 200
    assert browser.get(f"/audit/?who={text}").status_code == 422
    assert browser.get(f"/licenses/{text}/").status_code == 404


def test_too_many_fields_are_refused(cast: Cast, enter: Any) -> None:
    many = "&".join(f"f{number}=1" for number in range(500))
    browser = enter(cast.manager)
    assert browser.post("/licenses/add/", many, content_type=FORM).status_code == 400
    assert browser.get(f"/licenses/?{many}").status_code == 400


@pytest.mark.parametrize("kind", [FORM, "multipart/form-data; boundary=x", "application/json"])
def test_a_huge_body_is_refused_unread(cast: Cast, enter: Any, kind: str) -> None:
    answer = enter(cast.manager).post("/licenses/add/", b"a" * 1_000_001, content_type=kind)
    assert answer.status_code == 413
    assert "This is too large" in answer.content.decode()


@pytest.mark.rule("P33")
@pytest.mark.parametrize("length", ["9" * 4400, "0" * 4400])
def test_a_length_of_thousands_of_digits_is_refused(cast: Cast, enter: Any, length: str) -> None:
    answer = enter(cast.manager).post(
        "/licenses/add/", b"", content_type=FORM, CONTENT_LENGTH=length
    )
    assert answer.status_code == 400
    assert "This request could not be read" in answer.content.decode()


@pytest.mark.rule("P33")
@pytest.mark.parametrize("path", ["/static/../patients/", "/static/%2e%2e/%2e%2e/etc/passwd"])
def test_nothing_outside_is_served_as_a_static_file(cast: Cast, path: str) -> None:
    assert Client().get(path).status_code in (400, 404)
    # Django's own server would hand them out before any page of ours, and fall.
    assert get_commands()["runserver"] == "whitenoise.runserver_nostatic"


@pytest.mark.parametrize("length", ["-1", "x", "1e9", ""])
def test_a_length_that_is_none_does_not_crash(cast: Cast, enter: Any, length: str) -> None:
    answer = enter(cast.manager).post(
        "/licenses/add/", b"", content_type=FORM, CONTENT_LENGTH=length
    )
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("post", "/site-map/"),
        ("post", "/licenses/"),
        ("post", "/audit/"),
        ("post", "/audit/export/"),
        ("get", "/switch-clinic/"),
        ("put", "/lock/"),
        ("delete", "/licenses/add/"),
        ("patch", "/audit/"),
        ("post", "/healthz"),
        ("delete", "/readyz"),
    ],
)
def test_a_wrong_method_is_refused_with_the_right_ones(
    cast: Cast, enter: Any, method: str, path: str
) -> None:
    answer = getattr(enter(cast.manager), method)(path)
    assert answer.status_code == 405
    assert answer["Allow"]
    assert int(answer.get("Content-Length", len(answer.content))) == len(answer.content)
    assert "This address does not take that" in answer.content.decode()


def test_a_form_from_an_old_page_has_its_own_answer(cast: Cast, enter: Any) -> None:
    browser = enter(cast.manager, csrf=True)
    answer = browser.post("/licenses/add/", {"number": "1"})
    assert answer.status_code == 403
    assert "This form was open too long" in answer.content.decode()
    assert not AuditEvent.objects.exists()


def test_a_form_of_another_site_is_refused(cast: Cast, enter: Any) -> None:
    browser = enter(cast.manager, csrf=True)
    browser.get("/licenses/add/")
    token = browser.cookies["csrftoken"].value
    sent = {"number": "1", "csrfmiddlewaretoken": token}
    here = browser.post("/licenses/add/", sent, headers={"origin": "http://testserver"})
    there = browser.post("/licenses/add/", sent, headers={"origin": "https://evil.example"})
    assert (here.status_code, there.status_code) == (422, 403)


# A refusal that no form shows


@pytest.mark.rule("P33")
@pytest.mark.parametrize(
    ("no", "status", "says"),
    [
        (
            Refusal("It is shut.", rule="X1", way_out="Come back."),
            422,
            "It is shut. Come back.",
        ),
        (Conflict("It is taken.", rule="X1"), 409, "It is taken."),
        (NotAllowed("Not you.", rule="R54"), 403, "You may not open this page"),
    ],
)
def test_a_refusal_that_escapes_a_page_still_answers_as_one(
    cast: Cast, enter: Any, monkeypatch: pytest.MonkeyPatch, no: Refusal, status: int, says: str
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise no

    monkeypatch.setattr(site_map.SiteMap, "get_context_data", refuse)
    answer = enter(cast.manager).get("/site-map/")
    assert answer.status_code == status
    assert says in answer.content.decode()


def test_a_crash_says_so_and_shows_nothing_of_itself(
    cast: Cast, enter: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(site_map.SiteMap, "get_context_data", crash)
    browser = enter(cast.manager)
    browser.raise_request_exception = False
    answer = browser.get("/site-map/")
    page = answer.content.decode()
    assert (answer.status_code, "Something went wrong on our side" in page) == (500, True)
    assert "secret" not in page
    assert "Traceback" not in page


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What a server would write, whatever other tests have done to the loggers."""
    written = io.StringIO()
    console = next(one for one in logging.getLogger().handlers if one.name == "console")
    monkeypatch.setattr(console, "stream", written)
    for name in ("django.request", "django.security.DisallowedHost"):
        monkeypatch.setattr(logging.getLogger(name), "disabled", False)
    monkeypatch.setattr(logging.getLogger("django"), "handlers", [console])
    monkeypatch.setattr(logging.getLogger("django"), "propagate", False)
    return written


def test_a_refused_page_is_one_calm_line_in_the_log(
    cast: Cast, enter: Any, log: io.StringIO
) -> None:
    assert enter(cast.reception).get("/licenses/").status_code == 403
    (line,) = log.getvalue().splitlines()
    assert "WARNING" in line
    assert "/licenses/" in line


@pytest.mark.parametrize("asked", ["a wrong host", "too many fields"])
def test_no_outsider_fills_the_log_with_tracebacks(
    cast: Cast, log: io.StringIO, asked: str
) -> None:
    many = "&".join(f"f{number}=1" for number in range(500))
    if asked == "a wrong host":
        answer = Client().get("/accounts/login/", headers={"host": "elsewhere.example"})
    else:
        answer = Client().post("/accounts/login/", many, content_type=FORM)
    assert answer.status_code == 400
    assert len(log.getvalue().splitlines()) in (1, 2)
    assert "Traceback" not in log.getvalue()


def test_a_crash_keeps_its_traceback_in_the_log(
    cast: Cast, enter: Any, monkeypatch: pytest.MonkeyPatch, log: io.StringIO
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(site_map.SiteMap, "get_context_data", broken)
    browser = enter(cast.reception)
    browser.raise_request_exception = False
    assert browser.get("/site-map/").status_code == 500
    assert "RuntimeError: broken" in log.getvalue()


def test_whom_to_ask_for_another_role_is_true(cast: Cast, enter: Any) -> None:
    # Who keeps users gives roles, on the set-up pages, and they count from the next press.
    asked = "an administrator of yours"
    assert f"ask {asked} for a role that includes it" in _told(
        enter(cast.reception).get("/licenses/")
    )
    assert f"Ask {asked} to give you one" in _told(enter(cast.nobody).get("/"))
    assert enter(cast.administrator).get("/setup/users/").status_code == 200


def _told(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_too_many_requests_from_one_place_wait(cast: Cast, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"login": "2/m/ip"}
    browser = Client()
    typed = {"login": "x@demo.example", "password": "x"}
    answers = [browser.post("/accounts/login/", typed) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert "Too many tries in a short time" in answers[2].content.decode()


# Pages that a role does not include


@pytest.mark.rule("P22")
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_page_that_is_not_for_this_role_is_refused_and_noted(
    cast: Cast, enter: Any, method: str
) -> None:
    answer = getattr(enter(cast.reception), method)("/licenses/add/")
    assert answer.status_code == 403
    event = AuditEvent.objects.get(action="page.open")
    assert (event.chain, event.outcome, event.rule) == (cast.clinic.pk.hex, "refused", "R54")
    assert event.actor == str(cast.reception.pk)
    assert event.detail == f'{{"method":"{method.upper()}","page":"license-add"}}'


SECRET = "dGhpc19pc19hX3NlY3JldF9vZl8zMg"
ADDRESSES = [
    *(reverse(name, args=[SECRET]) for name in ("offer", "calendar-feed", "invitation")),
    reverse("account_reset_password_from_key", kwargs={"uidb36": "1", "key": SECRET}),
]


def written(said: str, *args: str) -> str:
    """A line of the log, as the house writes it."""
    out = io.StringIO()
    kept: Any = settings.LOGGING
    handler = logging.StreamHandler(out)
    for named in kept["handlers"]["console"]["filters"]:
        handler.addFilter(import_string(kept["filters"][named]["()"])())
    handler.handle(logging.LogRecord("x", logging.WARNING, "", 0, said, args, None))
    return out.getvalue().strip()


@pytest.mark.parametrize("end", ["", "/", ")/", ",", ">", "'", "&x=1", "?x=1", "%20"])
@pytest.mark.parametrize("address", ADDRESSES)
def test_the_log_keeps_no_secret_of_a_link(address: str, end: str) -> None:
    line = written("Not Found: %s", address.rstrip("/") + end)
    assert SECRET not in line
    assert line.startswith(f"Not Found: {address.partition(SECRET)[0][:8]}")


@pytest.mark.parametrize(
    "said",
    [
        "Not Found: /appointments/76fdd08c-7b53-4588-8f53-0be0b3ae0731/",
        "No space left on device: '/srv/var/anchors/audit-20261123T084429Z.json'",
    ],
)
def test_the_log_names_rows_and_files(said: str) -> None:
    assert written(said) == said


def test_every_address_with_a_secret_is_known_to_the_log() -> None:
    patterns = list_of(get_resolver().url_patterns)
    secret = [one for one in patterns if re.search(r"<str:(key|secret)>|\?P<key>", one)]
    assert len(secret) == len(ADDRESSES)


def list_of(patterns: Any, before: str = "") -> list[str]:
    found: list[str] = []
    for one in patterns:
        route = before + str(one.pattern)
        found += list_of(one.url_patterns, route) if hasattr(one, "url_patterns") else [route]
    return found
