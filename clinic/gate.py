"""The gate before every page: what cannot be read is turned away, a stray "no" is shown as one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    UnreadablePostError,
)
from django.utils.http import parse_header_parameters

from clinic.refusals import Refusal
from clinic.views import errors

Answer = Callable[[HttpRequest], HttpResponse]
Environ = dict[str, Any]
Door = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
# What pages are asked by; the log-in library would take a PUT for a form that was sent.
METHODS = ("GET", "HEAD", "OPTIONS", "POST")
# Of a body's length; Python refuses to read a number of thousands of digits.
MOST_DIGITS = 20
KIND = re.compile(r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+")
# The only kind of body whose parts have headers of their own.
IN_PARTS = "multipart/form-data"


def one_charset(door: Door) -> Door:
    """Lets no request choose how its address is read, nor what its reader falls over.

    Django takes the parameters of Content-Type apart, and reads the address in the charset that
    they claim, before any middleware runs; it falls over what it cannot decode there and over
    what is no text encoding ("rot13"). Any claim but UTF-8, and a header that cannot be read,
    becomes a charset that nobody knows, which the gate then turns away.
    """

    def ask(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        claim = environ.get("CONTENT_TYPE", "")
        if not _is_utf_8(claim):
            kind = claim.partition(";")[0].strip().lower()
            environ["CONTENT_TYPE"] = f"{kind if KIND.fullmatch(kind) else ''}; charset=other"
        return door(environ, start_response)

    return ask


class Gate:
    """Turns away requests that no page can read, before a session is looked up for them.

    A charset other than UTF-8 would let half characters through; a NUL cannot be stored;
    a body over the limit is refused unread, and one whose parts cannot be told apart unused;
    a method that no page knows is answered 405.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not _is_readable(request):
            return errors.bad_request(request)
        most = settings.LARGE_BODIES.get(request.path, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        if _length(request) > most:
            return errors.too_large(request)
        if not _has_readable_parts(request):
            return errors.bad_request(request)
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


def _is_utf_8(claim: str) -> bool:
    """Whether Django can take a Content-Type apart, and finds UTF-8 or no charset in it."""
    try:
        charset = parse_header_parameters(claim)[1].get("charset", "utf-8")
    except Exception:  # Python's parser names no limit to what it raises
        return False
    return charset.lower() == "utf-8"


def _has_readable_parts(request: HttpRequest) -> bool:
    if request.method != "POST" or request.content_type != IN_PARTS:
        return True
    try:
        request.POST  # noqa: B018 - reads the parts; whoever asks for them later finds them read
    except UnreadablePostError:
        return False
    except OSError:
        # Nowhere to put a large file down: that is our fault, and is said so.
        raise
    except Exception:  # their headers are read by the same parser
        return False
    return True


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
