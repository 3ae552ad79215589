"""The gate before every page: what cannot be read is turned away, a stray "no" is shown as one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from clinic.refusals import Refusal
from clinic.views import errors

Answer = Callable[[HttpRequest], HttpResponse]
Environ = dict[str, Any]
Door = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
# What pages are asked by; the log-in library would take a PUT for a form that was sent.
METHODS = ("GET", "HEAD", "OPTIONS", "POST")
# Of a body's length; Python refuses to read a number of thousands of digits.
MOST_DIGITS = 20


def one_charset(door: Door) -> Door:
    """Lets no request choose how its address is read.

    Django reads the address in the charset that the body claims, before any middleware runs,
    and falls over one that is no text encoding ("rot13"). Any claim but UTF-8 becomes one
    that nobody knows, which the gate then turns away.
    """

    def ask(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        claim = environ.get("CONTENT_TYPE", "").lower()
        if "charset" in claim and "charset=utf-8" not in claim.replace('"', "").replace(" ", ""):
            environ["CONTENT_TYPE"] = f"{claim.partition(';')[0]}; charset=other"
        return door(environ, start_response)

    return ask


class Gate:
    """Turns away requests that no page can read, before a session is looked up for them.

    A charset other than UTF-8 would let half characters through; a NUL cannot be stored;
    a body over the limit is refused unread; a method that no page knows is answered 405.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not _is_readable(request):
            return errors.bad_request(request)
        most = settings.LARGE_BODIES.get(request.path, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        if _length(request) > most:
            return errors.too_large(request)
        known = request.method in METHODS
        answer = self.get_response(request) if known else HttpResponseNotAllowed(METHODS)
        if answer.status_code == 405 and not answer.content:
            answer.content = errors.wrong_method(request).content
            answer["Content-Type"] = "text/html; charset=utf-8"
            answer["Content-Length"] = str(len(answer.content))
        return answer

    def process_exception(self, request: HttpRequest, no: Exception) -> HttpResponse | None:
        """A refusal that no view has shown in its form still answers as a refusal."""
        return errors.refused(request, no) if isinstance(no, Refusal) else None


def _is_readable(request: HttpRequest) -> bool:
    charset = request.content_params.get("charset", "utf-8") if request.content_params else "utf-8"
    if charset.lower() != "utf-8" or len(request.META.get("CONTENT_LENGTH") or "") > MOST_DIGITS:
        return False
    texts = [request.path, *request.COOKIES.values()]
    for name, values in request.GET.lists():
        texts += [name, *values]
    return not any("\x00" in text for text in texts)


def _length(request: HttpRequest) -> int:
    given = request.META.get("CONTENT_LENGTH") or "0"
    return int(given) if given.isascii() and given.isdecimal() else 0
