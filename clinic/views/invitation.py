"""The link of an invitation: where someone new chooses her password, without being logged in."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.views.generic import View

from clinic import accounts
from clinic.forms.users import InvitationForm
from clinic.queries.users import invitation_by
from clinic.refusals import Refusal
from clinic.rules import invitation_fault, link_digest

KEPT = "invitation"
UNKNOWN = "This link is no invitation. Open it once more from the message, whole."
SOMEONE = "Someone is logged in on this screen."


class OpenInvitation(View):
    """The address in the message. It only remembers whose link it was and goes on, so that the
    secret stands in no log, no form and no address bar."""

    http_method_names = ["get"]

    def get(self, request: HttpRequest, key: str) -> HttpResponse:
        request.session[KEPT] = link_digest(key)
        return HttpResponseRedirect(reverse("invitation-accept"))


class AcceptInvitation(View):
    """The first password; or one sentence on why the link opens nothing, and nothing more."""

    http_method_names = ["get", "post"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.digest = str(request.session.get(KEPT, ""))
        if request.user.is_authenticated:
            answer: HttpResponseBase = self._closed(SOMEONE, status=409, someone=True)
        else:
            found = invitation_by(self.digest)
            fault = UNKNOWN if found is None else invitation_fault(found, at=timezone.now())
            if found is not None and fault is None:
                self.user = found.user
                answer = super().dispatch(request, *args, **kwargs)
            else:
                answer = self._closed(str(fault), status=404 if found is None else 410)
        patch_cache_control(answer, no_store=True, private=True)
        return answer

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page(InvitationForm(user=self.user))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = InvitationForm(data=request.POST, user=self.user)
        if not form.is_valid():
            return self._page(form, status=422)
        try:
            accounts.accept_invitation(self.digest, form.cleaned_data["password1"])
        except Refusal as no:
            return self._closed(no.text, status=no.status)
        del request.session[KEPT]
        messages.success(request, "Your password is set. Log in with it.")
        return HttpResponseRedirect(reverse("account_login"))

    def _page(self, form: InvitationForm, status: int = 200) -> HttpResponse:
        context = {"form": form, "user": self.user}
        return render(self.request, "clinic/invitation.html", context, status=status)

    def _closed(self, says: str, *, status: int, someone: bool = False) -> HttpResponse:
        context = {"says": says, "someone": someone}
        return render(self.request, "clinic/invitation_closed.html", context, status=status)
