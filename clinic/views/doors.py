"""What every page has in common: closed by default, and an act's refusal shown in place."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.utils import timezone
from django.views.generic import FormView, TemplateView, View
from django_htmx.middleware import HtmxDetails

from clinic import accounts, drafts
from clinic.forms import HouseForm
from clinic.models import Clinic, User
from clinic.permissions import Permission
from clinic.refusals import NotAllowed, Refusal
from clinic.rules import each_written_as, locale, spreadsheet_safe

T = TypeVar("T")


class StaffRequest(HttpRequest):
    """A request of someone signed in who holds a role in the clinic at work.

    `SessionLimits`, `CurrentClinic` and htmx's middleware see to it; no request is ever made of
    this class, it only names what is there.
    """

    user: User
    clinic: Clinic
    htmx: HtmxDetails


class Door(View):
    """A page that needs one of the permissions `may` in the clinic at work; else 403.

    Where reading needs less than sending, `may_send` says what sending needs.
    """

    request: StaffRequest
    may: tuple[Permission, ...] = ()
    may_send: tuple[Permission, ...] | None = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        clinic = self.request.clinic
        key = clinic.pk if clinic else None
        reads = self.may_send is None or self.request.method in ("GET", "HEAD", "OPTIONS")
        needed = self.may if reads else self.may_send or ()
        if not any(self.request.user.can(one, key) for one in needed):
            accounts.turn_away(self.request)
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)


class Page(Door, TemplateView):
    """A page to read."""

    request: StaffRequest


class FormPage(Door, FormView):
    """A page with one form and one operation behind it.

    Subclasses give `form_class`, `template_name`, `perform(form)` which calls the operation
    and returns its result, and `where_to(result)`, the address to go to afterwards.
    """

    request: StaffRequest

    def get_form_kwargs(self) -> dict[str, Any]:
        kwargs = super().get_form_kwargs()
        kwargs["clinic"] = self.request.clinic
        kwargs["user"] = self.request.user
        return kwargs

    def perform(self, form: Any) -> Any:
        """Call the operation."""
        raise NotImplementedError

    def where_to(self, result: Any) -> str:
        """The address after success."""
        raise NotImplementedError

    def form_valid(self, form: Any) -> HttpResponse:
        return attempt(
            self.request,
            form,
            lambda: self.perform(form),
            done=lambda result: go(self.request, self.where_to(result)),
            refused=lambda no: self.form_refused(form, no),
        )

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=form.status)

    def form_refused(self, form: Any, no: Refusal) -> HttpResponse:
        """The same page with the refusal in it; a page that offers more overrides this."""
        return self.form_invalid(form)


def attempt(
    request: StaffRequest,
    form: HouseForm,
    act: Callable[[], T],
    *,
    done: Callable[[T], HttpResponse],
    refused: Callable[[Refusal], HttpResponse],
) -> HttpResponse:
    """Do what a form asks and answer with `done`; what is done leaves no draft of the form.

    A refusal goes into the form, and `refused` answers. What the person may not do is a 403.
    """
    try:
        result = act()
    except NotAllowed as no:
        raise PermissionDenied from no
    except Refusal as no:
        form.refuse(no)
        return refused(no)
    drafts.forget(form_of(request, request.path))
    return done(result)


def form_of(request: StaffRequest, page: str) -> drafts.Form:
    """The form that sends to `page`, of the person signed in, at the clinic at work."""
    clinic = request.clinic
    return drafts.Form(request.user, str(clinic.pk) if clinic else "", page)


def go(request: HttpRequest, address: str) -> HttpResponse:
    """On to another page, also from a fragment."""
    if request.headers.get("HX-Request"):
        answer = HttpResponse(status=204)
        answer["HX-Redirect"] = address
        return answer
    return HttpResponseRedirect(address)


def acting(request: StaffRequest) -> dict[str, Any]:
    """Who acts and when, as every operation wants it."""
    return {"by": request.user, "at": timezone.now()}


class _Line:
    """A file of which only the line just written is kept."""

    def write(self, text: str) -> str:
        return text


def csv_download(
    name: str, heads: Sequence[str], rows: Iterable[Sequence[object]]
) -> StreamingHttpResponse:
    """A spreadsheet file called `name`, streamed row by row, that runs no formula (P37)."""
    # Quoted whole: a semicolon in a text must not begin a cell of its own somewhere.
    writer = csv.writer(_Line(), quoting=csv.QUOTE_ALL)

    def lines() -> Iterator[str]:
        # The mark by which spreadsheet programs know UTF-8.
        yield "\ufeff" + writer.writerow([spreadsheet_safe(head) for head in heads])
        for row in rows:
            yield writer.writerow([spreadsheet_safe(value) for value in row])

    answer = StreamingHttpResponse(
        each_written_as(locale().code, lines()), content_type="text/csv; charset=utf-8"
    )
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer
