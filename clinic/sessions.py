"""A session ends by itself, locks by itself, and knows in which clinic it works."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.models import Session
from django.db import DatabaseError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.http import urlencode

from clinic import accounts, drafts, second_factor
from clinic.models import Clinic, User
from clinic.prepared import prepared
from clinic.rules import USUAL, written_as

Answer = Callable[[HttpRequest], HttpResponse]
# The last use is noted at most this often: a session row is not rewritten on each request.
NOTE_EVERY_SECONDS = 30
# So many open forms a screen may have when it locks: one more would push out an older draft.
FORMS_WHILE_LOCKED = 5
LACKS_FACTOR = "lacks_second_factor"
TOO_LATE = "came_to_a_session_locked_or_over"
OPEN_WHILE_LOCKED = (
    "/static/",
    "/healthz",
    "/readyz",
    "/accounts/login/",
    "/accounts/logout/",
    "/offer/",
)
OPEN_WITHOUT_ROLE = (*OPEN_WHILE_LOCKED, "/accounts/", "/account/", "/lock/", "/invitation/")
# Where a second factor is missing: where one proves it, and where one sets it up.
OPEN_WITHOUT_FACTOR = (*OPEN_WHILE_LOCKED, "/lock/", "/accounts/reauthenticate/")


class SessionStore(DatabaseStore):
    """Django's sessions in the database, each read and written in one statement: every page reads
    one, and most presses write it."""

    def load(self) -> dict[str, Any]:
        rows = _session(key=self.session_key or "", now=timezone.now())
        if not rows:
            self._session_key = None
            return {}
        kept: dict[str, Any] = self.decode(rows[0][0])
        return kept

    def save(self, must_create: bool = False) -> None:
        if must_create or self.session_key is None:
            super().save(must_create)
            return
        row = self.create_model_instance(dict(self.items()))
        written = self.model.objects.filter(pk=row.pk)
        try:
            found = written.update(session_data=row.session_data, expire_date=row.expire_date)
        except DatabaseError as error:
            raise UpdateError from error
        if not found:
            raise UpdateError  # ended meanwhile, by another page


@prepared
def _session(*, key: Any, now: Any) -> QuerySet[Any, Any]:
    found = Session.objects.filter(session_key=key, expire_date__gt=now)
    return found.values_list("session_data")


def is_background(request: HttpRequest) -> bool:
    """Whether a page asked by itself (a poll); that never keeps a session open (P18)."""
    return request.headers.get("X-Background") == "1"


class SessionLimits:
    """Locks an idle session and ends an old one, judged by the server's clock."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.get_response(request)
        answer = self._judge(request)
        if answer is None:
            answer = self.get_response(request)
        elif request.method == "POST":
            # On to `process_view` and no further: Django's own check of the token comes first.
            setattr(request, TOO_LATE, True)
            self.get_response(request)
        # The next user of the tablet must not find the page in the browser's memory (P13).
        patch_cache_control(answer, no_store=True, private=True)
        return answer

    def process_view(self, request: HttpRequest, *_view: Any) -> HttpResponse | None:
        """No view runs once it is locked or over; what its page has sent is kept instead (P13)."""
        if not getattr(request, TOO_LATE, False):
            return None
        self._keep(request)
        return HttpResponse(status=204)

    def _judge(self, request: HttpRequest) -> HttpResponse | None:
        now = timezone.now().timestamp()
        session = request.session
        began = session.setdefault("began_at", now)
        seen = session.get("seen_at", now)
        if now - began > settings.SESSION_ABSOLUTE_SECONDS:
            return self._end(request)
        if now - seen > _idle_seconds(cast(User, request.user)):
            if not session.get("locked"):
                accounts.lock(request, why="idle")
        elif not is_background(request) and now - seen >= NOTE_EVERY_SECONDS:
            session["seen_at"] = now
        if "seen_at" not in session:
            session["seen_at"] = now
        if session.get("locked"):
            return self._to_lock_page(request)
        return self._to_second_factor(request)

    def _end(self, request: HttpRequest) -> HttpResponse | None:
        """Leads to the log-in, where the session is gone.

        Until then it opens nothing, and a page can still hand in what was typed on it: whose
        that is only the session knows (P13).
        """
        page = request.method != "POST" and not request.headers.get("HX-Request")
        if page or request.path.startswith((reverse("lock"), *OPEN_WHILE_LOCKED)):
            accounts.time_out(request)
            return None
        return _away(request, reverse("account_login"))

    def _keep(self, request: HttpRequest) -> None:
        """What came too late is not done, and not lost: it stands in its form again (P13).

        Only what comes from a page of the house, each form once for each lock, and again only by
        the very page that sent it. What its user has typed before is written over by its own
        page alone. Whoever stands before the screen then must not be able to write into it.
        """
        page, typed = request.path, [(n, one) for n, all_ in request.POST.lists() for one in all_]
        if page == reverse("draft"):
            page, typed = request.POST.get("page", ""), drafts.read(request.POST.get("fields", ""))
        so_far: dict[str, str] = request.session.get("kept_forms", {})
        once = dict(typed).get("once", "")
        again = bool(once) and so_far.get(page) == once
        if not drafts.is_from_a_page(once):
            return
        if not again and (page in so_far or len(so_far) >= FORMS_WHILE_LOCKED):
            return
        user, clinic = cast(User, request.user), request.clinic  # type: ignore[attr-defined]
        form = drafts.Form(user, str(clinic.pk) if clinic else "", page)
        at = timezone.now()
        with suppress(DatabaseError):  # with a full disk the screen still locks
            if not drafts.belongs_to_another(form, once, at=at) and drafts.keep(form, typed, at=at):
                request.session["kept_forms"] = so_far | {page: once}

    def _to_lock_page(self, request: HttpRequest) -> HttpResponse | None:
        lock = reverse("lock")
        if request.path == lock or request.path.startswith(OPEN_WHILE_LOCKED):
            return None
        if request.method == "GET" and not request.headers.get("HX-Request"):
            return HttpResponseRedirect(f"{lock}?{urlencode({'next': request.get_full_path()})}")
        return _away(request, lock)

    def _to_second_factor(self, request: HttpRequest) -> HttpResponse | None:
        """To where one is set up or proved, as long as it is missing; no other page opens (P19)."""
        lacks = second_factor.missing(request)
        setattr(request, LACKS_FACTOR, bool(lacks))
        if not lacks or request.path.startswith(OPEN_WITHOUT_FACTOR):
            return None
        own = reverse("security")
        if lacks == "set_up" and request.path.startswith(own):
            return None
        door = own if lacks == "set_up" else reverse("account_reauthenticate")
        if request.method == "GET" and not request.headers.get("HX-Request"):
            wanted = request.get_full_path()
            request.session[second_factor.LED_FROM] = wanted
            return HttpResponseRedirect(f"{door}?{urlencode({'next': wanted})}")
        return _away(request, door)


def _idle_seconds(user: User) -> int:
    """How long a screen may be left alone: as the clinic wants it, and never longer than the
    installation allows."""
    most: int = settings.SESSION_IDLE_SECONDS
    return most if user.idle_min is None else min(most, user.idle_min * 60)


def _away(request: HttpRequest, door: str) -> HttpResponse:
    """To a door, and from there back: a fragment or a press has no page of its own."""
    address = f"{door}?{urlencode({'next': _page_of(request)})}"
    if request.headers.get("HX-Request"):
        answer = HttpResponse(status=204)
        answer["HX-Redirect"] = address
        return answer
    return HttpResponseRedirect(address)


def _page_of(request: HttpRequest) -> str:
    """The page, with what was asked of it, from which a fragment or a press came."""
    address = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    try:
        found = urlsplit(address)
    except ValueError:
        return "/"
    return (found.path or "/") + (f"?{found.query}" if found.query else "")


class CurrentClinic:
    """Sets `request.clinic`, the clinic this session works in, and `request.clinics`.

    Inside it, every instant is said on that clinic's wall clock, in that clinic's way.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        request.clinic, request.clinics = None, []
        if request.user.is_authenticated and not request.path.startswith("/static/"):
            request.clinics = request.user.places
            request.clinic = choose(request.clinics, request.session.get("clinic"))
            if not request.clinic and not request.path.startswith(OPEN_WITHOUT_ROLE):
                return render(request, "clinic/no_role.html", status=403)
        # Every time of day on a page is the clinic's wall clock (P4), in its way of writing.
        here = request.clinic
        with (
            timezone.override(here.zone if here else None),
            written_as(here.locale if here else USUAL),
        ):
            return self.get_response(request)


def choose(clinics: list[Clinic], wanted: str | None) -> Clinic | None:
    """The wanted clinic where it is among the user's, else the first."""
    for clinic in clinics:
        if wanted and clinic.pk == uuid.UUID(wanted):
            return clinic
    return clinics[0] if clinics else None
