"""What another desk does shows at once: a board asks each second whether anything has changed.

It asks with a ticket that its page was given, not with the session: asking opens no session,
keeps none open (P18) and leaves no trace. The answer is one word, and 304 while it is the one
that the board knows; what has changed the board then reads as itself, through the front door.
"""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from django.contrib.auth.decorators import login_not_required
from django.core.signing import BadSignature, Signer
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from bookings.queries import Days, may_ask, revision_of
from clinic.rules import day_span
from clinic.views.doors import StaffRequest

LIFE = dt.timedelta(hours=8)
# What depends on the hour (late, waiting since) is read anew so often, by no two at once.
ANEW_S = 300
ADDRESS = re.compile(r"/day/([0-9]{4}-[0-9]{2}-[0-9]{2})/changes/")
_signer = Signer(salt="bookings.live")


@dataclass(frozen=True)
class Ticket:
    """Who may ask about which days of which clinic, until when (UTC)."""

    user: uuid.UUID
    session_round: int
    days: Days
    until: dt.datetime

    def signed(self) -> str:
        """The ticket as it goes into an address; it names nobody but by key."""
        days = self.days
        return _signer.sign_object(
            [
                self.user.hex,
                self.session_round,
                days.clinic.hex,
                days.first.isoformat(),
                days.last.isoformat(),
                int(days.starts_at.timestamp()),
                int(days.ends_at.timestamp()),
                int(self.until.timestamp()),
            ]
        )

    @staticmethod
    def read(text: str) -> Ticket | None:
        """The ticket that was signed here; None for whatever else."""
        try:
            user, round_, clinic, first, last, starts, ends, until = _signer.unsign_object(text)
        except (BadSignature, ValueError):
            return None
        days = Days(
            uuid.UUID(clinic),
            dt.date.fromisoformat(first),
            dt.date.fromisoformat(last),
            dt.datetime.fromtimestamp(starts, dt.UTC),
            dt.datetime.fromtimestamp(ends, dt.UTC),
        )
        return Ticket(uuid.UUID(user), round_, days, dt.datetime.fromtimestamp(until, dt.UTC))


def live_of(
    request: StaffRequest, first: dt.date, last: dt.date, *, address: str, at: dt.datetime
) -> dict[str, str]:
    """What a board needs to stay true: where it is read anew (`address`), where it asks, and the
    word for how things stand. To be called before the board itself is read."""
    clinic, user = request.clinic, request.user
    days = Days(
        clinic.pk, first, last, day_span(first, clinic.zone)[0], day_span(last, clinic.zone)[1]
    )
    tonight = day_span(clinic.day_of(at), clinic.zone)[1]
    ticket = Ticket(user.pk, user.session_round, days, min(at + LIFE, tonight))
    asks = f"{reverse('day-changes', args=[first])}?{urlencode({'ticket': ticket.signed()})}"
    return {"url": address, "asks": asks, "knows": _word(ticket, at, shared=False)}


class Polls:
    """Answers a board's question before anything else is loaded for it: no session, no log-in
    library, no page. One that is not answered here goes the way of every request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method == "GET" and (asked := ADDRESS.fullmatch(request.path_info)):
            answer = _answer(request, asked[1])
            if answer is not None:
                return answer
        return self.get_response(request)


@login_not_required
@require_GET
def changes(request: HttpRequest, day: dt.date) -> HttpResponse:
    """Where a question without a good ticket ends: there is no such page (P15)."""
    answer = _answer(request, day.isoformat())
    if answer is None:
        raise Http404
    return answer


def _answer(request: HttpRequest, day: str) -> HttpResponse | None:
    """The word for how things stand, 304 where the board knows it; None without a good ticket."""
    at = timezone.now()
    ticket = Ticket.read(request.GET.get("ticket", ""))
    if ticket is None or ticket.until <= at or ticket.days.first.isoformat() != day:
        return None
    if not may_ask(ticket.user, ticket.session_round, ticket.days.clinic):
        return None
    word = _word(ticket, at)
    known = request.headers.get("If-None-Match", "").removeprefix("W/")
    answer = HttpResponseNotModified() if known == word else HttpResponse()
    answer["ETag"] = word
    answer["Cache-Control"] = "no-store, private"
    return answer


def _word(ticket: Ticket, at: dt.datetime, *, shared: bool = True) -> str:
    days = ticket.days
    hour = ""
    if days.starts_at <= at < days.ends_at:
        hour = f"-{int(at.timestamp() + ticket.user.int % ANEW_S) // ANEW_S}"
    return f'"{revision_of(days, shared=shared)}{hour}"'
