"""What all of the JSON API has in common: its shapes, its "no", which clinic is meant."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
import uuid
from collections.abc import Sequence
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI, Schema
from ninja.errors import HttpError, ValidationError
from ninja.security import HttpBearer
from pydantic import AfterValidator, AwareDatetime, BeforeValidator, ConfigDict, Field

from clinic import accounts
from clinic.constraints import FIRST_DAY, LAST_DAY
from clinic.models import Clinic
from clinic.permissions import Permission
from clinic.queries.tokens import first_answer
from clinic.refusals import Conflict, NotAllowed, Refusal
from clinic.rules import text_fault, write_as
from clinic.tokens import JSON, ApiRequest, no

T = TypeVar("T")
NOT_HERE = "This is not known here."
MOST_ON_A_PAGE = 200
INSTANT = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
BOUNDED = "Use a date between 1900 and 2200."


def _instant(given: Any) -> Any:
    if not isinstance(given, str) or not INSTANT.fullmatch(given):
        raise ValueError("Give an instant with its offset, for example 2026-11-24T10:00:00-06:00.")
    if not FIRST_DAY.year <= int(given[:4]) < LAST_DAY.year:
        raise ValueError(BOUNDED)
    return given


def _day(given: Any) -> Any:
    if isinstance(given, dt.date):
        return given
    if not isinstance(given, str) or not DAY.fullmatch(given):
        raise ValueError("Give a date as YYYY-MM-DD.")
    return given


def _bounded(day: dt.date) -> dt.date:
    if not FIRST_DAY <= day < LAST_DAY:
        raise ValueError(BOUNDED)
    return day


def _text(text: str) -> str:
    if fault := text_fault(text):
        raise ValueError(fault)
    return text


Instant = Annotated[
    AwareDatetime, BeforeValidator(_instant), AfterValidator(lambda one: one.astimezone(dt.UTC))
]
Day = Annotated[dt.date, BeforeValidator(_day), AfterValidator(_bounded)]
Version = Annotated[int, Field(ge=1, le=2**31 - 1, strict=True)]


# Texts that can be stored exactly as they were sent.
Code = Annotated[str, Field(min_length=1, max_length=80), AfterValidator(_text)]
Reason = Annotated[str, Field(max_length=200), AfterValidator(_text)]
Scan = Annotated[str, Field(min_length=1, max_length=5000), AfterValidator(_text)]


class Sent(Schema):
    """What a program sends: nothing beside what is named (P16)."""

    model_config = ConfigDict(extra="forbid")


class Named(Schema):
    """Something by its key and its name."""

    id: uuid.UUID
    name: str


class Slot(Schema):
    """A time that is free: with whom, where, and from when to when the treatment is."""

    practitioner: Named
    room: Named | None
    starts_at: dt.datetime
    ends_at: dt.datetime


class Fault(Schema):
    """Why not. `code`: the number of the clinic's rule where there is one (R47), else a word."""

    code: str
    message: str
    field: str | None
    alternatives: list[Slot]


class No(Schema):
    """Every answer that is a "no"."""

    error: Fault


class Page(Schema, Generic[T]):
    """Part of a list; `next` is the address of the part behind it, None at its end."""

    items: list[T]
    next: str | None


NOS: dict[Any, Any] = dict.fromkeys((400, 401, 403, 404, 405, 409, 413, 415, 422, 429), No)


class ByToken(HttpBearer):
    """The door has asked for the token already; nobody comes past it."""

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        return getattr(request, "token", None)


def make_api(**given: Any) -> NinjaAPI:
    """An API whose every operation needs a token, and whose every "no" has one shape."""
    api = NinjaAPI(auth=ByToken(), docs_url=None, **given)
    api.add_exception_handler(Refusal, _refused)
    api.add_exception_handler(ValidationError, _not_valid)
    api.add_exception_handler(HttpError, lambda _request, fault: no(_status(fault)))
    api.add_exception_handler(Http404, lambda _request, _fault: no(404, NOT_HERE))
    api.add_exception_handler(PermissionDenied, lambda _request, _fault: no(403))
    return api


def _status(fault: Any) -> int:
    return int(fault.status_code)


def _refused(request: HttpRequest, refusal: Any) -> HttpResponse:
    if refusal.rule == "P3":
        says = "This Idempotency-Key was used for another request. Use a new one for each."
        return no(422, says, code="P3", field="Idempotency-Key")
    code = refusal.number or {403: "forbidden", 409: "conflict"}.get(refusal.status, "invalid")
    offered = [one for one in refusal.alternatives if isinstance(one, dict)]
    return no(refusal.status, refusal.text, code=code, field=refusal.field, alternatives=offered)


def _not_valid(request: HttpRequest, fault: Any) -> HttpResponse:
    first = fault.errors[0]
    # ("body", our name for it, "starts_at"), ("query", "from"): where it stood, then what it was.
    place = [*first["loc"]]
    named = place[2:] if place[:1] == ["body"] else place[1:]
    field = str(named[0]) if named else None
    says = str(first["msg"]).removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        says = "This field is not known."
    elif first["type"] == "missing":
        says = "This is missing."
    says = says if says.endswith(".") else f"{says}."
    return no(422, says, code="invalid", field=field)


def clinic_of(request: ApiRequest, given: str | None, *may: Permission) -> Clinic:
    """The clinic that is meant, in which the user holds one of the permissions.

    Refuses where she works in several and named none (422); another's clinic is not there.
    """
    places = request.user.places
    if given:
        wanted = given.lower()
        found = [one for one in places if wanted in (one.code.lower(), str(one.pk))]
        if not found:
            raise Http404
    elif len(places) > 1:
        raise Refusal(
            "You work in several clinics: say which one is meant.",
            rule="input",
            field="clinic",
            way_out=f"One of: {', '.join(one.code for one in places)}.",
        )
    else:
        found = places
    request.clinic = found[0]  # type: ignore[attr-defined]
    write_as(found[0].locale)
    must_hold(request, found[0], *may)
    return found[0]


def must_hold(request: ApiRequest, clinic: Clinic, *may: Permission) -> None:
    """Turn away (403, on record) who holds none of the permissions in the clinic."""
    if not any(request.user.can(one, clinic.pk) for one in may):
        request.clinic = clinic  # type: ignore[attr-defined]
        accounts.turn_away(request)
        raise NotAllowed("Your role does not include this.", rule="R54")


def page(
    request: HttpRequest, items: Sequence[dict[str, Any]], after: object | None
) -> dict[str, Any]:
    """Part of a list, with the address of the part behind `after`."""
    asked = {name: value for name, value in request.GET.items() if name != "after"}
    there = f"{request.path}?{urlencode(asked | {'after': after})}" if after else None
    return {"items": items, "next": there}


def answered_before(request: ApiRequest, key: str | None) -> HttpResponse | None:
    """The first answer to the same request under the same key; None where there is none yet, and
    then the door keeps the one to come.

    Refuses a key that was used for another request (P3). Asked before anything that the request
    names is looked up: it may have changed since.
    """
    once = once_of(request, key)
    if once is None:
        return None
    told = f"{request.method} {request.path} {_canonical(request.body)}"
    sent = hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()
    first = first_answer(request.user, once)
    if first is None:
        request.keeps = (once, sent)
        return None
    if first.sent != sent:
        raise Conflict("This form was already sent, with other contents.", rule="P3")
    return HttpResponse(first.answer, content_type=JSON, status=first.status or 200)


def _canonical(body: bytes) -> str:
    """The same for two bodies that say the same, however they are laid out."""
    try:
        return json.dumps(json.loads(body or b"null"), sort_keys=True)
    except ValueError:
        return repr(body)


def once_of(request: ApiRequest, key: str | None) -> str | None:
    """The one-time key of an operation, of the program's own: no two tokens share one."""
    if not key:
        return None
    return "api-" + hashlib.sha256(f"{request.token.pk} {key}".encode()).hexdigest()[:60]
