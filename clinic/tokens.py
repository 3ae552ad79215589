"""The door of the JSON API: whoever comes through it has a token, and nothing else counts.

Everything below `/api/` passes here before any other part of the house. Cookies are taken off, so
that no session is looked up, opens anything, or is made; the token says who asks, and the log-in
that every page needs is hers. What comes back is JSON, also where it is a "no".
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Sequence
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from clinic import audit, operations
from clinic.models import ApiToken, User
from clinic.rules import USUAL, written_as

Answer = Callable[[HttpRequest], HttpResponse]
ROOT = "/api/"
# Says what can be asked, to programs that have no token yet; of no clinic and of nobody.
OPEN = "/api/v1/openapi.json"
JSON = "application/json"
WINDOW_SECONDS = 60
# A worker takes this part of the requests that are left to a token in a minute at once.
TAKEN_IN = 60
MOST_KEPT = 1000
# Said where whoever answered had no words of the API's own.
SAID = {
    400: ("unreadable", "The request cannot be read: its body is no JSON, or not in UTF-8."),
    401: ("unauthenticated", "Send a token as “Authorization: Bearer …”."),
    403: ("forbidden", "Your role does not include this."),
    404: ("not_found", "There is nothing here by this address."),
    405: ("method_not_allowed", "This address does not know this method."),
    413: ("too_large", "The body is larger than anything that can be asked here."),
    415: ("media_type", "Send the body as application/json."),
    429: ("too_many", "Too many requests by this token."),
    503: ("busy", "The system is busy. Ask again."),
}
FAULT = ("fault", "This is our fault and has been noted. Nothing was changed.")


_counting = threading.Lock()
_taken: dict[str, int] = {}


class ApiRequest(HttpRequest):
    """A request that came in through the door; none is ever made of this class."""

    user: User
    token: ApiToken
    # Under which one-time key the answer is kept, and for which request.
    keeps: tuple[str, str]


class ApiDoor:
    """Lets in by token alone what asks below `/api/`; the rest of the house never sees it."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not is_api(request):
            return self.get_response(request)
        request.META.pop("HTTP_COOKIE", None)
        answer = self._turned_away(request) or self._answered(request)
        if answer.status_code >= 400 and not _is_json(answer):
            answer = _in_json(answer)
        answer.cookies.clear()
        answer["Cache-Control"] = "no-store, private"
        return answer

    def _answered(self, request: HttpRequest) -> HttpResponse:
        token: ApiToken | None = getattr(request, "token", None)
        with audit.through(token.prefix if token else ""), written_as(USUAL):
            answer = self.get_response(request)
        keeps = getattr(request, "keeps", None)
        if token and keeps and answer.status_code < 300:
            key, sent = keeps
            operations.keep_answer(
                user=token.user,
                key=key,
                sent=sent,
                status=answer.status_code,
                answer=answer.content.decode(),
            )
        return answer

    def process_view(self, request: HttpRequest, *_view: Any) -> None:
        """The log-in that pages ask for is that of the token's user."""
        if is_api(request) and (token := getattr(request, "token", None)):
            request.user = token.user

    def _turned_away(self, request: HttpRequest) -> HttpResponse | None:
        """The "no" to whoever has no good token, asks too often, or sends what is no JSON."""
        if request.path_info == OPEN:
            return None
        at = timezone.now()
        admitted = operations.use_token(secret=_secret(request), at=at)
        if admitted.token is None:
            answer = no(401, admitted.says)
            answer["WWW-Authenticate"] = "Bearer"
            return answer
        if wait := _too_many(admitted.token, at):
            answer = no(429, f"{SAID[429][1]} Ask again in {wait} seconds.")
            answer["Retry-After"] = str(wait)
            return answer
        if admitted.says:
            return no(403, admitted.says)
        sends = (request.META.get("CONTENT_LENGTH") or "0").strip("0")
        if sends and request.content_type != JSON:
            return no(415)
        request.token = admitted.token  # type: ignore[attr-defined]
        return None


def is_api(request: HttpRequest) -> bool:
    """Whether the request is the API's: the one place that says so."""
    return request.path_info.startswith(ROOT) or request.path_info == ROOT.rstrip("/")


def no(
    status: int,
    says: str = "",
    *,
    code: str = "",
    field: str | None = None,
    alternatives: Sequence[Any] = (),
) -> JsonResponse:
    """A "no" as the API tells it: what, beside which field, and what would work."""
    usual, words = SAID.get(status, FAULT)
    told = {
        "code": code or usual,
        "message": says or words,
        "field": field,
        "alternatives": list(alternatives),
    }
    return JsonResponse({"error": told}, status=status)


def _secret(request: HttpRequest) -> str:
    kind, _, secret = request.META.get("HTTP_AUTHORIZATION", "").strip().partition(" ")
    return secret.strip() if kind.lower() == "bearer" else ""


def _too_many(token: ApiToken, at: dt.datetime) -> int:
    """How many seconds to wait, where this minute has had all that a token may ask; else 0.

    A count for each minute in the cache that all workers share. A worker takes a few requests off
    it at a time, fewer as the minute's end of them comes near, and looks again once these are
    used: to write the count for each would cost more than many a request. Requests at one
    instant may count as fewer: a limit against a program that runs wild needs no lock.
    """
    window, into = divmod(int(at.timestamp()), WINDOW_SECONDS)
    key = f"api-{token.pk.hex}-{window}"
    if _has_taken(key):
        return 0
    try:
        so_far = cache.get(key, 0)
        left = settings.API_REQUESTS_PER_MINUTE - so_far
        if left <= 0:
            return WINDOW_SECONDS - into
        taken = max(1, left // TAKEN_IN)
        cache.set(key, so_far + taken, 2 * WINDOW_SECONDS)
    except DatabaseError:
        # What cannot be counted with a full disk can still be read (P32).
        return 0
    with _counting:
        if len(_taken) > MOST_KEPT:
            _taken.clear()
        _taken[key] = _taken.get(key, 0) + taken - 1
    return 0


def _has_taken(key: str) -> bool:
    """Whether this worker has one left of those that it took off the count; it is used."""
    with _counting:
        if not (left := _taken.get(key, 0)):
            return False
        _taken[key] = left - 1
        return True


def _is_json(answer: HttpResponse) -> bool:
    return answer.get("Content-Type", "").partition(";")[0] == JSON


def _in_json(answer: HttpResponse) -> HttpResponse:
    """The same "no" without its page, and with the headers that belong to it."""
    told = no(answer.status_code)
    for name in ("Allow", "Retry-After"):
        if name in answer:
            told[name] = answer[name]
    return told
