"""Pages for what went wrong. None of them reads the request's body (it may be the fault)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template import loader

from clinic.refusals import Refusal


def _page(template: str, status: int, sentence: str = "") -> HttpResponse:
    return HttpResponse(loader.render_to_string(template, {"sentence": sentence}), status=status)


def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """400: the request itself cannot be read."""
    return _page("400.html", 400)


def permission_denied(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """403: the role does not include this."""
    return _page("403.html", 403)


def page_not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """404: not there, or another clinic's; both answer alike (P15)."""
    return _page("404.html", 404)


def wrong_method(request: HttpRequest) -> HttpResponse:
    """405: a page that is only read was sent something, or the other way round."""
    return _page("405.html", 405)


def too_large(request: HttpRequest) -> HttpResponse:
    """413: more than any form here can hold."""
    return _page("413.html", 413)


def refused(request: HttpRequest, no: Refusal) -> HttpResponse:
    """403, 409 or 422: a refusal where there is no form to show it in."""
    template = {403: "403.html", 409: "409.html"}.get(no.status, "422.html")
    return _page(template, no.status, "" if no.status == 403 else no.text)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: our fault, and said so."""
    return _page("500.html", 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form whose page is too old; the browser's Back keeps what was typed."""
    return _page("403_csrf.html", 403)
