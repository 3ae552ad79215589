"""Locking a shared screen, unlocking it, leaving it to someone else, switching clinics."""

from __future__ import annotations

from typing import Any

from allauth.account import views as allauth
from django.contrib.auth.decorators import login_not_required
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
)
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.generic import View

from clinic import accounts
from clinic.forms.session import UnlockForm
from clinic.queries.first_start import is_empty


@login_not_required
def log_in(request: HttpRequest) -> HttpResponseBase:
    """The log-in page; an installation in which nobody is on file yet begins with its set-up."""
    if request.method == "GET" and not request.user.is_authenticated and is_empty():
        return HttpResponseRedirect(reverse("first-start"))
    answer: HttpResponseBase = allauth.login(request)
    return answer


class Lock(View):
    """Who is logged in, and the password that opens the screen; nothing of any patient."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page(request, UnlockForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        acts = {"lock": self._lock, "unlock": self._unlock, "leave": self._leave}
        act = acts.get(request.POST.get("action", ""))
        return act(request) if act else self._page(request, UnlockForm(), status=422)

    def _lock(self, request: HttpRequest) -> HttpResponse:
        if not request.session.get("locked"):
            accounts.lock(request, why="asked")
        return HttpResponseRedirect(f"{reverse('lock')}?{urlencode({'next': self._next(request)})}")

    def _unlock(self, request: HttpRequest) -> HttpResponse:
        form = UnlockForm(request.POST)
        if form.is_valid():
            wrong = accounts.unlock(request, form.cleaned_data["password"])
            if wrong is None:
                return HttpResponseRedirect(self._next(request))
            form.add_error("password", wrong)
        return self._page(request, form, status=422)

    def _leave(self, request: HttpRequest) -> HttpResponse:
        # Whoever comes next begins at their own start page: what stood here is not theirs, and
        # may not even be there for them (P13, P15).
        accounts.leave(request)
        return HttpResponseRedirect(reverse("account_login"))

    def _next(self, request: HttpRequest) -> str:
        wanted = request.POST.get("next") or request.GET.get("next") or "/"
        return accounts.safe_address(request, wanted)

    def _page(self, request: HttpRequest, form: Any, status: int = 200) -> HttpResponse:
        context = {
            "form": form,
            "locked": bool(request.session.get("locked")),
            "next": self._next(request),
            # What the page before had to say may name a patient: it waits for the unlocking.
            "messages": (),
        }
        return render(request, "clinic/lock.html", context, status=status)


class SwitchClinic(View):
    """Work in another of one's clinics; any other clinic answers like a missing one (P15)."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        wanted = request.POST.get("clinic", "")
        for clinic in request.clinics:  # type: ignore[attr-defined]
            if wanted == str(clinic.pk):
                accounts.switch_clinic(request, clinic)
                return HttpResponseRedirect(
                    accounts.safe_address(request, request.POST.get("next", "/"))
                )
        raise Http404
